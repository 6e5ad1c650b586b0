"""From a file of signals to a new decision, through the application and its store."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapter import bootstrap
from adapter.access import DEMONSTRATION, Context, DeniedError, Purpose
from adapter.model.decision import Decision
from adapter.service.signals import TakenIn
from adapter.simulation.region import Region, picked
from support.dossiers import CARE, PAYMENT

NOW = datetime(2024, 7, 29, 12, tzinfo=UTC)
SITUATION = "experiment-2021-alles-binnen"


def test_what_an_insurer_tells_leads_to_a_new_decision(tmp_path: Path) -> None:
    case = next(c for c in picked() if c.situation == SITUATION)
    Region(lambda: iter([case])).write(tmp_path)
    bsn = case.woman.bsn.value
    row = {"reported_by": "verzekeraar", "reporter": "1000", "reported_on": "2022-02-01", "bsn": bsn}
    row |= {"agb": "08999951", "kind": "consult", "day": "2021-05-10", "return_code": "0587"}
    strange = {**row, "bsn": "999990019"}

    async def live() -> tuple[Decision, TakenIn, TakenIn, list[Decision], Decision]:
        now = NOW
        application = bootstrap.open_application(tmp_path / "adapter.toml", clock=lambda: now)
        try:
            await application.pull()
            (item,) = application.pregnancies(CARE, as_of=None, known_at=None, offset=0, limit=10).items
            before = application.decision(PAYMENT, item.pregnancy)
            with pytest.raises(DeniedError):
                await application.signals.take_in(Context(DEMONSTRATION, Purpose.TREAT), "f", "[]", json_file=True)
            now += timedelta(days=1)
            first = await application.signals.take_in(PAYMENT, "f.json", json.dumps([row, strange]), json_file=True)
            again = await application.signals.take_in(PAYMENT, "f.json", json.dumps([row]), json_file=True)
            made = application.decisions(PAYMENT, item.pregnancy)
            then = application.decision(PAYMENT, item.pregnancy, known_at=NOW)
            now += timedelta(days=1)
            back = {**row, "withdraws": first.added[0].id}
            await application.signals.take_in(PAYMENT, "f.json", json.dumps([back]), json_file=True)
            assert application.decision(PAYMENT, item.pregnancy).phases[0].status == "igo"
            return before, first, again, made, then
        finally:
            await application.aclose()

    before, first, again, made, then = asyncio.run(live())
    assert [p.status for p in before.phases] == ["igo", "igo", "igo"]
    assert len(first.added) == 1 and again.added == () and again.known == 1
    (problem,) = first.problems
    assert problem.where == "f.json:2" and "no source of ours knows this woman" in problem.what
    assert bsn not in str(first) and "999990019" not in str(first)
    assert [p.status for p in made[0].phases] == ["niet_igo", "igo", "igo"]
    assert made[0].replaces == made[1].id
    assert made[0].outside_care[0].evidence[0].source == "signaal"
    assert [p.status for p in then.phases] == ["igo", "igo", "igo"]
