"""The EPD of the kraamzorg organisation: Nictiz Geboortezorg STU3, dossiers per family.

Contacts are at home (HH), hours are indicated, the birth is known from hearsay; a dossier may be finished while its
pregnancy is still active, and may be managed by the practice that asked for the care.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import day_of
from adapter.simulation.codes import INTENDED, PLACE, concept
from adapter.simulation.organisations import KZ
from adapter.simulation.people import Woman
from adapter.simulation.plan import Ending
from adapter.simulation.readings import of_kraam_day
from adapter.simulation.story import Dossier, Story
from adapter.simulation.stu3 import count, loinc, woman_patient
from adapter.simulation.stu3_findings import Stu3FindingsPen
from adapter.simulation.writing import NICTIZ, NL, JsonObject, Sheet, digest, ref, when

_LOCAL = "https://kz-lente.example/client"
_DELIVERY = f"{NICTIZ}bc-DeliveryObservation"
_MATERNAL = f"{NICTIZ}bc-MaternalObservation"


def uuid_id(_kind: str, hexadecimal: str) -> str:
    """A lower-case UUID, as most vendors use."""
    h = hexadecimal
    return f"{h[:8]}-{h[8:12]}-11ed-{h[12:16]}-{h[16:28]}"


def dossier_id(woman: Woman, story: Story, dossier: Dossier) -> str:
    """The id of an EpisodeOfCare."""
    return uuid_id("EpisodeOfCare", digest(KZ, woman.key, story.plan.key, dossier.number))


def write(woman: Woman, stories: Iterable[Story]) -> tuple[list[JsonObject], str | None]:
    """All resources of one woman in this EPD, and the reference of her Patient; nothing if she is unknown here."""
    known = [s for s in stories if s.of(KZ)]
    if not known:
        return [], None
    sheet = Sheet(KZ, woman, uuid_id)
    last = known[-1].plan
    body = woman_patient(sheet, lambda name: last.quirk(name, KZ), _LOCAL, None)
    patient = sheet.add("Patient", f"{NL}nl-core-patient", body, id=uuid_id("Patient", digest(KZ, woman.key)))
    for story in known:
        _Kraam(sheet, story, patient).write()
    return sheet.resources, patient


class _Kraam(Stu3FindingsPen):
    def write(self) -> None:
        for insurance in self.story.plan.insurance:
            self.coverage(insurance)
        for n, dossier in enumerate(self.story.of(KZ)):
            self._dossier(dossier, first=n == 0)

    def _dossier(self, dossier: Dossier, *, first: bool) -> None:
        context = f"EpisodeOfCare/{dossier_id(self.sheet.woman, self.story, dossier)}"
        finished = dossier.end is not None
        pregnancy = self.condition(context, active=not finished or self.quirk("condition-stays-active"))
        managing = dossier.by
        if dossier.kraam and self.quirk("dossier-of-practice"):
            managing = self.story.plan.care[0].by
        self.episode(context.split("/")[1], dossier, pregnancy, managing, finished)
        if first:
            self._expectation(context, pregnancy, dossier)
        for visit in dossier.visits:
            self.visit(visit, context, pregnancy, home=True, say_provider=True)
        ending = self.story.ending
        if ending is not None and dossier.birth and ending.outcome in (Outcome.BIRTH, Outcome.STILLBIRTH):
            children = self._birth(ending, context, pregnancy)
            if ending.outcome is Outcome.BIRTH and self.story.plan.measured:
                self._kraam_days(ending, dossier, context, children)

    def _expectation(self, context: str, pregnancy: str, dossier: Dossier) -> None:
        plan = self.story.plan

        def tell(codes: JsonObject, profile: str, **value: Any) -> None:
            self.observation(codes, context, focus=pregnancy, profile=profile, at=dossier.start, **value)

        tell(concept("161714006"), f"{NICTIZ}bc-PregnancyObservation", valueDateTime=plan.due(KZ).isoformat())
        tell(concept(loinc("11977-6", "[#] Parity")), f"{NICTIZ}zib-Pregnancy-Parity", valueQuantity=count(plan.parity))
        if plan.kraamzorg is not None and plan.kraamzorg.by is not None:
            tell(concept("147771000146108"), _MATERNAL, valueBoolean=True)
            hours = {"value": plan.kraamzorg.hours, "unit": "h", "system": "http://unitsofmeasure.org", "code": "h"}
            tell(concept("160631000146109"), _MATERNAL, valueQuantity=hours)
        if plan.intended_place:
            tell(concept("142961000146102"), _MATERNAL, valueCodeableConcept=concept(INTENDED[plan.intended_place]))

    def _kraam_days(self, ending: Ending, dossier: Dossier, context: str, children: list[str]) -> None:
        """The child's weight every other day, heel prick and hearing test on the fourth."""
        born = day_of(ending.at)
        for visit in dossier.visits:
            day = (day_of(visit.at) - born).days
            if visit.kind is not ActKind.KRAAMZORG or day < 1:
                continue
            for rank, child in enumerate(children):
                if day % 2 == 1:
                    for one in of_kraam_day(self.course, rank, day, visit.at):
                        self.write_down(one, context, subject=child)
                for code in ("77262006", "252957005") if day == 4 else ():
                    self.observation(concept(code), context, profile=f"{NICTIZ}bc-ChildObservation", at=visit.at,
                                     subject=child, valueBoolean=True)  # fmt: skip

    def _birth(self, ending: Ending, context: str, pregnancy: str) -> list[str]:
        delivery = self.procedure("236973005", context, None, pregnancy, profile=f"{NICTIZ}bc-DeliveryProcedure")
        if ending.labour is not None and not self.quirk("no-labour-start"):
            start = when(ending.labour)
            value: JsonObject = {"valuePeriod": {"start": start}}
            if self.quirk("labour-as-effective"):
                value = {"effectiveDateTime": start}
            self.observation(concept("160621000146107"), context, focus=delivery, profile=_DELIVERY, **value)
        if ending.placenta is not None and not self.quirk("no-placenta-time"):
            self.observation(concept("136311000146100"), context, focus=delivery, profile=_DELIVERY,
                             valueDateTime=when(ending.placenta))  # fmt: skip
        if ending.place:
            self.observation(concept("366344009"), context, focus=delivery, profile=f"{NICTIZ}bc-BirthObservation",
                             valueCodeableConcept=concept(PLACE[ending.place]))  # fmt: skip
        children = self.children(lambda n: uuid_id("Patient", digest(KZ, pregnancy, n)))
        for rank, child in enumerate(children):
            born = day_of(ending.at + timedelta(minutes=8 * rank))
            self.procedure("3950001", context, None, pregnancy, subject=child, profile=f"{NICTIZ}bc-Birth",
                           partOf=[ref(delivery)], performedDateTime=born.isoformat())  # fmt: skip
        return children
