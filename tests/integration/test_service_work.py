"""What happens between the pull and the views: work that fails is kept and said, the rest goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter import bootstrap
from adapter.model.wire import to_data
from adapter.service import lots
from adapter.service.application import UseCases
from adapter.service.links.pregnancies import Pregnancies
from adapter.service.work import Work
from adapter.simulation import Region
from adapter.simulation.region import picked
from adapter.store import Intent
from support.dossiers import CARE, PAYMENT

pytestmark = pytest.mark.repeats
NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    some = [c for i, c in enumerate(picked()) if i < 6 or len(c.pregnancies) > 1]
    Region(lambda: iter(some)).write(tmp_path)
    return tmp_path / "adapter.toml"


def opened(config: Path) -> UseCases:
    return bootstrap.open_application(config, clock=lambda: NOW)


def test_work_that_fails_stays_and_is_said_and_the_rest_goes_on(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    links_of, refused = Pregnancies.links_of, []

    def fails_once(self: Pregnancies, women: Sequence[str]) -> object:
        if women and (not refused or refused[0] in women):
            refused[:] = refused or women[:1]
            raise RuntimeError("a text that may quote a source")
        return links_of(self, women)

    async def run() -> None:
        application = opened(config)
        try:
            monkeypatch.setattr(Pregnancies, "links_of", fails_once)
            reports = await application.pull()
            listed = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=1000).total
            told = [p for p in reports[-1].problems if p.source is None]
            assert len(told) == 1 and told[0].what.startswith("1 stukken werk")
            assert application.figures().queue_depth

            monkeypatch.setattr(Pregnancies, "links_of", links_of)
            await application.pull()
            again = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=1000).total
            assert application.figures().queue_depth == 0
            assert again > listed > 0
        finally:
            await application.aclose()

    asyncio.run(run())
    shown = "".join(capsys.readouterr())
    assert "RuntimeError at" in shown and "quote a source" not in shown


def test_a_queue_that_falls_away_loses_nothing(config: Path) -> None:
    text = config.read_text("utf-8").replace('url = "embedded"', 'url = "redis://127.0.0.1:1/0"')
    assert "redis://127.0.0.1:1" in text
    config.write_text(text, "utf-8")

    async def without() -> None:
        application = opened(config)
        try:
            reports = await application.pull()
            assert any(p.where == "[jobs]" for p in reports[-1].problems)
            assert application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10).total == 0
            assert (application.figures().queue_depth or 0) > 0
        finally:
            await application.aclose()

    async def later() -> None:
        application = opened(config)
        try:
            await application.pull()
            assert application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10).total > 6
        finally:
            await application.aclose()

    asyncio.run(without())
    config.write_text(text.replace('url = "redis://127.0.0.1:1/0"', 'url = "embedded"'), "utf-8")
    asyncio.run(later())


def test_an_id_that_was_given_out_keeps_its_meaning_when_data_change(config: Path) -> None:
    async def run() -> None:
        application = opened(config)
        try:
            await application.pull()
            before = {
                p.pregnancy for p in application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=999).items
            }
            # Something changes in every dossier of the practice: every woman is linked and rebuilt again.
            for file in (config.parent / "vp-linde").glob("*.ndjson"):
                file.write_text(file.read_text("utf-8").replace('"finished"', '"cancelled"', 40), "utf-8")
            reports = await application.pull()
            assert reports[0].new_versions > 0
            after = {
                p.pregnancy for p in application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=999).items
            }
            assert before == after
        finally:
            await application.aclose()

    asyncio.run(run())


def test_a_woman_is_found_by_her_bsn(config: Path) -> None:
    import json

    from adapter.model.identifiers import Bsn

    women = json.loads((config.parent / "truth.json").read_text("utf-8"))["women"]
    twice = next(w for w in women if len(w["pregnancies"]) == 2)

    async def run() -> None:
        application = opened(config)
        try:
            await application.pull()
            found = application.find(PAYMENT, Bsn(twice["bsn"]))
            assert len(found) == 2
            assert {str(application.care_path(CARE, p).woman.birth_date) for p in found} == {twice["birth_date"]}
            assert application.find(PAYMENT, Bsn("123456782")) == []
        finally:
            await application.aclose()

    asyncio.run(run())


def test_much_work_in_lots_comes_to_the_same_as_work_that_is_handed_out(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a lot goes wrong: what was in it is handed out by the queue afterwards."""

    async def decided(much: int) -> tuple[list[tuple[object, ...]], int | None]:
        monkeypatch.setattr(lots, "MUCH", much)
        monkeypatch.setattr(lots, "_LOT", 4)
        application = opened(_with_store(config, f"lots-{much}"))
        try:
            await application.pull()
            page = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=1000)
            shown = sorted((p.woman_name, p.birth_date, p.status, p.stage, p.organisations) for p in page.items)
            return shown, application.figures().queue_depth
        finally:
            await application.aclose()

    handed_out = asyncio.run(decided(10_000))
    assert handed_out[0] and handed_out[1] == 0
    assert asyncio.run(decided(1)) == handed_out

    through, done = Work.through, []

    def third_goes_wrong(self: Work, intents: Sequence[Intent]) -> None:
        done.append(len(intents))
        if len(done) == 3:
            raise RuntimeError("in the middle")
        through(self, intents)

    monkeypatch.setattr(Work, "through", third_goes_wrong)
    assert asyncio.run(decided(2)) == handed_out
    assert len(done) > 3


def _with_store(config: Path, name: str) -> Path:
    """The same configuration with another database."""
    made = config.with_name(f"{name}.toml")
    made.write_text(config.read_text("utf-8").replace("adapter.db", f"{name}.db"), "utf-8")
    return made


def test_a_kept_view_as_json_is_the_view_of_that_moment(config: Path) -> None:
    """Most of it is written once; until when it knew is of each answer."""
    now = [NOW]

    async def run() -> None:
        application = bootstrap.open_application(config, clock=lambda: now[0])
        try:
            await application.pull()
            one = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=1).items[0].pregnancy
            for later in range(3):
                now[0] = NOW + timedelta(seconds=later)
                told = json.loads(application.care_path_json(CARE, one))
                assert told == to_data(application.care_path(CARE, one))
                assert told["known_at"] == f"2024-07-29T12:00:0{later}Z"
        finally:
            await application.aclose()

    asyncio.run(run())


def test_the_clock_pulls_again_after_all_were_asked_and_not_for_one_woman(config: Path) -> None:
    async def run() -> None:
        application = opened(config)
        try:
            assert application._pulled_at() is None
            await application.pull(sources=application.sources()[:1])
            assert application._pulled_at() is None  # the others were not asked yet
            await application.pull()
            assert application._pulled_at() == NOW
        finally:
            await application.aclose()

    asyncio.run(run())
