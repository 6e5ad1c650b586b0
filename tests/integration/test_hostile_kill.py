"""Killed (SIGKILL) at any step, the adapter run again comes to what it would have come to undisturbed."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter import bootstrap
from adapter.cli.output import exit_status
from adapter.model.decision import Decision
from adapter.model.sources import SourceReport
from adapter.simulation.epd import Quirks
from support.dossiers import CARE, PAYMENT
from support.hostile import NOW, Result, Served, adapter, result_of, served_region, write_few

pytestmark = [pytest.mark.integration, pytest.mark.repeats]


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("killed")
    write_few(folder, frozenset({"overdracht-tijdens-bevalling", "twee-zwangerschappen-binnen-14-maanden"}))
    with served_region(folder) as served:
        yield served


def copied(served: Served, folder: Path) -> Path:
    """The same configuration with a store and a queue of its own."""
    config = folder / "adapter.toml"
    text = served.config.read_text("utf-8").replace('"igo.toml"', f'"{served.config.parent / "igo.toml"}"')
    config.write_text(text, "utf-8")
    return config


@pytest.fixture(scope="module")
def undisturbed(region: Served, tmp_path_factory: pytest.TempPathFactory) -> Result:
    config = copied(region, tmp_path_factory.mktemp("undisturbed"))
    ran = adapter("run", "--once", "--config", str(config))
    assert ran.status == 0, ran.err.decode()
    result = result_of(config)
    assert len(result.pregnancies) == 3
    return result


@pytest.mark.parametrize(
    ("method", "number"),
    [
        ("append", 2),  # during the pull
        ("add_answers", 1),  # between pull and rebuild
        ("add_links", 3),  # during the linking
        ("add_decisions", 1),  # during the rebuild
        ("done", 1),  # linked, not yet written
        ("done", 2),  # rebuilt, not yet written
    ],
)
def test_killed_and_run_again(region: Served, undisturbed: Result, tmp_path: Path, method: str, number: int) -> None:
    config = copied(region, tmp_path)
    killed = adapter("run", "--once", "--config", str(config), kill_after=(method, number))
    assert killed.status == -signal.SIGKILL, killed.err.decode()
    again = adapter("run", "--once", "--config", str(config))
    assert again.status == 0, again.err.decode()
    assert result_of(config) == undisturbed


def test_an_epd_that_falls_away_half_way_fails_alone(tmp_path: Path) -> None:
    write_few(tmp_path, frozenset({"overdracht-tijdens-bevalling", "lopend-30-weken"}))
    with served_region(tmp_path, {"vp-linde": Quirks(drop_after=14)}) as served:
        ran = adapter("run", "--once", "--json", "--config", str(served.config))
    document = json.loads(ran.out)
    states = {source["source"]: source["state"] for source in document["sources"]}
    assert ran.status == 1
    assert states == {"vp-linde": "failed", "zh-delta": "answered", "kz-lente": "answered"}
    assert {problem["source"] for problem in document["problems"]} == {"vp-linde"}
    assert document["pregnancies"]
    for pregnancy in document["pregnancies"]:
        of_path = {s["source"]: s["state"] for s in pregnancy["care_path"]["sources"]}
        assert of_path["vp-linde"] == "failed"
        assert pregnancy["decision"]["stage"] == "voorlopig"


@pytest.mark.parametrize(
    ("quirks", "state"),
    [
        (Quirks(down=True), "failed"),
        (Quirks(unauthorized=True), "refused"),
        (Quirks(malformed_page=1), "failed"),
        (Quirks(next_loop=True, default_page=3, largest_page=3), "failed"),
        (Quirks(next_elsewhere="http://127.0.0.1:1/fhir", default_page=3, largest_page=3), "failed"),
        (Quirks(flaky=2), "answered"),
        (Quirks(xml_only=True), "answered"),
        (Quirks(no_chained_search=True, no_lists=True), "answered"),
    ],
)
def test_what_a_source_does_wrong_never_makes_a_decision_final(tmp_path: Path, quirks: Quirks, state: str) -> None:
    write_few(tmp_path, frozenset({"overdracht-tijdens-bevalling"}))
    with served_region(tmp_path, {"vp-linde": quirks}) as served:
        reports, decisions = asyncio.run(_pulled(served.config))
    assert {r.source: r.state.value for r in reports} == {
        "vp-linde": state,
        "zh-delta": "answered",
        "kz-lente": "answered",
    }
    assert {d.stage for d in decisions} == {"definitief" if state == "answered" else "voorlopig"}
    assert exit_status(reports) == (0 if state == "answered" else 1)


async def _pulled(config: Path) -> tuple[list[SourceReport], list[Decision]]:
    application = bootstrap.open_application(config, clock=lambda: NOW)
    try:
        reports = await application.pull()
        page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=100)
        return reports, [application.decision(PAYMENT, item.pregnancy) for item in page.items]
    finally:
        await application.aclose()
