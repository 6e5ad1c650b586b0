"""What the simulated EPDs hold is valid FHIR of their version, refers to what is there, and differs per vendor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import orjson
import pytest

from adapter import fhir
from adapter.model.identifiers import Bsn, InvalidIdentifierError, System
from adapter.model.sources import FhirVersion, Media
from adapter.simulation import Case, Region, generate, situations
from adapter.simulation.organisations import KZ, SOURCES, VP, ZH
from adapter.simulation.region import picked
from adapter.simulation.writing import JsonObject

REGION = Region(picked)
VERSION = {s.id: s.fhir_version for s in SOURCES}


def of(situation: str) -> Case:
    return next(case for case in picked() if case.situation == situation)


def all_of(case: Case) -> Iterator[tuple[str, JsonObject]]:
    for source, resources in case.holdings().items():
        for resource in resources:
            yield source, resource


def coded(resources: list[JsonObject], kind: str, code: str) -> list[JsonObject]:
    return [r for r in resources if r["resourceType"] == kind and any(c["code"] == code for c in r["code"]["coding"])]


def problems(source: str, resources: list[JsonObject]) -> list[str]:
    found = []
    for resource in resources:
        checked = fhir.check(orjson.dumps(resource), Media.JSON, VERSION[source])
        if checked.problem is not None:
            found.append(f"{resource['resourceType']}/{resource['id']}: {checked.problem}")
    return found


@pytest.mark.parametrize("source", [VP, ZH, KZ])
def test_every_resource_is_valid_in_the_version_of_its_source(source: str) -> None:
    assert problems(source, REGION.directory(source)) == []
    for case in picked():
        assert problems(source, case.holdings()[source]) == []


def test_generated_resources_are_valid_too() -> None:
    for case in generate(3, 25).cases():
        for source, resources in case.holdings().items():
            assert problems(source, resources) == []


def test_references_lead_to_resources_that_are_there() -> None:
    directory = {s.id: {f"{r['resourceType']}/{r['id']}" for r in REGION.directory(s.id)} for s in SOURCES}
    for case in picked():
        for source, resources in case.holdings().items():
            own = {f"{r['resourceType']}/{r['id']}" for r in resources}
            assert len(own) == len(resources), "an id given twice"
            for resource in resources:
                wanted = {reference for _, reference in fhir.references(resource)}
                assert wanted <= own | directory[source]


def test_ids_are_never_given_twice_at_a_source() -> None:
    seen: Counter[tuple[str, str, str]] = Counter()
    for case in picked():
        seen.update((source, r["resourceType"], r["id"]) for source, r in all_of(case))
    assert max(seen.values()) == 1


def test_the_practice_puts_loinc_first_and_the_hospital_counts_in_integers() -> None:
    case = of("primaire-sectio")
    practice = coded(case.holdings()[VP], "Observation", "161732006")[0]
    assert practice["code"]["coding"][0]["system"] == "http://loinc.org"
    assert practice["valueQuantity"]["code"] == "1"
    hospital = coded(case.holdings()[ZH], "Observation", "161732006")[0]
    assert hospital["valueInteger"] == 1
    pregnancy = coded(case.holdings()[ZH], "Observation", "118185001")[0]
    assert len(pregnancy["hasMember"]) >= 5
    assert coded(case.holdings()[VP], "Condition", "118185001")


def test_the_hospital_knows_itself_by_ura_and_the_practice_knows_it_by_agb() -> None:
    own = {r["id"]: r for r in REGION.directory(ZH)}["org-zh-delta"]
    assert [i["system"] for i in own["identifier"]] == [System.URA]
    other = {r["id"]: r for r in REGION.directory(VP)}["organization-zh-delta"]
    assert [i["system"] for i in other["identifier"]] == [System.AGB]


def test_due_dates_stand_twice_in_the_practice_and_once_in_the_hospital() -> None:
    case = of("overdracht-in-zwangerschap")
    assert coded(case.holdings()[VP], "Observation", "161714006")[0]["code"]["coding"][0]["code"] == "11778-8"
    assert coded(case.holdings()[VP], "Observation", "147781000146105")
    assert coded(case.holdings()[ZH], "Observation", "161714006")
    assert not coded(case.holdings()[ZH], "Observation", "147781000146105")


def test_the_start_of_labour_is_written_in_three_ways() -> None:
    as_effective = coded(of("begin-bevalling-alleen-effective").holdings()[VP], "Observation", "160621000146107")[0]
    assert "effectiveDateTime" in as_effective
    assert not any(key.startswith("value") for key in as_effective)
    as_period = coded(of("geboortecentrum").holdings()[VP], "Observation", "160621000146107")[0]
    assert as_period["valuePeriod"]["start"]
    as_value = coded(of("thuisbevalling-alles-binnen").holdings()[VP], "Observation", "160621000146107")[0]
    assert as_value["valueDateTime"]


def test_twins_are_two_children_and_the_sources_differ_on_chorionicity() -> None:
    case = of("tweeling-overgedragen")
    for source in (VP, ZH, KZ):
        children = [
            r for r in case.holdings()[source] if r["resourceType"] == "Patient" and "multipleBirthInteger" in r
        ]
        assert len(children) in ((0,) if source == VP else (2,))
    codes = {
        source: coded(case.holdings()[source], "Observation", "65147003")[0]["valueCodeableConcept"]["coding"][0][
            "code"
        ]
        for source in (VP, ZH)
    }
    assert codes == {VP: "459166009", ZH: "459168005"}


def test_a_dossier_may_be_finished_while_its_pregnancy_is_active() -> None:
    resources = of("kraamzorg-in-dossier-van-praktijk").holdings()[KZ]
    episode = next(r for r in resources if r["resourceType"] == "EpisodeOfCare")
    assert episode["status"] == "finished"
    assert episode["managingOrganization"]["reference"] == "Organization/organization-vp-linde"
    assert coded(resources, "Condition", "118185001")[0]["clinicalStatus"] == "active"


def test_a_dossier_may_leave_its_organisation_out() -> None:
    for source, resource in all_of(of("ziekenhuis-zonder-beheerder")):
        if source == ZH and resource["resourceType"] == "EpisodeOfCare":
            assert "managingOrganization" not in resource


def test_bsns_are_test_numbers_and_wrong_or_absent_where_the_situation_says_so() -> None:
    def bsn(situation: str, source: str) -> list[str]:
        patient = next(r for r in of(situation).holdings()[source] if r["resourceType"] == "Patient")
        return [i["value"] for i in patient["identifier"] if i["system"] == System.BSN]

    assert all(s.woman.bsn.value.startswith("9999") for s in situations())
    assert bsn("geen-bsn-bij-kraamzorg", KZ) == []
    assert len(bsn("geen-bsn-bij-kraamzorg", VP)) == 1
    with pytest.raises(InvalidIdentifierError):
        Bsn(bsn("fout-bsn-in-ziekenhuis", ZH)[0])


def test_the_versions_are_those_of_dutch_birth_care() -> None:
    assert VERSION == {VP: FhirVersion.STU3, ZH: FhirVersion.R4, KZ: FhirVersion.STU3}
