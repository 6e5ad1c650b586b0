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
from adapter.simulation.course import Course
from adapter.simulation.noise import as_known
from adapter.simulation.organisations import PARTICIPANTS, ZH
from adapter.simulation.people import Woman, child_name
from adapter.simulation.plan import REFERENCE_DAY, Ending, InsurancePlan, PlannedReferral
from adapter.simulation.r4_directory import organisation_ref, professional_ref, short_id
from adapter.simulation.readings import Written, first_bloods, of_newborn, written
from adapter.simulation.story import Dossier, Story, Visit
from adapter.simulation.writing import (
    HL7,
    NICTIZ,
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
_CORE = f"{NICTIZ}nl-core-"


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

    patient = sheet.add("Patient", f"{_CORE}Patient", {
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


class _Hospital:
    """Writes one pregnancy into the hospital's EPD."""

    def __init__(self, sheet: Sheet, story: Story, patient: str) -> None:
        self.sheet = sheet
        self.story = story
        self.patient = ref(patient)
        self.contact: str | None = None  # the encounter in which what follows was written down
        self.birth_contact: str | None = None
        self.course = Course(story.plan)
        self.fetuses: dict[int, str] = {}

    def quirk(self, name: str) -> bool:
        return self.story.plan.quirk(name, ZH)

    def write(self) -> None:
        for insurance in self.story.plan.insurance:
            self._coverage(insurance)
        for n, dossier in enumerate(self.story.of(ZH)):
            self._dossier(dossier, first=n == 0)

    def _dossier(self, dossier: Dossier, *, first: bool) -> None:
        own = dossier_id(self.sheet.woman, self.story, dossier)
        anonymous = self.quirk("no-managing-organisation") and dossier.by == ZH
        self.sheet.add("EpisodeOfCare", f"{_CORE}EpisodeOfCare", {
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
            self._measure(visit, dossier)
        third = PARTICIPANTS[dossier.by].third_line
        if third or not dossier.consult:
            level = concept(LEVEL[3 if third else 2])
            self._observation("159821000146107", dossier.start, profile="Observation", valueCodeableConcept=level)
        if first:
            self._pregnancy(dossier)
            self._disorders(dossier)
            for referral in (r for r in self.story.referrals if r.source == ZH):
                self._referral(referral)
        if self.story.ending is not None and dossier.birth:
            self.contact = self.birth_contact or self.contact
            self._ending(self.story.ending)

    def _observation(self, code: str | JsonObject, at: Moment | None = None, *, profile: str = "LaboratoryTestResult",
                     **value: object) -> str:  # fmt: skip
        return self.sheet.add("Observation", f"{_CORE}{profile}", {
            "status": "final",
            "code": concept(code) if isinstance(code, str) else code,
            "subject": self.patient,
            "encounter": ref(self.contact) if self.contact else None,
            "effectiveDateTime": when(at) if at is not None else None,
            **value,
        })  # fmt: skip

    def _pregnancy(self, dossier: Dossier) -> None:
        plan, at = self.story.plan, dossier.start

        def part(code: str, name: str, **value: object) -> str:
            return self._observation(code, at, profile=f"Pregnancy.{name}", **value)

        duration = {"value": (at - plan.lmp).days, "unit": "d", "system": UCUM, "code": "d"}
        members = [
            part("161732006", "Gravidity", valueInteger=plan.gravidity),
            part("364325004", "Parity", valueInteger=plan.parity),
            part("161714006", "EstimatedDateOfDelivery", valueDateTime=plan.due(ZH).isoformat()),
            part("57036006", "PregnancyDuration", valueQuantity=duration),
        ]
        if not self.quirk("no-lmp"):
            members.append(part("21840007", "DateLastMenstruation", valueDateTime=plan.lmp.isoformat()))
        members.append(self._observation("142931000146106", at, profile="Observation", valueInteger=plan.fetuses))
        if chorionicity := plan.chorionicity.get(ZH, plan.chorionicity.get("*")):
            value = concept(CHORIONICITY[chorionicity])
            members.append(self._observation("65147003", at, profile="Observation", valueCodeableConcept=value))
        end = day_of(self.story.ending.at) if self.story.ending and dossier.birth else None
        self.sheet.add("Observation", f"{_CORE}Pregnancy", {
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

    def _measure(self, visit: Visit, dossier: Dossier) -> None:
        """What was measured; this vendor says `cm` where others say `mm`, and groups nothing."""
        if not self.story.plan.measured:
            return
        found = [*written(self.course.at(visit))]
        if visit.kind is ActKind.INTAKE or (dossier.visits and visit is dossier.visits[0]):
            found += first_bloods(self.course, visit.at)
        for one in found:
            self._write_down(one)

    def _write_down(self, one: Written, subject: str | None = None) -> None:
        body = dict(one.body)
        if (quantity := body.get("valueQuantity")) and quantity.get("code") == "mm":
            body["valueQuantity"] = {**quantity, "value": quantity["value"] / 10, "unit": "cm", "code": "cm"}
        if "interpretation" in body:
            body["interpretation"] = [body["interpretation"]]
        if one.fetus is not None:
            body["focus"] = [ref(self._fetus(one.fetus))]
        if subject is not None:
            body["subject"] = ref(subject)
        self._observation(one.code, one.at, profile=one.profile.rsplit("/", 1)[1].removeprefix("zib-"), **body)

    def _fetus(self, number: int) -> str:
        if number not in self.fetuses:
            self.fetuses[number] = self.sheet.add("BodyStructure", f"{HL7}BodyStructure", {
                "location": concept("83418008"),
                "description": f"Foetus {'AB'[number % 2]}",
                "patient": self.patient,
            })  # fmt: skip
        return self.fetuses[number]

    def _encounter(self, visit: Visit, episode: str) -> str:
        code = CONTACT.get(visit.kind) or PROCEDURE.get(visit.kind)
        acts = PARTICIPANTS[visit.by].kind in ROLES
        admitted = visit.kind in (ActKind.OPNAME, ActKind.BEVALLING)
        end = visit.at + timedelta(days=1) if visit.kind is ActKind.OPNAME else visit.at
        return self.sheet.add("Encounter", f"{_CORE}Encounter", {
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
        return self.sheet.add("Procedure", f"{_CORE}Procedure-event", {
            "status": "completed",
            "category": concept("386637004"),
            "code": concept(code),
            "subject": subject or self.patient,
            "encounter": ref(there) if there else None,
            "performedPeriod": period(at, None),
            "performer": [{"actor": professional_ref(by), "onBehalfOf": organisation_ref(by)}],
            **more,
        })  # fmt: skip

    def _condition(self, code: str, on: Moment) -> None:
        status = coding("active", "http://terminology.hl7.org/CodeSystem/condition-clinical")
        self.sheet.add("Condition", f"{_CORE}Problem", {
            "clinicalStatus": {"coding": [status]},
            "category": [concept("173300003")],
            "code": concept(code),
            "subject": self.patient,
            "encounter": ref(self.contact) if self.contact else None,
            "onsetDateTime": when(on),
        })  # fmt: skip

    def _disorders(self, dossier: Dossier) -> None:
        """The disorders that were there or came up while this dossier was open."""
        last = min(day_of(self.story.ending.at) if self.story.ending else REFERENCE_DAY, dossier.end or REFERENCE_DAY)
        for disorder in self.course.disorders if self.story.plan.measured else ():
            if disorder.since <= last:
                self._condition(disorder.code, max(disorder.since, dossier.start))

    def _ending(self, ending: Ending) -> None:
        on, by = day_of(ending.at), ending.by or ZH
        if ending.outcome in (Outcome.BIRTH, Outcome.STILLBIRTH):
            self._birth(ending, by)
        elif ending.outcome is not Outcome.MATERNAL_DEATH:
            self._observation("118951000146109", on, profile="Observation", valueDateTime=on.isoformat())
        if ending.outcome is Outcome.ECTOPIC:
            self._condition("34801009", on)
            self._procedure("82688001", on, by)
        elif ending.outcome is Outcome.MISCARRIAGE:
            self._condition("307733001", on)
        elif ending.outcome is Outcome.TERMINATION:
            self._procedure("285409006", on, by)
        elif ending.outcome is Outcome.STILLBIRTH:
            self._condition("59291004", on)

    def _birth(self, ending: Ending, by: str) -> None:
        sectio = ending.delivery is not None and ending.delivery.startswith("sectio")
        delivery = self._procedure("236973005", ending.labour or ending.at, by)
        if sectio and ending.delivery is not None:
            self._procedure(DELIVERY[ending.delivery], ending.at - timedelta(minutes=25), by, partOf=[ref(delivery)])
        if ending.labour is not None and not self.quirk("no-labour-start"):
            self._observation("160621000146107", profile="Observation", valueDateTime=when(ending.labour))
        if ending.placenta is not None and not self.quirk("no-placenta-time"):
            self._observation("136311000146100", profile="Observation", valueDateTime=when(ending.placenta))
        if ending.place:
            self._observation("366344009", ending.at, profile="Observation",
                              valueCodeableConcept=concept(PLACE[ending.place]))  # fmt: skip
        if ending.delivery:
            self._observation("364336006", ending.at, profile="Observation",
                              valueCodeableConcept=concept(DELIVERY[ending.delivery]))  # fmt: skip
        for rank, sex in enumerate(ending.children, 1):
            self._child(ending, (rank, sex), delivery, by, ending.at + timedelta(minutes=8 * (rank - 1)))

    def _child(self, ending: Ending, which: tuple[int, str], delivery: str, by: str, at: datetime) -> None:
        rank, sex = which
        woman = self.sheet.woman
        name = child_name(sex, rank, woman.number)
        child = self.sheet.add("Patient", f"{_CORE}Patient", {
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
                self._write_down(one, child)

    def _coverage(self, insurance: InsurancePlan) -> None:
        basic = coding("B", "urn:oid:2.16.840.1.113883.2.4.3.11.60.101.5.1", "Basis")
        own = coding("pay", "http://terminology.hl7.org/CodeSystem/coverage-selfpay", "Pay")
        payor = ref(f"Organization/payer-{insurance.uzovi}") if insurance.uzovi else self.patient
        self.sheet.add("Coverage", f"{_CORE}Payer.InsuranceCompany", {
            "status": "active",
            "type": concept(basic if insurance.uzovi else own),
            "subscriberId": f"POLIS{self.sheet.woman.number:06d}" if insurance.uzovi else None,
            "beneficiary": self.patient,
            "period": period(insurance.start, insurance.end),
            "payor": [payor],
        })  # fmt: skip

    def _referral(self, referral: PlannedReferral) -> None:
        self.sheet.add("ServiceRequest", f"{_CORE}Procedure-request", {
            "status": "completed",
            "intent": "order",
            "code": concept("308292007" if referral.kind == "overdracht" else "11429006"),
            "subject": self.patient,
            "authoredOn": when(referral.on),
            "requester": organisation_ref(referral.sender),
            "performer": [organisation_ref(referral.receiver)],
        })  # fmt: skip
