"""The EPD of the hospital: FHIR R4 after nl-core (zib2020), a different vendor in every way.

The pregnancy is an Observation with members, counts are integers, the organisation knows itself by its URA, everything
is a Procedure or an Encounter with a service provider.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from adapter.model.facts import ActKind, Outcome
from adapter.model.moments import Moment, day_of
from adapter.simulation.codes import (
    CHORIONICITY,
    CONTACT,
    DELIVERY,
    LEVEL,
    PLACE,
    PROCEDURE,
    SCAN,
    UCUM,
    UNCODED,
    coding,
    concept,
)
from adapter.simulation.noise import as_known
from adapter.simulation.organisations import PARTICIPANTS, ZH
from adapter.simulation.people import Woman, child_name
from adapter.simulation.plan import Ending, InsurancePlan, PlannedReferral
from adapter.simulation.r4_directory import organisation_ref, professional_ref, short_id
from adapter.simulation.r4_findings import CORE, R4Pen
from adapter.simulation.readings import of_newborn
from adapter.simulation.story import Dossier, Story, Visit
from adapter.simulation.writing import (
    ROLES,
    JsonObject,
    Sheet,
    addresses,
    bsn_identifier,
    digest,
    human_name,
    period,
    ref,
    when,
)

_LOCAL = "https://zh-delta.example/patientnummer"
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def dossier_id(woman: Woman, story: Story, dossier: Dossier) -> str:
    """The id of an EpisodeOfCare."""
    return short_id("EpisodeOfCare", digest(ZH, woman.key, story.plan.key, dossier.number))


def write(woman: Woman, stories: Iterable[Story]) -> tuple[list[JsonObject], str | None]:
    """All resources of one woman in this EPD, and the reference of her Patient; nothing if she is unknown here."""
    known = [s for s in stories if s.of(ZH)]
    if not known:
        return [], None
    sheet = Sheet(ZH, woman, short_id)
    last = known[-1].plan
    died = next((s.ending.at for s in known if s.ending and s.ending.outcome is Outcome.MATERNAL_DEATH), None)

    def quirk(name: str) -> bool:
        return last.quirk(name, ZH)

    patient = sheet.add("Patient", f"{CORE}Patient", {
        "identifier": [*bsn_identifier(woman, quirk), {"system": _LOCAL, "value": f"{woman.number + 4_000_000}"}],
        "name": [human_name(woman, quirk, ZH)],
        "gender": "female",
        "birthDate": as_known(woman, quirk, ZH).birth_date.isoformat(),
        "deceasedDateTime": when(died) if died else None,
        "address": addresses(woman, quirk, ZH),
    })  # fmt: skip
    for story in known:
        _Hospital(sheet, story, patient).write()
    return sheet.resources, patient


class _Hospital(R4Pen):
    """Writes one pregnancy into the hospital's EPD."""

    def write(self) -> None:
        for insurance in self.story.plan.insurance:
            self._coverage(insurance)
        for n, dossier in enumerate(self.story.of(ZH)):
            self._dossier(dossier, first=n == 0)

    def _dossier(self, dossier: Dossier, *, first: bool) -> None:
        own = dossier_id(self.sheet.woman, self.story, dossier)
        anonymous = self.quirk("no-managing-organisation") and dossier.by == ZH
        self.sheet.add("EpisodeOfCare", f"{CORE}EpisodeOfCare", {
            "status": "finished" if dossier.end else "active",
            "type": [concept("364320009")],
            "patient": self.patient,
            "managingOrganization": None if anonymous else organisation_ref(dossier.by),
            "period": period(dossier.start, dossier.end),
        }, id=own)  # fmt: skip
        episode = f"EpisodeOfCare/{own}"
        self.contact = self.birth_contact = None
        for visit in dossier.visits:
            self._visit(visit, episode)
            self.measure(visit, dossier)
        third = PARTICIPANTS[dossier.by].third_line
        if third or not dossier.consult:
            level = concept(LEVEL[3 if third else 2])
            self.observation("159821000146107", dossier.start, profile="Observation", valueCodeableConcept=level)
        if first:
            self._pregnancy(dossier)
            self.disorders(dossier)
            for referral in (r for r in self.story.referrals if r.source == ZH):
                self._referral(referral)
        if self.story.ending is not None and dossier.birth:
            self.contact = self.birth_contact or self.contact
            self._ending(self.story.ending)

    def _pregnancy(self, dossier: Dossier) -> None:
        plan, at = self.story.plan, dossier.start

        def part(code: str, name: str, **value: object) -> str:
            return self.observation(code, at, profile=f"Pregnancy.{name}", **value)

        duration = {"value": (at - plan.lmp).days, "unit": "d", "system": UCUM, "code": "d"}
        members = [
            part("161732006", "Gravidity", valueInteger=plan.gravidity),
            part("364325004", "Parity", valueInteger=plan.parity),
            part("161714006", "EstimatedDateOfDelivery", valueDateTime=plan.due(ZH).isoformat()),
            part("57036006", "PregnancyDuration", valueQuantity=duration),
        ]
        if not self.quirk("no-lmp"):
            members.append(part("21840007", "DateLastMenstruation", valueDateTime=plan.lmp.isoformat()))
        members.append(self.observation("142931000146106", at, profile="Observation", valueInteger=plan.fetuses))
        if chorionicity := plan.chorionicity.get(ZH, plan.chorionicity.get("*")):
            value = concept(CHORIONICITY[chorionicity])
            members.append(self.observation("65147003", at, profile="Observation", valueCodeableConcept=value))
        end = day_of(self.story.ending.at) if self.story.ending and dossier.birth else None
        self.sheet.add("Observation", f"{CORE}Pregnancy", {
            "status": "final",
            "code": concept("118185001"),
            "subject": self.patient,
            "encounter": ref(self.contact) if self.contact else None,
            "effectivePeriod": period(at, end),
            "hasMember": [ref(m) for m in members],
        })  # fmt: skip

    def _visit(self, visit: Visit, episode: str) -> None:
        encounter: str | None = None
        if visit.kind in CONTACT or visit.kind in UNCODED or visit.kind is ActKind.OPNAME:
            encounter = self._encounter(visit, episode)
            self.contact = self.contact or encounter
            if visit.kind is ActKind.BEVALLING:
                self.birth_contact = encounter
        if visit.kind in SCAN or visit.kind in PROCEDURE:
            code = SCAN.get(visit.kind) or PROCEDURE[visit.kind]
            self._procedure(code, visit.at, visit.by, encounter)

    def _encounter(self, visit: Visit, episode: str) -> str:
        code = CONTACT.get(visit.kind) or PROCEDURE.get(visit.kind)
        acts = PARTICIPANTS[visit.by].kind in ROLES
        admitted = visit.kind in (ActKind.OPNAME, ActKind.BEVALLING)
        end = visit.at + timedelta(days=1) if visit.kind is ActKind.OPNAME else visit.at
        return self.sheet.add("Encounter", f"{CORE}Encounter", {
            "status": "finished",
            "class": coding("IMP" if admitted else "AMB", _ACT_CODE, "inpatient" if admitted else "ambulatory"),
            "type": [concept(code) if code else {"text": UNCODED[visit.kind]}],
            "subject": self.patient,
            "episodeOfCare": [ref(episode)],
            "participant": [{"individual": professional_ref(visit.by)}] if acts else None,
            "period": period(visit.at, end),
            "serviceProvider": organisation_ref(visit.by),
        })  # fmt: skip

    def _procedure(self, code: str, at: Moment, by: str, encounter: str | None = None,
                   subject: JsonObject | None = None, **more: object) -> str:  # fmt: skip
        there = encounter or self.contact
        return self.sheet.add("Procedure", f"{CORE}Procedure-event", {
            "status": "completed",
            "category": concept("386637004"),
            "code": concept(code),
            "subject": subject or self.patient,
            "encounter": ref(there) if there else None,
            "performedPeriod": period(at, None),
            "performer": [{"actor": professional_ref(by), "onBehalfOf": organisation_ref(by)}],
            **more,
        })  # fmt: skip

    def _ending(self, ending: Ending) -> None:
        on, by = day_of(ending.at), ending.by or ZH
        if ending.outcome in (Outcome.BIRTH, Outcome.STILLBIRTH):
            self._birth(ending, by)
        elif ending.outcome is not Outcome.MATERNAL_DEATH:
            self.observation("118951000146109", on, profile="Observation", valueDateTime=on.isoformat())
        if ending.outcome is Outcome.ECTOPIC:
            self.condition("34801009", on)
            self._procedure("82688001", on, by)
        elif ending.outcome is Outcome.MISCARRIAGE:
            self.condition("307733001", on)
        elif ending.outcome is Outcome.TERMINATION:
            self._procedure("285409006", on, by)
        elif ending.outcome is Outcome.STILLBIRTH:
            self.condition("59291004", on)

    def _birth(self, ending: Ending, by: str) -> None:
        sectio = ending.delivery is not None and ending.delivery.startswith("sectio")
        delivery = self._procedure("236973005", ending.labour or ending.at, by)
        if sectio and ending.delivery is not None:
            self._procedure(DELIVERY[ending.delivery], ending.at - timedelta(minutes=25), by, partOf=[ref(delivery)])
        if ending.labour is not None and not self.quirk("no-labour-start"):
            self.observation("160621000146107", profile="Observation", valueDateTime=when(ending.labour))
        if ending.placenta is not None and not self.quirk("no-placenta-time"):
            self.observation("136311000146100", profile="Observation", valueDateTime=when(ending.placenta))
        if ending.place:
            self.observation("366344009", ending.at, profile="Observation",
                              valueCodeableConcept=concept(PLACE[ending.place]))  # fmt: skip
        if ending.delivery:
            self.observation("364336006", ending.at, profile="Observation",
                              valueCodeableConcept=concept(DELIVERY[ending.delivery]))  # fmt: skip
        for rank, sex in enumerate(ending.children, 1):
            self._child(ending, (rank, sex), delivery, by, ending.at + timedelta(minutes=8 * (rank - 1)))

    def _child(self, ending: Ending, which: tuple[int, str], delivery: str, by: str, at: datetime) -> None:
        rank, sex = which
        woman = self.sheet.woman
        name = child_name(sex, rank, woman.number)
        child = self.sheet.add("Patient", f"{CORE}Patient", {
            "name": [{"text": f"{name} {woman.own_name}", "family": woman.own_name, "given": [name]}],
            "gender": "female" if sex == "f" else "male",
            "birthDate": day_of(at).isoformat(),
            "multipleBirthInteger": rank if len(ending.children) > 1 else None,
            "deceasedBoolean": True if ending.outcome is Outcome.STILLBIRTH else None,
            "link": [{"other": self.patient, "type": "seealso"}],
        })  # fmt: skip
        self._procedure("3950001", at, by, subject=ref(child), partOf=[ref(delivery)])
        if self.story.plan.measured:
            for one in of_newborn(self.course, rank - 1, at):
                self.write_down(one, child)

    def _coverage(self, insurance: InsurancePlan) -> None:
        basic = coding("B", "urn:oid:2.16.840.1.113883.2.4.3.11.60.101.5.1", "Basis")
        own = coding("pay", "http://terminology.hl7.org/CodeSystem/coverage-selfpay", "Pay")
        payor = ref(f"Organization/payer-{insurance.uzovi}") if insurance.uzovi else self.patient
        self.sheet.add("Coverage", f"{CORE}Payer.InsuranceCompany", {
            "status": "active",
            "type": concept(basic if insurance.uzovi else own),
            "subscriberId": f"POLIS{self.sheet.woman.number:06d}" if insurance.uzovi else None,
            "beneficiary": self.patient,
            "period": period(insurance.start, insurance.end),
            "payor": [payor],
        })  # fmt: skip

    def _referral(self, referral: PlannedReferral) -> None:
        self.sheet.add("ServiceRequest", f"{CORE}Procedure-request", {
            "status": "completed",
            "intent": "order",
            "code": concept("308292007" if referral.kind == "overdracht" else "11429006"),
            "subject": self.patient,
            "authoredOn": when(referral.on),
            "requester": organisation_ref(referral.sender),
            "performer": [organisation_ref(referral.receiver)],
        })  # fmt: skip
