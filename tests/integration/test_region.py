"""The simulated region through the whole house, over HTTP from three EPDs, against its ground truth."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter import bootstrap
from adapter.model.carepath import CarePath
from adapter.model.decision import Decision
from adapter.model.sources import FhirVersion, SourceReport
from adapter.simulation import situations, write_region
from support.dossiers import CARE, PAYMENT
from support.epd import served

pytestmark = pytest.mark.repeats
NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)  # the day on which the region's data stop
EPDS = {"vp-linde": (9001, FhirVersion.STU3), "zh-delta": (9002, FhirVersion.R4), "kz-lente": (9003, FhirVersion.STU3)}
IDS = [s.id for s in situations()]


@dataclass(frozen=True)
class Outcome:
    reports: list[SourceReport]
    again: list[SourceReport]
    truth: dict[str, dict[str, Any]]
    paths: dict[str, CarePath]
    decisions: dict[str, Decision]
    by_dossier: dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp("region")
    write_region(folder)
    with ExitStack() as stack:
        config = folder / "adapter-fhir.toml"
        text = config.read_text("utf-8")
        for name, (port, version) in EPDS.items():
            url = stack.enter_context(served(folder / name, version))
            text = text.replace(f"http://127.0.0.1:{port}/fhir", url)
        config.write_text(text, "utf-8")
        yield asyncio.run(_run(folder, config))


async def _run(folder: Path, config: Path) -> Outcome:
    application = bootstrap.open_application(config, clock=lambda: NOW)
    try:
        reports = await application.pull()
        again = await application.pull()
        page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10_000)
        paths = {p.pregnancy: application.care_path(CARE, p.pregnancy) for p in page.items}
        decisions = {i: application.decision(PAYMENT, i) for i in paths}
        by_dossier = {d: i for i in paths for d in application.dossiers(CARE, i)}
    finally:
        await application.aclose()
    women = json.loads((folder / "truth.json").read_text("utf-8"))["women"]
    return Outcome(reports, again, {w["situation"]: w for w in women}, paths, decisions, by_dossier)


def test_every_source_answers_and_nothing_is_set_aside(region: Outcome) -> None:
    assert [(r.source, r.state, r.invalid) for r in region.reports] == [(s, "answered", 0) for s in EPDS]


def test_a_second_pull_of_the_same_content_adds_nothing(region: Outcome) -> None:
    assert [r.new_versions for r in region.again] == [0, 0, 0]
    assert [r.resources for r in region.again] == [r.resources for r in region.reports]


def test_no_pregnancy_is_found_that_is_not_there(region: Outcome) -> None:
    apart = [group for w in region.truth.values() for group in w["apart"]]
    known = sum(len(w["pregnancies"]) for w in region.truth.values())
    assert known <= len(region.paths) <= known + len(apart)


@pytest.mark.parametrize("situation", IDS)
def test_who_is_whom_and_which_pregnancy(region: Outcome, situation: str) -> None:
    woman = region.truth[situation]
    found = []
    for pregnancy in woman["pregnancies"]:
        ids = {region.by_dossier[source, dossier] for source, dossier in pregnancy["dossiers"]}
        assert len(ids) == 1 or woman["apart"], "dossiers of one pregnancy are apart"
        found.append(min(ids))
    assert len(set(found)) == len(found), "two pregnancies are one"
    if not woman["apart"]:
        assert len({region.paths[i].woman.id for i in found}) == 1


@pytest.mark.parametrize("situation", IDS)
def test_the_decision_and_the_claim(region: Outcome, situation: str) -> None:
    for pregnancy in region.truth[situation]["pregnancies"]:
        source, dossier = pregnancy["dossiers"][0]
        identifier = region.by_dossier[source, dossier]
        path, decision, truth = region.paths[identifier], region.decisions[identifier], pregnancy["truth"]

        assert (path.state, path.outcome) == (truth["state"], truth["outcome"])
        assert {p.phase: _of(p, truth) for p in decision.phases} == _expected(truth)
        assert (decision.status, decision.stage) == (truth["status"], truth["stage"])


def _of(phase: Any, truth: dict[str, Any]) -> tuple[Any, ...]:
    expected = truth["phases"].get(phase.phase)
    stage = phase.stage if phase.status is not None else None
    prestatie = phase.prestatie.id if phase.prestatie else None
    if expected and expected["prestatie"] == "?":  # what the official text leaves open, the truth leaves open
        prestatie = "?"
    return phase.state, phase.status, stage, prestatie


def _expected(truth: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    found = {}
    for name in ("prenataal", "nataal", "postnataal"):
        phase = truth["phases"].get(name)
        if phase is None:
            found[name] = ("not_applicable", None, None, None)
        else:
            stage = phase["stage"] if phase["status"] is not None else None
            found[name] = (phase["state"], phase["status"], stage, phase["prestatie"])
    return found


@pytest.mark.parametrize("situation", IDS)
def test_care_outside_the_igo_is_named(region: Outcome, situation: str) -> None:
    for pregnancy in region.truth[situation]["pregnancies"]:
        source, dossier = pregnancy["dossiers"][0]
        decision = region.decisions[region.by_dossier[source, dossier]]
        named = {o.organisation.agb or o.organisation.name for o in decision.outside_care}
        assert {o["organisation"] for o in pregnancy["truth"]["outside"]} <= named


def test_a_bsn_that_is_none_is_said_with_its_source_and_never_shown(region: Outcome) -> None:
    (pregnancy,) = region.truth["fout-bsn-in-ziekenhuis"]["pregnancies"]
    source, dossier = pregnancy["dossiers"][0]
    path = region.paths[region.by_dossier[source, dossier]]
    problems = [s.problem for s in path.sources if s.source == "zh-delta"]
    assert len(problems) == 1 and problems[0] and "het BSN is geen geldig BSN" in problems[0]
