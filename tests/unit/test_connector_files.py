"""The files connector, on folders made here and on the official Nictiz cases where they are present."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.connectors import Ask, Limits, PullOutcome, SourceConfig, connect
from adapter.model.evidence import Organisation
from adapter.model.sources import FhirVersion, Media, Received, SourceInfo, SourceState
from adapter.simulation.epd_sample import sample, sample_bsn

STU3, R4 = FhirVersion.STU3, FhirVersion.R4
DISCOVER = Ask(discover=True)
NICTIZ = Path(os.environ.get("ADAPTER_NICTIZ", Path(__file__).parents[3] / "shared" / "nictiz")) / "cases"


async def pull(
    path: Path, ask: Ask = DISCOVER, version: FhirVersion | None = None, limits: Limits | None = None
) -> tuple[PullOutcome, list[Received]]:
    got: list[Received] = []

    async def deliver(items: list[Received]) -> None:
        got.extend(items)

    info = SourceInfo("map", "Map", Organisation("agb:08001234"), "nictiz", version)
    outcome = await connect(SourceConfig(info, "files", path=path, limits=limits or Limits())).pull(ask, deliver)
    assert outcome.resources == len(got)
    return outcome, got


def references(got: list[Received]) -> list[str]:
    return sorted(item.reference for item in got)


def write_json(folder: Path, resources: Any) -> None:
    for resource in resources:
        (folder / f"{resource['resourceType']}-{resource['id']}.json").write_text(json.dumps(resource))


def everything(version: FhirVersion, women: int, observations: int) -> list[str]:
    return sorted(f"{r['resourceType']}/{r['id']}" for r in sample(version, women, observations))


@pytest.mark.parametrize("version", [STU3, R4])
@pytest.mark.parametrize("form", ["json", "xml", "ndjson", "bundle", "bundle beside"])
async def test_every_form_gives_the_same_resources(tmp_path: Path, version: FhirVersion, form: str) -> None:
    resources = list(sample(version, 3, 4))
    if form in ("json", "bundle beside"):
        write_json(tmp_path, resources)
    if form == "xml":
        for resource in resources:
            (tmp_path / f"{resource['resourceType']}-{resource['id']}.xml").write_bytes(fhir.to_xml(resource, version))
    if form == "ndjson":
        (tmp_path / "alles.ndjson").write_text("\n\n".join(json.dumps(r) for r in resources))
    if form.startswith("bundle"):
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
        (tmp_path / "_bundle.json").write_text(json.dumps(bundle, indent=1))
    outcome, got = await pull(tmp_path, version=version)
    assert outcome.problems == ()
    assert references(got) == everything(version, 3, 4)
    assert {i.woman for i in got} == {None, "Patient/w0", "Patient/w1", "Patient/w2"}
    assert {i.woman for i in got if i.subject == "Patient/k1"} == {"Patient/w1"}
    assert {i.media for i in got} == {Media.XML if form == "xml" else Media.JSON}


@pytest.mark.parametrize("version", [STU3, R4])
async def test_the_version_is_seen_from_the_content(tmp_path: Path, version: FhirVersion) -> None:
    write_json(tmp_path, sample(version, 1, 2))
    outcome, got = await pull(tmp_path)
    assert {i.fhir_version for i in got} == {version}
    assert outcome.problems == ()


async def test_an_unknown_version_is_said(tmp_path: Path) -> None:
    write_json(tmp_path, [{"resourceType": "Patient", "id": "a"}])
    outcome, got = await pull(tmp_path)
    assert [(i.woman, i.fhir_version) for i in got] == [("Patient/a", STU3)]
    assert [p.severity for p in outcome.problems] == ["warning"]


async def test_an_unreadable_file_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_json(tmp_path, sample(STU3, 1, 1))
    (tmp_path / "kapot.json").write_text('{"resourceType": "Pati')
    (tmp_path / "regels.ndjson").write_text('{"resourceType":"Patient","id":"w9"}\nniets\n')
    (tmp_path / "leesmij.txt").write_text("geen FHIR")
    outcome, got = await pull(tmp_path, version=STU3)
    assert references(got) == sorted([*everything(STU3, 1, 1), "Patient/w9"])
    assert {p.where for p in outcome.problems if p.severity == "error"} == {"kapot.json", "regels.ndjson:2"}
    assert outcome.state is SourceState.ANSWERED


async def test_a_missing_folder_is_failed(tmp_path: Path) -> None:
    outcome, _ = await pull(tmp_path / "weg", Ask(discover=True, bsns=(sample_bsn(1),)))
    assert outcome.state is SourceState.FAILED
    assert [w.state for w in outcome.women] == [SourceState.FAILED]
    assert str(tmp_path) not in repr(outcome.problems)


async def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "uit"
    inside.mkdir()
    outside.mkdir()
    write_json(outside, [{"resourceType": "Patient", "id": "geheim"}])
    write_json(inside, [{"resourceType": "Patient", "id": "a"}])
    (inside / "link.json").symlink_to(outside / "Patient-geheim.json")
    (inside / "map").symlink_to(outside)
    _, got = await pull(inside, version=STU3)
    assert references(got) == ["Patient/a"]


async def test_a_file_beyond_the_limit_is_named(tmp_path: Path) -> None:
    write_json(tmp_path, [{"resourceType": "Patient", "id": "a", "name": [{"text": "x" * 500}]}])
    outcome, got = await pull(tmp_path, version=STU3, limits=Limits(file_bytes=100))
    assert got == []
    assert outcome.problems[0].where == "Patient-a.json"


async def test_only_the_women_asked_for(tmp_path: Path) -> None:
    write_json(tmp_path, sample(STU3, 3, 2))
    outcome, got = await pull(tmp_path, Ask(discover=False, bsns=(sample_bsn(1), sample_bsn(50))))
    assert {i.woman for i in got} == {None, "Patient/w1"}
    found = {w.bsn: (w.reference, w.state) for w in outcome.women}
    assert found == {
        sample_bsn(1): ("Patient/w1", SourceState.ANSWERED),
        sample_bsn(50): (None, SourceState.ANSWERED),
    }


async def test_a_patient_in_another_folder_leaves_the_dossier_whole(tmp_path: Path) -> None:
    write_json(tmp_path, (r for r in sample(STU3, 1, 3) if r["id"] != "w0"))
    outcome, got = await pull(tmp_path)
    assert [w.reference for w in outcome.women] == ["Patient/w0"]
    assert {i.woman for i in got} == {None, "Patient/w0"}
    assert "Patient/w0" not in references(got)


async def test_what_belongs_to_nobody_is_said_and_not_kept(tmp_path: Path) -> None:
    write_json(tmp_path, [{"resourceType": "Device", "id": "los"}])
    outcome, got = await pull(tmp_path, version=STU3)
    assert got == []
    assert [p.where for p in outcome.problems] == ["Device/los"]


async def test_one_file_can_be_a_source(tmp_path: Path) -> None:
    file = tmp_path / "alles.ndjson"
    file.write_text("\n".join(json.dumps(r) for r in sample(STU3, 1, 1)))
    _, got = await pull(file)
    assert references(got) == everything(STU3, 1, 1)


@pytest.mark.parametrize("case", sorted(p.name for p in NICTIZ.iterdir()) if NICTIZ.is_dir() else ["absent"])
async def test_official_cases_come_whole_and_with_the_right_woman(case: str) -> None:
    if not NICTIZ.is_dir():
        pytest.skip("the Nictiz cases are not here (ADAPTER_NICTIZ)")
    folder = NICTIZ / case
    resources = [json.loads(p.read_text()) for p in folder.glob("*.json") if not p.name.startswith("_")]
    outcome, got = await pull(folder, version=STU3)
    assert references(got) == sorted(f"{r['resourceType']}/{r['id']}" for r in resources)
    assert not outcome.problems
    dossiers = [r["patient"]["reference"] for r in resources if r["resourceType"] == "EpisodeOfCare"]
    woman = dossiers[0] if dossiers else f"Patient/{resources[0]['id']}"
    assert {i.woman for i in got} - {None} == {woman}
    directory = {"Organization", "Practitioner", "PractitionerRole", "Location"}
    assert all((i.woman is None) == (i.type in directory) for i in got)
