"""Asking for the latest answers never goes through all that were ever given."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey
from adapter.store import KeyRing, Store

AT = datetime(2024, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("known_at", [None, AT])
def test_the_index_leads_to_each_answer(tmp_path: Path, known_at: datetime | None) -> None:
    plans: list[str] = []

    def look(
        connection: Connection, cursor: object, statement: str, parameters: tuple[object, ...], *_: object
    ) -> None:
        if "FROM answers" in statement and not statement.startswith("EXPLAIN"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in raw.fetchall())
            raw.close()

    with Store.open(f"sqlite:///{tmp_path}/store.db", KeyRing(b"a" * 32)) as store:
        event.listen(Engine, "before_cursor_execute", look)
        try:
            store.answers_for([RecordKey("vp", "Patient/1")], Bsn("999900006"), known_at)
        finally:
            event.remove(Engine, "before_cursor_execute", look)
    of_answers = [plan for plan in plans if plan.startswith(("SCAN a", "SEARCH a"))]
    assert of_answers
    assert all(plan.startswith("SEARCH") for plan in of_answers), of_answers
    assert not any("TEMP B-TREE" in plan for plan in plans), plans
