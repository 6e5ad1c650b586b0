"""An EPD that sends by itself (`kind = "push"`): a pull leaves it alone, and what it did not send stays unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter import bootstrap
from adapter.access import DEMONSTRATION, Context, Purpose
from adapter.asgi import build
from adapter.cli.output import exit_status
from adapter.model.sources import FhirVersion, SourceState
from adapter.service.port import Application
from support.epd import served
from support.fhir_server import VP, encounter, episode, observation, patient, put_entry, transaction

NAME = [{"use": "official", "family": "de Vries", "given": ["Anna", "Maria"]}]
CARE = Context(DEMONSTRATION, Purpose.TREAT)
CONFIG = """
[store]
url = "sqlite:///adapter.db"
[[source]]
id = "vp"
name = "Verloskundigenpraktijk 't Groen"
agb = "08001234"
kind = "push"
dialect = "nictiz-geboortezorg-stu3"
[[source]]
id = "kz"
name = "Kraamzorg De Wieg"
agb = "40001234"
kind = "files"
path = "kz"
fhir_version = "3.0"
dialect = "nictiz-geboortezorg-stu3-kraamzorg"
[igo]
register = "igo.toml"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "kz").mkdir()
    (tmp_path / "adapter.toml").write_text(CONFIG)
    (tmp_path / "igo.toml").write_text('[igo]\nname = "IGO"\nagb = "53000001"\n')
    return tmp_path / "adapter.toml"


async def _sent(application: Application, number: int) -> None:
    due = observation("due", code="161714006", valueDateTime="2026-09-01")
    dossier = [patient("w1", name=NAME), episode(), due, *(encounter(f"c{n}") for n in range(number))]
    transport = httpx.ASGITransport(build(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post("/fhir/stu3", json=transaction(*map(put_entry, dossier)), headers=VP)
        assert answer.status_code == 200, answer.text
        due = await client.get("/fhir/stu3/Observation?code=http://snomed.info/sct|161714006", headers=VP)
        assert due.json()["total"] == 1  # though this code passes the 11-proef
        for address in ("/", "/bronnen"):
            page = await client.get(address)
            assert "stuurt zelf" in page.text
            assert "Ontvangen" not in page.text  # this process counted nothing
    await application.fhir.aclose()  # what follows from it is done


@pytest.mark.parametrize("number", [3, 150])  # checked in this process, and in another
async def test_a_pull_leaves_what_it_sent_and_when_as_it_is(config: Path, number: int) -> None:
    application = bootstrap.open_application(config)
    try:
        assert [(r.source, r.state, r.at, r.sends) for r in application.reports()] == [
            ("vp", SourceState.NOT_ASKED, None, True)
        ]
        await _sent(application, number)
        [one] = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=9).items
        path = application.care_path(CARE, one.pregnancy)
        assert (path.woman.name, one.woman_name) == ("Anna Maria de Vries", "Anna Maria de Vries")
        [before] = [s for s in application.care_path(CARE, one.pregnancy).sources if s.source == "vp"]
        assert (before.state, before.resources) == (SourceState.ANSWERED, number + 3)

        reports = await application.pull()
        told = {r.source: (r.state, r.sends) for r in reports}
        assert told == {"vp": (SourceState.NOT_ASKED, True), "kz": (SourceState.ANSWERED, False)}
        assert exit_status(reports) == 0
        [last] = [r.at for r in reports if r.sends]
        assert last is not None
        assert before.at is not None
        assert abs((last - before.at).total_seconds()) < 60
        [after] = [s for s in application.care_path(CARE, one.pregnancy).sources if s.source == "vp"]
        assert after == before
    finally:
        await application.aclose()


BEFORE = [
    patient("w1", "999911132"),
    episode("e1", status="finished", period={"start": "2020-01-10", "end": "2020-09-20"}),
    observation("due1", code="161714006", valueDateTime="2020-09-01"),
]
"""Her pregnancy of years ago."""


@pytest.mark.parametrize("sent", [[], BEFORE[:1], BEFORE], ids=["nothing", "a Patient", "an earlier pregnancy"])
async def test_of_a_pregnancy_of_which_it_sent_no_dossier_it_said_nothing(
    config: Path, sent: list[dict[str, Any]]
) -> None:
    due = observation("due9", "EpisodeOfCare/e9", "w9", code="161714006", valueDateTime="2026-09-01")
    resources = [patient("w9", "999911132"), episode("e9", "w9"), encounter("c9", "e9", "w9"), due]
    bundle = transaction(*({"resource": r} for r in resources), kind="collection")
    (config.parent / "kz" / "one.json").write_text(json.dumps(bundle))
    application = bootstrap.open_application(config)
    try:
        transport = httpx.ASGITransport(build(application))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for one in sent:  # who she is, or what care she had before, says nothing of the care that she has
                address = f"/fhir/stu3/{one['resourceType']}/{one['id']}"
                assert (await client.put(address, json=one, headers=VP)).status_code == 201
        await application.pull()
        page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=9)
        found = {frozenset(application.dossiers(CARE, i.pregnancy)): i.pregnancy for i in page.items}
        path = application.care_path(CARE, found[frozenset({("kz", "EpisodeOfCare/e9")})])
        told = {s.source: (s.state, s.problem, s.resources) for s in path.sources}
        why = "stuurt zelf, en heeft van deze zwangerschap geen dossier gestuurd"
        assert told["vp"] == (SourceState.NOT_ASKED, why, len(sent))
        assert told["kz"][0] is SourceState.ANSWERED
    finally:
        await application.aclose()


async def test_a_woman_whom_it_alone_knows_is_asked_for_elsewhere(config: Path, tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    found = [patient("z1", "999911120"), observation("zo", None, "z1"), patient("z2", "999911132"), episode("e2", "z2")]
    for one in found:
        (tmp_path / "zh" / f"{one['id']}.json").write_text(json.dumps(one))
    with served(tmp_path / "zh", FhirVersion.STU3) as address:
        _over_http(config, address)
        application = bootstrap.open_application(config)
        try:
            await _sent(application, 1)
            await application.pull()
            page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=9)
            [hers] = [item.pregnancy for item in page.items if item.woman_name == "Anna Maria de Vries"]
            held = {s.source: s.resources for s in application.care_path(CARE, hers).sources}
            assert held == {"vp": 4, "kz": 2}
        finally:
            await application.aclose()


def _over_http(config: Path, address: str) -> None:
    """The second source as a server."""
    text = config.read_text().replace('kind = "files"', f'kind = "fhir"\nbase_url = "{address}"')
    config.write_text(text.replace('path = "kz"\n', ""))


def _without_a_source_that_is_asked(config: Path) -> Path:
    config.write_text(f"{CONFIG[: CONFIG.rindex('[[source]]')]}{CONFIG[CONFIG.index('[igo]') :]}")
    return config


@pytest.mark.parametrize(("asks", "status"), [(False, 200), (True, 503)])
async def test_where_every_source_sends_no_pull_is_waited_for(config: Path, asks: bool, status: int) -> None:
    application = bootstrap.open_application(config if asks else _without_a_source_that_is_asked(config))
    try:
        transport = httpx.ASGITransport(build(application))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/health/ready")).status_code == status
            await application.pull()
            assert (await client.get("/health/ready")).status_code == 200
    finally:
        await application.aclose()
