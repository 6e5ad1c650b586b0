"""The EPD of the verloskundigenpraktijk: Nictiz Geboortezorg STU3 with the habits of such a vendor.

LOINC codings come before SNOMED ones, ids are long and upper case, part of the dossiers leave out the managing
organisation, some women are still written with the codes of the previous release.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from adapter.model.evidence import OrganisationKind
from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import AMSTERDAM, day_of
from adapter.simulation.codes import CHORIONICITY, DELIVERY, INTENDED, LEVEL, PLACE, SCT, coding, concept
from adapter.simulation.organisations import PARTICIPANTS, VP
from adapter.simulation.people import Woman
from adapter.simulation.plan import REFERENCE_DAY, Ending
from adapter.simulation.readings import code_of, first_bloods, of_newborn, quantity
from adapter.simulation.story import Dossier, Story
from adapter.simulation.stu3 import count, loinc, organisation_ref, woman_patient
from adapter.simulation.stu3_findings import Stu3FindingsPen
from adapter.simulation.writing import NICTIZ, NL, JsonObject, Sheet, digest, extension, ref, when

_LOCAL = "https://vp-linde.example/patientnummer"
_PREGNANCY = f"{NICTIZ}bc-PregnancyObservation"
_DELIVERY = f"{NICTIZ}bc-DeliveryObservation"
_MATERNAL = f"{NICTIZ}bc-MaternalObservation"


def long_id(kind: str, hexadecimal: str) -> str:
    """Upper case, long, with hyphens: legal, and a trap for readers that expect a UUID."""
    upper = hexadecimal.upper()
    return f"{kind[:3].upper()}-{upper[:8]}-{upper[8:12]}-11EC-{upper[12:16]}-{upper[16:28]}-LINDE"


def write(woman: Woman, stories: Iterable[Story]) -> tuple[list[JsonObject], str | None]:
    """All resources of one woman in this EPD, and the reference of her Patient; nothing if she is unknown here."""
    known = [s for s in stories if s.of(VP)]
    if not known:
        return [], None
    sheet = Sheet(VP, woman, long_id)
    died = next((s.ending.at for s in known if s.ending and s.ending.outcome is Outcome.MATERNAL_DEATH), None)
    last = known[-1].plan
    body = woman_patient(sheet, lambda name: last.quirk(name, VP), _LOCAL, died)
    name = "".join(c for c in f"{woman.given}-{woman.family}".upper() if c.isascii() and (c.isalpha() or c == "-"))
    patient = sheet.add("Patient", (f"{NL}nl-core-patient", f"{NICTIZ}bc-Woman"), body,
                        id=f"{name}-{digest(VP, woman.key)[:16].upper()}")  # fmt: skip
    for story in known:
        _Practice(sheet, story, patient).write()
    return sheet.resources, patient


def dossier_id(woman: Woman, story: Story, dossier: Dossier) -> str:
    """The id of an EpisodeOfCare."""
    return long_id("EpisodeOfCare", digest(VP, woman.key, story.plan.key, dossier.number))


class _Practice(Stu3FindingsPen):
    def write(self) -> None:
        for insurance in self.story.plan.insurance:
            self.coverage(insurance)
        for n, dossier in enumerate(self.story.of(VP)):
            self._dossier(dossier, first=n == 0)

    def _dossier(self, dossier: Dossier, *, first: bool) -> None:
        context = f"EpisodeOfCare/{dossier_id(self.sheet.woman, self.story, dossier)}"
        finished = dossier.end is not None
        pregnancy = self.condition(context, active=not finished)
        managing = None if self.quirk("no-managing-organisation") and dossier.by == VP else dossier.by
        self.episode(context.split("/")[1], dossier, pregnancy, managing, finished)
        if first:
            self._pregnancy(context, pregnancy, dossier)
        if first and self.story.plan.kraamzorg is not None and self.story.plan.kraamzorg.by is None:
            self.procedure("158101000146104", context, dossier.by, pregnancy, notDone=True)
        for visit in dossier.visits:
            said = visit.by != dossier.by or self.quirk("says-provider")
            self.visit(visit, context, pregnancy, home=False, say_provider=said)
            self.measure(visit, dossier, context)
            if visit.kind is ActKind.LAB and self.story.plan.measured:
                for test in first_bloods(self.course, visit.at):
                    self.write_down(test, context)
        ending = self.story.ending
        if ending is not None and dossier.birth:
            self._ending(ending, context, pregnancy)
        for referral in self.story.referrals if first else ():
            if referral.source == VP:
                self._referral(referral.kind, when(referral.on), referral.sender, referral.receiver, context)

    def _pregnancy(self, context: str, pregnancy: str, dossier: Dossier) -> None:
        plan = self.story.plan
        at = dossier.start

        def tell(codes: JsonObject, profile: str, **value: Any) -> None:
            self.observation(codes, context, focus=pregnancy, profile=profile, at=at, **value)

        tell(concept(loinc("11996-6", "[#] Pregnancies"), "161732006"), f"{NICTIZ}zib-Pregnancy-Gravidity",
             valueQuantity=count(plan.gravidity))  # fmt: skip
        tell(concept(loinc("11977-6", "[#] Parity"), "364325004"), f"{NICTIZ}zib-Pregnancy-Parity",
             valueQuantity=count(plan.parity))  # fmt: skip
        if not self.quirk("no-lmp"):
            tell(concept(loinc("8665-2", "Date last menstrual period"), "21840007"),
                 f"{NICTIZ}zib-Pregnancy-DateLastMenstruation", valueDateTime=plan.lmp.isoformat())  # fmt: skip
        self._due_dates(context, pregnancy, dossier)
        self._history(context, pregnancy, dossier)
        days = (at - plan.lmp).days
        if days > 0:
            duration = {"value": days, "unit": "dag", "system": "http://unitsofmeasure.org", "code": "d"}
            tell(concept("57036006"), f"{NICTIZ}zib-Pregnancy-PregnancyDuration", valueQuantity=duration)
        tell(concept("142931000146106"), _PREGNANCY, valueQuantity=count(plan.fetuses))
        if chorionicity := plan.chorionicity.get(VP, plan.chorionicity.get("*")):
            tell(concept("65147003"), _PREGNANCY, valueCodeableConcept=concept(CHORIONICITY[chorionicity]))
        if plan.intended_place:
            tell(concept("142961000146102"), _MATERNAL, valueCodeableConcept=concept(INTENDED[plan.intended_place]))
        level = 2 if PARTICIPANTS[dossier.by].kind is OrganisationKind.ZIEKENHUIS else 1
        tell(concept("159821000146107"), _MATERNAL, valueCodeableConcept=concept(LEVEL[level]))
        if plan.kraamzorg is not None:
            tell(concept("147771000146108"), _MATERNAL, valueBoolean=plan.kraamzorg.by is not None)

    def _history(self, context: str, pregnancy: str, dossier: Dossier) -> None:
        """Height, allergy, and the disorders that came up while this dossier was open."""
        if not self.story.plan.measured:
            return
        self.observation(code_of("8302-2"), context, profile=f"{NICTIZ}zib-BodyHeight", at=dossier.start,
                         valueQuantity=quantity(self.course.height, "cm", "cm"))  # fmt: skip
        self.allergy(dossier.start)
        last = min(day_of(self.story.ending.at) if self.story.ending else REFERENCE_DAY, dossier.end or REFERENCE_DAY)
        for disorder in self.course.disorders:
            if dossier.start <= disorder.since <= last:
                self.disorder(disorder.code, context, pregnancy, disorder.since)

    def _due_dates(self, context: str, pregnancy: str, dossier: Dossier) -> None:
        plan = self.story.plan
        code = concept("161714006")
        if self.quirk("swapped-edd"):  # another vendor's habit: the plain zib code first
            code = concept(loinc("11778-8", "Delivery date Estimated"), "161714006")
        guess = plan.due(VP) + timedelta(days=self.sheet.woman.number % 7 - 3)
        method = concept(coding("31521000146100", SCT))
        self.observation(code, context, focus=pregnancy, profile=_PREGNANCY, at=dossier.start,
                         valueDateTime=guess.isoformat(), method=method)  # fmt: skip
        scan = plan.lmp + timedelta(days=73)
        if scan <= REFERENCE_DAY and (self.story.ending is None or day_of(self.story.ending.at) > scan):
            self.observation(concept("147781000146105"), context, focus=pregnancy, profile=_PREGNANCY,
                             at=max(scan, dossier.start), valueDateTime=plan.due(VP).isoformat())  # fmt: skip

    def _ending(self, ending: Ending, context: str, pregnancy: str) -> None:
        if ending.outcome in (Outcome.BIRTH, Outcome.STILLBIRTH):
            self._birth(ending, context, pregnancy)
            return
        on = day_of(ending.at)
        if ending.outcome is Outcome.MATERNAL_DEATH:
            return
        self.observation(concept("118951000146109"), context, focus=pregnancy, profile=_PREGNANCY, at=on,
                         valueDateTime=on.isoformat())  # fmt: skip
        if ending.outcome is Outcome.ECTOPIC:
            self.disorder("34801009", context, pregnancy, on)
        elif ending.outcome is Outcome.MISCARRIAGE:
            self.disorder("307733001", context, pregnancy, on)
            self._fetal_death(context, on.isoformat())
        elif ending.outcome is Outcome.TERMINATION:
            self.procedure("285409006", context, ending.by, pregnancy, performedPeriod={"start": on.isoformat()})

    def _fetal_death(self, context: str, at: str, subject: str | None = None) -> None:
        date_of_death = {"code": concept("399753006"), "valueDateTime": at}
        self.observation(concept("276507005"), context, profile=f"{NICTIZ}bc-PerinatalDeath", subject=subject,
                         valueBoolean=True, component=[date_of_death])  # fmt: skip

    def _birth(self, ending: Ending, context: str, pregnancy: str) -> None:
        delivery = self.procedure("236973005", context, ending.by, pregnancy,
                                  profile=f"{NICTIZ}bc-DeliveryProcedure")  # fmt: skip
        self._labour(ending, context, delivery)
        if ending.placenta is not None and not self.quirk("no-placenta-time"):
            self.observation(concept("136311000146100"), context, focus=delivery, profile=_DELIVERY,
                             valueDateTime=when(ending.placenta))  # fmt: skip
        children = self.children(lambda rank: long_id("KIND", digest(VP, pregnancy, rank)))
        if self.story.plan.measured:
            loss = quantity(self.course.blood_loss(), "ml", "mL")
            self.observation(concept("364332008"), context, focus=delivery, profile=_DELIVERY, at=ending.at,
                             valueQuantity=loss)  # fmt: skip
        for rank, child in enumerate(children):
            at = ending.at + timedelta(minutes=8 * rank)
            birth = self.procedure("3950001", context, ending.by, pregnancy, subject=child,
                                   profile=f"{NICTIZ}bc-Birth", partOf=[ref(delivery)],
                                   performedDateTime=when(at))  # fmt: skip
            self._birth_facts(ending, context, birth, when(at))
            if self.story.plan.measured:
                for one in of_newborn(self.course, rank, at):
                    self.write_down(one, context, subject=child)
            if ending.outcome is Outcome.STILLBIRTH:
                self._fetal_death(context, at.astimezone(AMSTERDAM).date().isoformat(), child)

    def _birth_facts(self, ending: Ending, context: str, birth: str, at: str) -> None:
        if ending.place:
            code = concept("169812000") if self.quirk("old-codes") else concept("366344009")
            self.observation(code, context, focus=birth, profile=f"{NICTIZ}bc-BirthObservation",
                             effectiveDateTime=at, valueCodeableConcept=concept(PLACE[ending.place]))  # fmt: skip
        if ending.delivery:
            self.observation(concept("364336006"), context, focus=birth, profile=f"{NICTIZ}bc-BirthObservation",
                             effectiveDateTime=at, valueCodeableConcept=concept(DELIVERY[ending.delivery]))  # fmt: skip

    def _labour(self, ending: Ending, context: str, delivery: str) -> None:
        if ending.labour is None or self.quirk("no-labour-start"):
            return
        code = concept("439771001") if self.quirk("old-codes") else concept("160621000146107")
        start = when(ending.labour)
        value: JsonObject = {"valueDateTime": start}
        if self.quirk("labour-as-period"):
            value = {"valuePeriod": {"start": start}}
        elif self.quirk("labour-as-effective"):
            value = {"effectiveDateTime": start}
        self.observation(code, context, focus=delivery, profile=_DELIVERY, **value)

    def _referral(self, kind: str, on: str, sender: str, receiver: str, context: str) -> None:
        code = "308292007" if kind == "overdracht" else "11429006"
        contact = extension(f"{NICTIZ}bc-referralrequest-contacttype", valueCodeableConcept=concept("11429006"))
        self.sheet.add("ReferralRequest", f"{NICTIZ}bc-ReferralRequest", {
            "extension": [contact],
            "status": "completed",
            "intent": "order",
            "type": concept(code),
            "subject": ref(self.patient, self.display),
            "context": ref(context),
            "authoredOn": on,
            "requester": {"agent": organisation_ref(sender)},
            "recipient": [organisation_ref(receiver)],
        })  # fmt: skip
