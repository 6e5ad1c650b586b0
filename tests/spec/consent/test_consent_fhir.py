"""Een FHIR Consent lezen (R4 en STU3): wat niet te lezen is geeft geen toestemming, en maakt een bezwaar ruim."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.access.consent import Party
from adapter.access.consent.reading import PREGNANCY_SYSTEM, Read, Told, read_consent
from adapter.access.consent.terms import load_terms
from adapter.access.consent.writing import Side, Statement, to_stu3, write_r4
from adapter.model.evidence import OrganisationKind
from adapter.model.sources import FhirVersion, Media

TERMS = load_terms(Path(__file__).parents[3] / "mappings")
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
AGB = "http://fhir.nl/fhir/NamingSystem/agb-z"
ORGANISATIONS = {"Organization/zkh": Party(frozenset({"agb:06000201"})), "Organization/naamloos": Party(frozenset())}


class Known:
    """A source that has one hospital, and one dossier that is linked."""

    def organisation(self, reference: str) -> Party | None:
        return ORGANISATIONS.get(reference)

    def pregnancy(self, reference: dict[str, Any]) -> str | None:
        identifier = reference.get("identifier") or {}
        return {"EpisodeOfCare/d1": "z1"}.get(str(reference.get("reference"))) or identifier.get("value")


def read(consent: dict[str, Any], version: FhirVersion = FhirVersion.R4) -> Read:
    assert fhir.check(json.dumps(consent).encode(), Media.JSON, version).problem is None
    return read_consent(consent, version, Told("bron:1", "vrouw-1", "bron", AT), TERMS, Known())


def r4(permit: bool = True, actor: Any = "Organization/zkh", **provision: Any) -> dict[str, Any]:
    """A Consent as IHE Privacy Consent on FHIR shapes it: the praktijk shows the hospital what it keeps."""
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
    who = {"reference": actor} if isinstance(actor, str) else actor
    return {
        "resourceType": "Consent",
        "id": "1",
        "status": "active",
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/v1"},
        "dateTime": "2026-02-01",
        "organization": [{"identifier": {"system": AGB, "value": "08000101"}}],
        "policyRule": {"text": "AVG"},
        "provision": {
            "type": "permit" if permit else "deny",
            "actor": [{"role": role, "reference": who}],
            **provision,
        },
    }


def stu3(*exceptions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "id": "1",
        "status": "active",
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/v1"},
        "policyRule": "http://voorbeeld.nl/regel",
        **({"except": list(exceptions)} if exceptions else {}),
        **more,
    }


def test_wie_wat_wanneer() -> None:
    (rule,) = read(r4(period={"start": "2026-03-01", "end": "2026-04-01"})).records
    assert (rule.holder, rule.reader) == (frozenset({"agb:08000101"}), frozenset({"agb:06000201"}))
    assert (rule.permit, rule.start, rule.end) == (True, date(2026, 3, 1), date(2026, 4, 1))
    assert (rule.kinds, rule.pregnancy, rule.withdrawn_at) == (None, None, None)
    assert rule.given_at is not None and rule.given_at.date() == date(2026, 1, 31)  # 1 februari in Nederland, in UTC


def test_soorten_gegevens_en_de_zwangerschap() -> None:
    only = [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}]
    data = [{"meaning": "related", "reference": {"reference": "EpisodeOfCare/d1"}}]
    (rule,) = read(r4(**{"class": only, "data": data})).records
    assert (rule.kinds, rule.pregnancy) == (frozenset({"Observation"}), "z1")


def test_ingetrokken_bij_de_bron() -> None:
    found = read(r4() | {"status": "inactive"})
    assert found.state == "withdrawn"
    assert [r.withdrawn_at for r in found.records] == [AT]


@pytest.mark.parametrize("status", ["draft", "proposed", "rejected", "entered-in-error"])
def test_wat_niet_geldt_zegt_niets(status: str) -> None:
    assert read(r4() | {"status": status}) == Read("none")


def test_een_behandelaanwijzing_is_geen_toestemming_om_te_delen() -> None:
    """bc-TreatmentDirective is in FHIR ook een Consent."""
    directive = stu3(
        {"type": "deny"}, category=[{"coding": [{"system": "http://snomed.info/sct", "code": "129125009"}]}]
    )
    assert read(directive, FhirVersion.STU3) == Read("none")
    assert read(r4() | {"scope": {"coding": [{"code": "treatment"}]}}) == Read("none")


NIET_TE_LEZEN: list[dict[str, Any]] = [
    {"actor": "Organization/onbekend"},
    {"actor": "Organization/naamloos"},
    {"actor": "Practitioner/jan"},
    {"class": [{"system": "http://voorbeeld.nl", "code": "alles"}]},
    {"code": [{"coding": [{"system": "http://loinc.org", "code": "1-8"}]}]},
    {"purpose": [{"system": "http://voorbeeld.nl", "code": "x"}]},
    {"period": {"start": "2026"}},
    {"dataPeriod": {"start": "2026-01-01"}},
    {"securityLabel": [{"code": "R"}]},
    {"action": [{"coding": [{"code": "correct"}]}]},
    {"data": [{"meaning": "instance", "reference": {"reference": "Observation/9"}}]},
    {"modifierExtension": [{"url": "http://voorbeeld.nl", "valueBoolean": True}]},
]


@pytest.mark.parametrize("part", NIET_TE_LEZEN, ids=lambda part: next(iter(part)))
def test_wat_niet_te_lezen_is_geeft_geen_toestemming(part: dict[str, Any]) -> None:
    found = read(r4(**part))
    assert found.records == ()
    assert "deze toestemming telt niet" in found.problems[0]


@pytest.mark.parametrize("part", NIET_TE_LEZEN, ids=lambda part: next(iter(part)))
def test_wat_niet_te_lezen_is_maakt_een_bezwaar_ruim(part: dict[str, Any]) -> None:
    found = read(r4(False, **part))
    (rule,) = found.records
    assert not rule.permit
    assert "geldt daarom ruim" in found.problems[0]
    assert rule.reader in (None, frozenset({"agb:06000201"}))
    assert (rule.kinds, rule.pregnancy, rule.start) == (None, None, None)


def test_een_ander_doel_dan_zorg_zegt_hier_niets() -> None:
    research = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}]
    assert read(r4(purpose=research)).records == ()
    assert read(r4(False, purpose=research)).records == ()
    treat = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}]
    assert len(read(r4(purpose=[*research, *treat])).records) == 1


def test_een_uitzondering_binnen_de_regel_is_nauwer() -> None:
    only = [{"system": "http://hl7.org/fhir/resource-types", "code": "Condition"}]
    general, apart = read(r4(provision=[{"type": "deny", "class": only}])).records
    assert (general.permit, apart.permit) == (True, False)
    assert apart.reader == general.reader
    assert apart.beats(general)


def test_een_uitzondering_die_niet_zegt_of_het_mag_is_een_bezwaar() -> None:
    only = [{"system": "http://hl7.org/fhir/resource-types", "code": "Condition"}]
    general, apart = read(r4(provision=[{"class": only}])).records
    assert (general.permit, apart.permit, apart.kinds) == (True, False, frozenset({"Condition"}))


def test_een_soort_organisatie_en_een_organisatie_zonder_code() -> None:
    kind = {"coding": [{"system": "http://nictiz.nl/fhir/NamingSystem/organization-type", "code": "V4"}]}
    inside = {"resourceType": "Organization", "id": "o", "type": [kind]}
    (rule,) = read(r4(actor="#o") | {"contained": [inside]}).records
    assert (rule.reader, rule.reader_kinds) == (None, frozenset({OrganisationKind.ZIEKENHUIS}))
    named = read(r4(actor="#o") | {"contained": [{**inside, "name": "Ziekenhuis Zuid"}]})
    assert named.records == ()  # dit ene ziekenhuis, niet elk


def test_landelijke_categorieen_verloskunde_en_kraamzorg_zijn_onbekend() -> None:
    def told(code: str) -> dict[str, Any]:
        found = r4()
        del found["provision"]["actor"]
        url = "http://vzvz.nl/fhir/StructureDefinition/OTV-ProviderCategory"
        coding = {"system": "http://fhir.nl/otv/CodeSystem/x", "code": code}
        return found | {"extension": [{"url": url, "valueCodeableConcept": {"coding": [coding]}}]}

    (rule,) = read(told("RPZAC104")).records
    assert rule.reader_kinds == frozenset({OrganisationKind.ZIEKENHUIS, OrganisationKind.LABORATORIUM})
    assert read(told("RPZAC103")).records == ()


def test_stu3_uitzonderingen_op_een_regel_die_zelf_niets_zegt() -> None:
    role = {"coding": [{"system": "http://hl7.org/fhir/v3/ParticipationType", "code": "IRCP"}]}
    actor = [{"role": role, "reference": {"reference": "Organization/zkh"}}]
    found = read(stu3({"type": "permit", "actor": actor}, {"type": "deny"}), FhirVersion.STU3)
    assert [(r.permit, r.reader) for r in found.records] == [(True, frozenset({"agb:06000201"})), (False, None)]


@pytest.mark.parametrize(("rule", "permit"), [("opt-in", True), ("opt-out", False)])
def test_stu3_opt_in_en_opt_out(rule: str, permit: bool) -> None:
    (base,) = read(stu3(policyRule=f"http://voorbeeld.nl/{rule}"), FhirVersion.STU3).records
    assert base.permit is permit


def test_zonder_ja_of_nee_telt_hij_niet() -> None:
    found = read(stu3(), FhirVersion.STU3)
    assert found.records == ()
    assert "of delen mag of niet" in found.problems[0]


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize(
    "said",
    [
        Statement(True, Side("agb:08000101", "Praktijk"), Side("ura:90000201"), None, None, date(2026, 12, 31), "z1"),
        Statement(False, None, Side(kind=OrganisationKind.KRAAMZORG), ("Observation", "Condition")),
        Statement(True, Side(kind=OrganisationKind.ZIEKENHUIS), None, None, date(2026, 3, 1)),
        Statement(False),
    ],
)
def test_wat_wij_schrijven_lezen_wij_net_zo_terug(said: Statement, version: FhirVersion) -> None:
    written = write_r4("c1", said, AT, TERMS, "Patient/v1")
    found = read(written if version is FhirVersion.R4 else to_stu3(written), version)
    (rule,) = found.records
    assert (rule.permit, rule.start, rule.end, rule.pregnancy) == (said.permit, said.start, said.end, said.pregnancy)
    assert rule.kinds == (frozenset(said.kinds) if said.kinds else None)
    for side, identities, kinds in (
        (said.holder, rule.holder, rule.holder_kinds),
        (said.reader, rule.reader, rule.reader_kinds),
    ):
        assert identities == (frozenset({side.identity}) if side and side.identity else None)
        assert kinds == (frozenset({side.kind}) if side and side.kind else None)
    assert PREGNANCY_SYSTEM.startswith("urn:uuid:")


@pytest.mark.parametrize(
    "broken", [{}, {"provision": []}, {"provision": {"actor": "x"}}, {"category": 3}, {"scope": "x"}]
)
def test_onzin_breekt_niets(broken: dict[str, Any]) -> None:
    found = read_consent(r4() | broken, FhirVersion.R4, Told("x", "v", "b", AT), TERMS, Known())
    assert found.state in ("active", "none")
