"""Overrides with four eyes, claims made, runs, trials and the worklist, over a small region in a real store."""

from __future__ import annotations

import asyncio
import io
import shutil
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter import bootstrap
from adapter.access import Actor, Context, DeniedError, Purpose, Role
from adapter.model.sources import RecordKey, SourceReport
from adapter.service.application import UseCases
from adapter.service.payment import lines, redecide
from adapter.service.payment.overrides import FourEyesError, OverrideError
from adapter.service.payment.packing import pack, unpack
from adapter.service.payment.whatif import Draft, Population
from adapter.service.payment.worklist import Choice
from adapter.service.port import ConfigurationError, UnknownPregnancyError
from adapter.simulation import Region
from adapter.simulation.region import picked
from doors.standing import doors
from support.changed_rules import otherwise
from support.dossiers import CARE, PAYMENT

NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)
RULES = Path(__file__).parents[2] / "mappings" / "rules"
FIRST = Context(Actor("anja", "Anja", roles=(Role.IGO_CONTROLLER,)), Purpose.HPAYMT)
SECOND = Context(Actor("bram", "Bram", roles=(Role.IGO_CONTROLLER,)), Purpose.HPAYMT)
KEEPER = Context(Actor("beheer", "Beheer", roles=(Role.BEHEERDER,)), Purpose.HOPERAT)
WHY = "De afdeling bevestigde dat dit high care was"


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small region, pulled once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("region")
    Region(lambda: iter([c for i, c in enumerate(picked()) if i < 24])).write(folder)
    application = bootstrap.open_application(folder / "adapter.toml", clock=lambda: NOW)

    async def fill() -> None:
        await application.pull()
        await application.aclose()

    asyncio.run(fill())
    return folder


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def application(pulled: Path, tmp_path: Path, clock: Clock) -> Iterator[UseCases]:
    here = tmp_path / "region"
    shutil.copytree(pulled, here, ignore=shutil.ignore_patterns("redis", "*.ndjson"))
    opened = bootstrap.open_application(here / "adapter.toml", clock=clock)
    yield opened
    asyncio.run(opened.aclose())


def one(application: UseCases, status: str) -> str:
    """A pregnancy of that status, all of it over."""
    items = application.payment.worklist.page(PAYMENT, Choice(status=status), 0, 100).items
    return next(i.pregnancy for i in items if all(p.state == "ended" for p in i.phases))


def snapshot(application: UseCases) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the audit log and its head: that somebody tried is on record."""
    connection = sqlite3.connect(application._rooms.store._database.url.database or "")
    names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {n: connection.execute(f'SELECT * FROM "{n}"').fetchall() for n in names if not n.startswith("sqlite_")}
    connection.close()
    rows["meta"] = [row for row in rows["meta"] if row[2] is not None]  # the keys
    return {name: found for name, found in rows.items() if name != "audit"}


class TestStanding:
    def test_every_pregnancy_stands_with_the_decision_that_was_made(self, application: UseCases) -> None:
        rows = application._rooms.store.standing_lines()
        latest = {d.pregnancy: d for d in application._rooms.store.latest_decisions()}
        assert {r.pregnancy: r.decision for r in rows} == {p: d.id for p, d in latest.items()}
        for row in rows:
            line, made = lines.read(row.line or b""), latest[row.pregnancy]
            assert (line.status, line.stage) == (made.status, made.stage)
            assert [p.status for p in line.phases] == [p.status for p in made.phases]

    def test_a_projection_comes_back_as_it_was(self, application: UseCases) -> None:
        for row in application._rooms.store.standings(0, 10**9)[:20]:
            view = application._views.view(row.pregnancy, date(2024, 7, 29), None, NOW)
            assert unpack(row.projection or b"") == view.projection
            assert unpack(pack(view.projection)) == view.projection

    def test_without_one_of_its_records_a_projection_does_not_open(self, application: UseCases) -> None:
        store = application._rooms.store
        row = next(r for r in store.standings(0, 10**9) if len(_records(application, r.pregnancy)) > 1)
        store.forget(_records(application, row.pregnancy)[0], "bezwaar", NOW)
        after = {r.pregnancy: r for r in store.standings(0, 10**9)}
        assert after[row.pregnancy].projection is None
        assert sum(r.projection is None for r in after.values()) == 1

    def test_a_database_from_before_is_filled_when_it_is_asked(self, application: UseCases) -> None:
        store = application._rooms.store
        there = [r.pregnancy for r in store.standing_lines()]
        store.drop_standing(there[:3])
        assert application.payment.worklist.page(PAYMENT, Choice()).all == len(there)


def _records(application: UseCases, pregnancy: str) -> list[RecordKey]:
    woman = application._views.view(pregnancy, date(2024, 7, 29), None, NOW).path.woman.id
    return application._pregnancies.records_of(woman)


class TestOverride:
    def test_it_counts_once_a_second_person_approves_it(self, application: UseCases) -> None:
        pregnancy, overrides = one(application, "niet_igo"), application.payment.overrides
        before = application.decision(PAYMENT, pregnancy)
        phase = next(p.phase for p in before.phases if p.status == "niet_igo")
        proposed = overrides.propose(
            FIRST, pregnancy, phase=phase, status="igo", reason=WHY, expires_on=date(2024, 12, 31)
        )
        assert application.decision(PAYMENT, pregnancy).overrides == ()
        assert [o.id for o in overrides.open(SECOND)] == [proposed.id]
        assert overrides.settle(SECOND, proposed.id, "approved").state == "in_force"
        after = application.decision(PAYMENT, pregnancy)
        decided = next(p for p in after.phases if p.phase == phase)
        assert (decided.status, decided.stage) == ("igo", "definitief")
        assert decided.claim is not None and decided.fallback == ()
        assert decided.reasons[0].rule == f"override/{proposed.id}"
        assert WHY in decided.reasons[0].text
        assert [o.decided_by for o in after.overrides] == ["bram"]
        assert (after.replaces, "persoon" in after.because[0]) == (before.id, True)
        item = next(i for i in application.payment.worklist.page(PAYMENT, Choice(mark="besluit_persoon")).items)
        assert (item.pregnancy, item.override) == (pregnancy, "in_force")

    def test_who_proposes_cannot_approve_and_that_is_recorded(self, application: UseCases) -> None:
        pregnancy, overrides = one(application, "niet_igo"), application.payment.overrides
        mine = overrides.propose(
            FIRST, pregnancy, phase="nataal", status="igo", reason=WHY, expires_on=date(2024, 9, 1)
        )
        with pytest.raises(FourEyesError, match="tweede persoon"):
            overrides.settle(FIRST, mine.id, "approved")
        assert [o.state for o in overrides.of(FIRST, pregnancy).overrides] == ["proposed"]
        assert b'"four-eyes"' in application._rooms.store.audit(limit=2)[1]
        assert overrides.settle(SECOND, mine.id, "rejected", "niet overtuigd").remark == "niet overtuigd"
        with pytest.raises(OverrideError, match="afgehandeld"):
            overrides.settle(SECOND, mine.id, "approved")

    def test_an_expired_one_falls_away(self, application: UseCases, clock: Clock) -> None:
        pregnancy, overrides = one(application, "niet_igo"), application.payment.overrides
        given = overrides.propose(
            FIRST, pregnancy, phase="nataal", status="igo", reason=WHY, expires_on=date(2024, 8, 1)
        )
        overrides.settle(SECOND, given.id, "approved")
        clock.now = NOW + timedelta(days=3)
        assert application.decision(PAYMENT, pregnancy).overrides != ()
        clock.now = NOW + timedelta(days=4)
        application.payment.standing.refresh(application.payment.standing.stale())
        stood = application._rooms.store.latest_decision(pregnancy)
        assert stood is not None and (stood.overrides, stood.because[0][-9:]) == ((), "verlopen.")
        assert [o.state for o in overrides.of(FIRST, pregnancy).overrides] == ["expired"]

    def test_a_withdrawn_one_falls_away_and_is_still_known_as_it_was(self, application: UseCases, clock: Clock) -> None:
        pregnancy, overrides = one(application, "niet_igo"), application.payment.overrides
        given = overrides.propose(
            FIRST, pregnancy, phase="nataal", status="igo", reason=WHY, expires_on=date(2025, 1, 1)
        )
        overrides.settle(SECOND, given.id, "approved")
        clock.now = NOW + timedelta(hours=2)
        overrides.settle(FIRST, given.id, "withdrawn")
        assert application.decision(PAYMENT, pregnancy).overrides == ()
        then = application.decision(PAYMENT, pregnancy, known_at=NOW + timedelta(hours=1))
        assert [o.id for o in then.overrides] == [given.id]

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"phase": "buiten"}, "fase"),
            ({"status": "gemengd"}, "niet_igo"),
            ({"reason": " kort "}, "reden"),
            ({"expires_on": date(2024, 7, 28)}, "hoogstens een jaar"),
            ({"expires_on": date(2026, 1, 1)}, "hoogstens een jaar"),
        ],
    )
    def test_what_cannot_be_is_said(self, application: UseCases, changed: dict[str, object], said: str) -> None:
        pregnancy = one(application, "igo")
        given = {"phase": "nataal", "status": "niet_igo", "reason": WHY, "expires_on": date(2024, 9, 1)} | changed
        with pytest.raises(OverrideError, match=said):
            application.payment.overrides.propose(FIRST, pregnancy, **given)  # type: ignore[arg-type]

    def test_no_bsn_is_kept_in_a_reason(self, application: UseCases) -> None:
        given = application.payment.overrides.propose(
            FIRST,
            one(application, "igo"),
            phase="nataal",
            status="niet_igo",
            reason=f"{WHY}, zie 999911120",
            expires_on=date(2024, 9, 1),
        )
        assert "999911120" not in given.reason

    def test_care_may_not_and_an_unknown_pregnancy_is_said(self, application: UseCases) -> None:
        overrides = application.payment.overrides
        with pytest.raises(DeniedError):
            overrides.open(CARE)
        with pytest.raises(UnknownPregnancyError):
            overrides.of(FIRST, "zw-0")


class TestClaimMade:
    def test_a_later_decision_says_what_to_do_with_it(self, application: UseCases) -> None:
        pregnancy, overrides = one(application, "igo"), application.payment.overrides
        made = overrides.claimed(FIRST, pregnancy, phase="nataal", reference="2024-17")
        assert application.decision(PAYMENT, pregnancy).consequences == ()
        with pytest.raises(OverrideError, match="al geregistreerd"):
            overrides.claimed(FIRST, pregnancy, phase="nataal")
        turned = overrides.propose(
            FIRST, pregnancy, phase="nataal", status="niet_igo", reason=WHY, expires_on=date(2024, 9, 1)
        )
        overrides.settle(SECOND, turned.id, "approved")
        said = application.decision(PAYMENT, pregnancy).consequences
        assert [(c.claim, c.action) for c in said] == [(made.id, "credit")]
        assert "gecrediteerd" in said[0].text
        assert overrides.of(FIRST, pregnancy).claims == (made,)

    def test_there_is_no_claim_of_what_is_not_igo(self, application: UseCases) -> None:
        with pytest.raises(OverrideError, match="geen integrale declaratie"):
            application.payment.overrides.claimed(FIRST, one(application, "niet_igo"), phase="nataal")


class TestRun:
    def test_the_same_rules_uphold_every_decision(self, application: UseCases) -> None:
        store = application._rooms.store
        before = store.latest_decisions()
        done = application.payment.runs.run(KEEPER)
        assert (done.upheld, done.changed, done.unreadable) == (len(before), 0, 0)
        assert store.latest_decisions() == before
        assert store.upheld(before[0].id) == [done.id]
        assert application.payment.runs.runs(PAYMENT)[0] == done

    def test_another_register_changes_decisions_and_says_why(self, application: UseCases) -> None:
        store, rooms = application._rooms.store, application._rooms
        before = {d.pregnancy: d for d in store.latest_decisions()}
        rooms = replace(rooms, igo=replace(rooms.igo, contracts=(), version="zonder-contract"))
        application.payment.runs._rooms = rooms
        done = application.payment.runs.run(KEEPER)
        assert done.changed > 0 and done.changed + done.upheld == len(before)
        after = {d.pregnancy: d for d in store.latest_decisions()}
        changed = [d for p, d in after.items() if d.id != before[p].id]
        assert len(changed) == done.changed
        assert all(d.replaces == before[d.pregnancy].id for d in changed)
        assert all("register" in d.because[0] for d in changed)
        assert {r.pregnancy: r.decision for r in store.standing_lines()} == {p: d.id for p, d in after.items()}
        assert application.payment.runs.run(KEEPER).changed == 0

    def test_what_is_decided_anew_while_a_run_goes_on_is_left_as_it_is(
        self, application: UseCases, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By a worker, on another connection, between what the run read and what it writes."""
        store, rooms = application._rooms.store, application._rooms
        before = {d.pregnancy: d for d in store.latest_decisions()}
        rooms = replace(rooms, igo=replace(rooms.igo, contracts=(), version="zonder-contract"))
        application.payment.runs._rooms, compute = rooms, redecide._compute
        worked: list[str] = []
        theirs = bootstrap.open_application(tmp_path / "region" / "adapter.toml", clock=clock)

        def meanwhile(*asked: Any) -> Any:
            computed = compute(*asked)
            row, _ = computed.otherwise[0]
            theirs._rooms.store.keep_standing([replace(row, decision="van de worker")])
            worked.append(row.pregnancy)
            return computed

        monkeypatch.setattr(redecide, "_compute", meanwhile)
        done = application.payment.runs.run(KEEPER)
        asyncio.run(theirs.aclose())
        standing = {r.pregnancy: r.decision for r in store.standing_lines()}
        latest = {d.pregnancy: d.id for d in store.latest_decisions()}
        assert worked
        for pregnancy in worked:
            assert standing[pregnancy] == "van de worker"
            assert latest[pregnancy] == before[pregnancy].id, "the run decided nothing over it"
        assert done.changed == sum(latest[p] != d.id for p, d in before.items())

    def test_after_a_change_of_rules_the_quick_way_finds_what_computing_everything_finds(
        self, application: UseCases
    ) -> None:
        """Of every row of the selection tables the other outcomes: once by what was asked, once all computed anew."""
        runs, store, own = application.payment.runs, application._rooms.store, application._rooms
        tables = [(t, r) for t in own.rules.tables["selectie"] for r in t.rows if len(t.outcomes) > 1]
        touched = set()
        for table, row in tables:
            value = "niet_igo" if row.outcome != "niet_igo" else "igo"
            runs._rooms = replace(own, rules=otherwise(own.rules, table, row, outcome=value))
            done = runs.run(KEEPER)
            standing = {d.pregnancy: d.id for d in store.latest_decisions()}
            last = store.standing_ranges(10_000)[-1][1]
            store.keep_asked([known._replace(asked=b"") for known in store.asked(0, last)])
            everything = runs.run(KEEPER)
            assert everything.changed == 0, f"a change of {row.id} was missed"
            assert {d.pregnancy: d.id for d in store.latest_decisions()} == standing
            touched.add(done.changed > 0)
        assert touched == {True, False}

    def test_what_was_asked_is_not_kept_over_a_decision_that_was_made_meanwhile(self, application: UseCases) -> None:
        store = application._rooms.store
        known = store.asked(0, store.standing_ranges(10_000)[-1][1])[0]
        store.keep_asked([known._replace(decision="een eerder besluit", asked=b"oud")])
        assert store.asked(known.position, known.position) == [known]
        store.keep_asked([known._replace(asked=b"nieuw")])
        assert store.asked(known.position, known.position) == [known._replace(asked=b"nieuw")]


class TestTrial:
    @pytest.fixture
    def draft(self, tmp_path: Path) -> Draft:
        """The register without contracts, as a file."""
        text = (tmp_path / "region" / "igo.toml").read_text("utf-8")
        (tmp_path / "draft.toml").write_text(text.split("[[contract]]")[0], "utf-8")
        return Draft(register=tmp_path / "draft.toml")

    def test_it_tells_who_changes_and_touches_nothing(self, application: UseCases, draft: Draft) -> None:
        before = snapshot(application)
        report = application.payment.trials.trial(PAYMENT, draft)
        assert snapshot(application) == before
        assert report.looked_at == len(before["standing"])
        igo = {i.pregnancy for i in application.payment.worklist.page(PAYMENT, Choice(status="igo"), 0, 500).items}
        assert igo <= {s.pregnancy for s in report.changed}
        assert sum(t.count for t in report.totals if (t.before, t.after) == ("igo", "niet_igo")) > 0
        assert not any(t.after == "igo" for t in report.totals)
        assert all(t.amount_after == 0 for t in report.totals)
        groen = max(report.members, key=lambda m: m.to_niet_igo)
        assert groen.to_niet_igo > 0 and groen.fallback_after > groen.fallback_before
        assert report.versions_before["rules"] == report.versions_after["rules"]

    def test_no_draft_changes_nothing(self, application: UseCases) -> None:
        assert application.payment.trials.trial(PAYMENT, Draft()).changed == ()

    def test_draft_rules_are_read_from_a_folder(self, application: UseCases, tmp_path: Path) -> None:
        folder = tmp_path / "rules"
        shutil.copytree(RULES, folder)
        table = folder / "selectie.yaml"
        table.write_text(table.read_text("utf-8") + "\n# same rules, another text\n", "utf-8")
        report = application.payment.trials.trial(PAYMENT, Draft(rules=folder))
        assert report.changed == () and report.versions_before != report.versions_after

    def test_a_faulty_draft_is_refused_with_its_faults(self, application: UseCases, tmp_path: Path) -> None:
        folder = tmp_path / "rules"
        shutil.copytree(RULES, folder)
        table = folder / "selectie.yaml"
        table.write_text(table.read_text("utf-8").replace("outcome: igo", "outcome: misschien", 1), "utf-8")
        with pytest.raises(ConfigurationError) as caught:
            application.payment.trials.trial(PAYMENT, Draft(rules=folder))
        assert "selectie.yaml" in str(caught.value.problems[0].what)
        with pytest.raises(ConfigurationError, match="no such folder"):
            application.payment.trials.trial(PAYMENT, Draft(rules=tmp_path / "none"))

    def test_a_population_can_be_chosen(self, application: UseCases, draft: Draft) -> None:
        pregnancy = one(application, "igo")
        report = application.payment.trials.trial(PAYMENT, draft, Population(pregnancies=frozenset({pregnancy})))
        assert (report.looked_at, [s.pregnancy for s in report.changed]) == (1, [pregnancy])

    def test_the_test_month_adds_up_and_sends_nothing(self, application: UseCases) -> None:
        before = snapshot(application)
        report = application.payment.month.report(PAYMENT, 2024, 6)
        assert report.phases == report.igo + report.niet_igo + report.onbepaald > 0
        assert all(line.ended_on.month == 6 for line in report.lines)
        assert sum(t.ready + t.blocked for t in report.totals) == sum(1 for line in report.lines if line.prestatie)
        assert snapshot(application) == before


class TestWorklist:
    def test_filters_counts_and_order(self, application: UseCases) -> None:
        worklist = application.payment.worklist
        page = worklist.page(PAYMENT, Choice(), 0, 500)
        assert page.total == page.all == len(page.items) == sum(page.counts["status"].values())
        for status, number in page.counts["status"].items():
            assert worklist.page(PAYMENT, Choice(status=status)).total == number
        for insurer, number in page.counts["insurer"].items():
            assert worklist.page(PAYMENT, Choice(insurer=insurer)).total == number
        days = [i.days for i in worklist.page(PAYMENT, Choice(sort="dagen", descending=True), 0, 500).items]
        assert days == sorted(days, key=lambda d: -1 if d is None else d, reverse=True)
        halves = [worklist.page(PAYMENT, Choice(), at, 7).items for at in (0, 7)]
        assert [*halves[0], *halves[1]] == list(page.items[:14])

    def test_the_export_is_an_event_of_its_own(self, application: UseCases) -> None:
        items = application.payment.worklist.everything(PAYMENT, Choice(status="igo"))
        assert {i.status for i in items} == {"igo"}
        assert b'"export"' in application._rooms.store.audit(limit=1)[0]
        with pytest.raises(DeniedError):
            application.payment.worklist.everything(CARE, Choice())


@pytest.fixture
async def client(application: UseCases) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(doors(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


class TestDoors:
    async def test_the_worklist_pages_filters_and_can_be_taken_along(self, client: httpx.AsyncClient) -> None:
        first = (await client.get("/api/v1/worklist?limit=3")).json()
        assert len(first["items"]) == 3 and first["total"] == first["all"] > 3
        after = (await client.get(first["next"])).json()
        assert {i["pregnancy"] for i in after["items"]}.isdisjoint(i["pregnancy"] for i in first["items"])
        igo = (await client.get("/api/v1/worklist?status=igo")).json()
        assert {i["status"] for i in igo["items"]} == {"igo"} and igo["total"] == first["counts"]["status"]["igo"]
        table = await client.get("/api/v1/worklist?format=csv")
        assert table.content.startswith(b"\xef\xbb\xbfzwangerschap;stand op;besluit")
        assert len(table.text.splitlines()) == first["all"] + 1
        sheet = await client.get("/api/v1/worklist?format=xlsx")
        with zipfile.ZipFile(io.BytesIO(sheet.content)) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")

    async def test_in_the_demonstration_nobody_can_approve_alone(
        self, client: httpx.AsyncClient, application: UseCases
    ) -> None:
        at = f"/api/v1/pregnancies/{one(application, 'niet_igo')}/overrides"
        given = {"phase": "nataal", "status": "igo", "reason": WHY, "expires_on": "2024-09-01"}
        made = await client.post(at, json=given)
        assert made.status_code == 201
        waiting = (await client.get("/api/v1/overrides")).json()["overrides"]
        assert [o["id"] for o in waiting] == [made.json()["id"]]
        refused = await client.post(f"/api/v1/overrides/{waiting[0]['id']}", json={"verdict": "approved"})
        assert (refused.status_code, "tweede persoon" in refused.json()["detail"]) == (403, True)
        assert (await client.post(at, json=given)).status_code == 409
        assert (await client.get(at)).json()["overrides"][0]["state"] == "proposed"
        assert (await client.get("/api/v1/pregnancies/zw-0/overrides")).status_code == 404

    async def test_a_claim_is_registered_once(self, client: httpx.AsyncClient, application: UseCases) -> None:
        at = f"/api/v1/pregnancies/{one(application, 'igo')}/claims"
        assert (await client.post(at, json={"phase": "nataal"})).status_code == 201
        assert (await client.post(at, json={"phase": "nataal"})).status_code == 409

    async def test_sources_are_asked_again_for_one_woman_by_bsn(
        self, client: httpx.AsyncClient, application: UseCases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[object, object]] = []

        async def pull(sources: object, bsns: object) -> list[SourceReport]:
            asked.append((sources, bsns))
            return []

        monkeypatch.setattr(application.payment.asking, "_pull", pull)
        answered = await client.post(f"/api/v1/pregnancies/{one(application, 'igo')}/ask-again")
        assert answered.json() == {"sources": []}
        (sources, bsns) = asked[0]
        assert sources is None and isinstance(bsns, list) and len(bsns) == 1
        assert (await client.post("/api/v1/pregnancies/zw-0/ask-again")).status_code == 404

    async def test_a_draft_as_text_is_tried_and_a_faulty_one_refused(self, client: httpx.AsyncClient) -> None:
        text = (RULES / "selectie.yaml").read_text("utf-8")
        same = (await client.post("/api/v1/what-if", json={"rules": {"selectie.yaml": text}})).json()
        assert same["changed"] == [] and same["looked_at"] > 0
        refused = await client.post("/api/v1/what-if", json={"rules": {"selectie.yaml": "tables: niets"}})
        assert refused.status_code == 400
        assert (await client.post("/api/v1/what-if", json={"rules": {"../x.yaml": ""}})).status_code == 400

    async def test_casemix_month_and_runs(self, client: httpx.AsyncClient) -> None:
        found = (await client.get("/api/v1/casemix?by=phase")).json()
        assert {c["name"] for c in found["cells"]} == {"prenataal", "nataal", "postnataal"}
        assert found["minimum_cell"] == 10 and found["definitions"]
        assert (await client.get("/api/v1/casemix?by=insurer&format=csv")).text.startswith("\ufeffgroep;")
        assert (await client.get("/api/v1/test-month?month=2024-06")).json()["month"] == "2024-06"
        assert (await client.get("/api/v1/test-month?month=2024-19")).status_code == 400
        assert (await client.get("/api/v1/decision-runs")).json() == {"runs": []}
