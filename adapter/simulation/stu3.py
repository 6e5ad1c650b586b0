"""Nictiz Geboortezorg STU3: the shapes that the EPDs of the practice and of the kraamzorg organisation share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache

from adapter.model.facts import ActKind, Outcome
from adapter.model.identifiers import System
from adapter.model.moments import Moment, day_of
from adapter.simulation.codes import CONTACT, LOINC, PROCEDURE, SCAN, UCUM, UNCODED, coding, concept
from adapter.simulation.noise import as_known
from adapter.simulation.organisations import INSURERS, PARTICIPANTS
from adapter.simulation.people import child_name
from adapter.simulation.plan import REFERENCE_DAY, InsurancePlan
from adapter.simulation.story import Dossier, Story, Visit
from adapter.simulation.writing import (
    HL7,
    NICTIZ,
    NL,
    ROLES,
    JsonObject,
    Sheet,
    addresses,
    bsn_identifier,
    extension,
    human_name,
    organisation_identifiers,
    period,
    ref,
    when,
)

_ACT_CODE = "http://hl7.org/fhir/v3/ActCode"
_TYPE_NAMES = {
    "G3": "Verloskundigenpraktijk",
    "V4": "Ziekenhuis",
    "V5": "Universitair Medisch Centrum",
    "V6": "Algemeen ziekenhuis",
    "K4": "Kraamzorg",
    "B2": "Echocentrum",
    "Z3": "Huisartspraktijk (zelfstandig of groepspraktijk)",
}
OBSERVATION = f"{NL}nl-core-observation"


def organisation_id(key: str) -> str:
    """The id of an Organization in an STU3 source."""
    return f"organization-{key}"


@cache
def organisation_ref(key: str) -> JsonObject:
    """A reference to an organisation of the region."""
    return ref(f"Organization/{organisation_id(key)}", PARTICIPANTS[key].name)


def directory() -> list[JsonObject]:
    """Organizations, insurers, Practitioners and PractitionerRoles as an STU3 source holds them."""
    found: list[JsonObject] = []
    for p in PARTICIPANTS.values():
        body: JsonObject = {"resourceType": "Organization", "id": organisation_id(p.key), "name": p.name}
        body["meta"] = {"profile": [f"{NL}nl-core-organization"]}
        if numbers := organisation_identifiers(p, by_ura=False):
            body["identifier"] = numbers
        if p.type_code:
            body["type"] = [concept(coding(p.type_code, System.ORGANISATION_TYPE, _TYPE_NAMES[p.type_code]))]
        found.append(body)
        if p.kind in ROLES:
            found.extend(_professional(p.key))
    for uzovi, name in INSURERS.items():
        number = [{"system": System.UZOVI.value, "value": uzovi}]
        found.append({"resourceType": "Organization", "id": f"uzovi-{uzovi}", "identifier": number, "name": name})
    return found


def _professional(key: str) -> list[JsonObject]:
    name = {"text": f"Medewerker van {PARTICIPANTS[key].name}", "family": "Fictief"}
    role = ROLES[PARTICIPANTS[key].kind]
    return [
        {"resourceType": "Practitioner", "id": f"practitioner-{key}", "name": [name]},
        {
            "resourceType": "PractitionerRole",
            "id": f"practitionerrole-{key}",
            "meta": {"profile": [f"{NL}nl-core-practitionerrole"]},
            "practitioner": ref(f"Practitioner/practitioner-{key}"),
            "organization": organisation_ref(key),
            "specialty": [concept(role)],
        },
    ]


@cache
def practitioner_ref(key: str) -> JsonObject:
    """A reference to the professional of an organisation, with the extension that names the role."""
    role = ref(f"PractitionerRole/practitionerrole-{key}")
    return {
        "extension": [extension(f"{NICTIZ}practitionerrole-reference", valueReference=role)],
        **ref(f"Practitioner/practitioner-{key}"),
    }


class Stu3Pen:
    """Writes one woman's pregnancy into one STU3 EPD. The vendors' own habits are in the classes that use it."""

    def __init__(self, sheet: Sheet, story: Story, patient: str) -> None:
        self.sheet = sheet
        self.story = story
        self.patient = patient
        self.display = f"{sheet.woman.given} {sheet.woman.own_name}"

    def quirk(self, name: str) -> bool:
        """Whether this pregnancy is written with that quirk here."""
        return self.story.plan.quirk(name, self.sheet.source)

    def condition(self, context: str, active: bool) -> str:
        """The pregnancy itself: zib-Pregnancy. A dossier and its pregnancy refer to each other."""
        return self.sheet.add("Condition", f"{NICTIZ}zib-Pregnancy", {
            "clinicalStatus": "active" if active else "inactive",
            "verificationStatus": "confirmed",
            "code": concept("118185001"),
            "subject": ref(self.patient, self.display),
            "context": ref(context),
        })  # fmt: skip

    def disorder(self, code: str, context: str, pregnancy: str, onset: Moment) -> str:
        """A disorder of this pregnancy: bc-DisorderOfPregnancy."""
        part = extension(f"{HL7}condition-partOf", valueReference=ref(pregnancy))
        return self.sheet.add("Condition", f"{NICTIZ}bc-DisorderOfPregnancy", {
            "extension": [part],
            "clinicalStatus": "active",
            "verificationStatus": "confirmed",
            "category": [concept("173300003")],
            "code": concept(code),
            "subject": ref(self.patient, self.display),
            "context": ref(context),
            "onsetDateTime": when(onset),
        })  # fmt: skip

    def episode(self, id: str, dossier: Dossier, condition: str, managing: str | None, finished: bool) -> str:
        """The dossier: bc-MaternalRecord. `managing` None: this vendor leaves the organisation out."""
        return self.sheet.add("EpisodeOfCare", (f"{NL}nl-core-episodeofcare", f"{NICTIZ}bc-MaternalRecord"), {
            "status": "finished" if finished else "active",
            "type": [concept("364320009")],
            "diagnosis": [{"condition": ref(condition)}],
            "patient": ref(self.patient, self.display),
            "managingOrganization": organisation_ref(managing) if managing else None,
            "period": period(dossier.start, dossier.end),
            "careManager": practitioner_ref(managing or dossier.by) if _acts(dossier.by) else None,
        }, id=id)  # fmt: skip

    def observation(self, codes: JsonObject, context: str, *, focus: str | None = None, profile: str = OBSERVATION,
                    at: Moment | None = None, subject: str | None = None, **value: object) -> str:  # fmt: skip
        """An Observation; `focus` is what it is about, by the extension that STU3 needs for it."""
        about = [extension(f"{NICTIZ}observation-focusSTU3", valueReference=ref(focus))] if focus else []
        return self.sheet.add("Observation", profile, {
            "extension": about,
            "status": "final",
            "code": codes,
            "subject": ref(subject or self.patient),
            "context": ref(context),
            "effectiveDateTime": when(at) if at is not None else None,
            **value,
        })  # fmt: skip

    def visit(self, visit: Visit, context: str, pregnancy: str, *, home: bool, say_provider: bool) -> None:
        """Write one act as what it is: contact, ultrasound or procedure."""
        if visit.kind in SCAN:
            self._scan(visit, context)
        elif visit.kind in PROCEDURE:
            self._procedure(visit, context, PROCEDURE[visit.kind], pregnancy)
        elif visit.kind in CONTACT or visit.kind in UNCODED:
            self._contact(visit, context, home=home, say_provider=say_provider)

    def _contact(self, visit: Visit, context: str, *, home: bool, say_provider: bool) -> None:
        code = CONTACT.get(visit.kind)
        if code == CONTACT[ActKind.INTAKE] and self.quirk("combined-codes"):
            code = "169711001+11429006"  # a post-coordinated expression, as the value set has it
        at_home = home or visit.kind in (ActKind.POSTNATALE_ZORG, ActKind.PRENATAAL_HUISBEZOEK_KRAAMZORG)
        self.sheet.add("Encounter", (f"{NICTIZ}zib-Encounter", f"{NICTIZ}bc-Encounter"), {
            "status": "finished",
            "class": coding("HH" if at_home else "AMB", _ACT_CODE, "Thuis" if at_home else "Poliklinisch"),
            "type": [concept(code) if code else {"text": UNCODED[visit.kind]}],
            "subject": ref(self.patient, self.display),
            "episodeOfCare": [ref(context)],
            "participant": [{"individual": practitioner_ref(visit.by)}] if _acts(visit.by) else None,
            "period": period(visit.at, visit.at),
            "serviceProvider": organisation_ref(visit.by) if say_provider else None,
        })  # fmt: skip

    def _scan(self, visit: Visit, context: str) -> None:
        self.sheet.add("DiagnosticReport", f"{NICTIZ}bc-PregnancyUltraSound", {
            "status": "final",
            "code": concept(SCAN[visit.kind]),
            "subject": ref(self.patient, self.display),
            "context": ref(context),
            "effectivePeriod": period(visit.at, visit.at),
            "performer": [{"actor": performer_ref(visit.by)}],
            "conclusion": "Geen bijzonderheden" if self.story.plan.measured else None,
        })  # fmt: skip

    def _procedure(self, visit: Visit, context: str, code: str, pregnancy: str) -> None:
        self.procedure(code, context, visit.by, pregnancy, performedPeriod=period(visit.at, None))

    def procedure(self, code: str, context: str, by: str | None, pregnancy: str | None, *,
                  profile: str = f"{NICTIZ}bc-ObstetricProcedure", subject: str | None = None,
                  **more: object) -> str:  # fmt: skip
        """A Procedure of the obstetric category."""
        return self.sheet.add("Procedure", profile, {
            "status": "completed",
            "category": concept("386637004"),
            "code": concept(code),
            "subject": ref(subject or self.patient),
            "context": ref(context),
            "performer": [{"actor": performer_ref(by), "onBehalfOf": organisation_ref(by)}] if by else None,
            "reasonReference": [ref(pregnancy)] if pregnancy else None,
            **more,
        })  # fmt: skip

    def children(self, name_id: Callable[[int], str]) -> list[str]:
        """The children born: a Patient each, and the RelatedPerson that says who the mother is."""
        ending = self.story.ending
        if ending is None:
            return []
        found = []
        for rank, sex in enumerate(ending.children, 1):
            child = self.sheet.add("Patient", f"{NICTIZ}bc-Child", {
                "name": [{"text": f"{child_name(sex, rank, self.sheet.woman.number)} {self.sheet.woman.own_name}",
                          "family": self.sheet.woman.own_name,
                          "given": [child_name(sex, rank, self.sheet.woman.number)]}],
                "gender": "female" if sex == "f" else "male",
                "birthDate": day_of(ending.at).isoformat(),
                "multipleBirthInteger": rank if len(ending.children) > 1 else None,
                "deceasedBoolean": True if ending.outcome is Outcome.STILLBIRTH else None,
                "link": [{"other": ref(self.patient), "type": "seealso"}],
            }, id=name_id(rank))  # fmt: skip
            self.sheet.add("RelatedPerson", f"{NICTIZ}bc-MotherOf", {
                "patient": ref(child),
                "relationship": concept(coding("MTH", "http://hl7.org/fhir/v3/RoleCode", "Mother")),
                "name": [{"text": self.display}],
            })  # fmt: skip
            found.append(child)
        return found

    def coverage(self, insurance: InsurancePlan) -> None:
        """The insurer: zib-Payer; somebody known to be uninsured pays herself (FHIR code `pay`)."""
        if insurance.start > REFERENCE_DAY + timedelta(days=365):
            return
        own = coding("pay", "http://hl7.org/fhir/coverage-selfpay", "Pay")
        basic = coding("B", "urn:oid:2.16.840.1.113883.2.4.3.11.60.101.5.1", "Basis")
        payor = ref(f"Organization/uzovi-{insurance.uzovi}") if insurance.uzovi else ref(self.patient)
        self.sheet.add("Coverage", f"{NICTIZ}zib-Payer", {
            "status": "active",
            "type": concept(basic if insurance.uzovi else own),
            "subscriberId": f"POLIS{self.sheet.woman.number:06d}" if insurance.uzovi else None,
            "beneficiary": ref(self.patient, self.display),
            "period": period(insurance.start, insurance.end),
            "payor": [payor],
        })  # fmt: skip


def count(number: int) -> JsonObject:
    """A count as STU3 writes it: a Quantity with UCUM code 1."""
    return {"value": number, "system": UCUM, "code": "1"}


def loinc(code: str, display: str) -> JsonObject:
    """A LOINC coding."""
    return coding(code, LOINC, display)


def woman_patient(sheet: Sheet, quirk: Callable[[str], bool], local: str, deceased: Moment | None) -> JsonObject:
    """The Patient of the woman: nl-core-patient and bc-Woman."""
    return {
        "identifier": [*bsn_identifier(sheet.woman, quirk), {"system": local, "value": f"{sheet.woman.number:07d}"}],
        "name": [human_name(sheet.woman, quirk, sheet.source)],
        "gender": "female",
        "birthDate": as_known(sheet.woman, quirk, sheet.source).birth_date.isoformat(),
        "deceasedDateTime": when(deceased) if deceased else None,
        "address": addresses(sheet.woman, quirk, sheet.source),
    }


def _acts(key: str) -> bool:
    return PARTICIPANTS[key].kind in ROLES


def performer_ref(key: str) -> JsonObject:
    """A reference to who acted: the professional, else the organisation."""
    return practitioner_ref(key) if _acts(key) else organisation_ref(key)
