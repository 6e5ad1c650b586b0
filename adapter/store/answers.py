"""How each source answered, for itself and for each woman asked about: silence means nothing without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, insert, select

from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey, SourceState
from adapter.store.records import Part
from adapter.store.tables import Instant, answers
from adapter.store.text import chunks

_A = answers.c


@dataclass(frozen=True, slots=True)
class Answer:
    """How asking a source went: for one woman (by record, by BSN, or both), or, with neither, for the source."""

    source: str
    woman: str | None
    bsn: Bsn | None
    state: SourceState
    at: datetime
    problem: str | None = None


class Answers(Part):
    """Add and read answers."""

    def add_answers(self, rows: Sequence[Answer]) -> None:
        """Add answers, in one transaction."""
        values = [
            {
                "source": row.source,
                "woman": row.woman,
                "bsn": None if row.bsn is None else self._hidden(row.bsn),
                "state": row.state.value,
                "at": row.at,
                "problem": row.problem,
            }
            for row in rows
        ]
        if values:
            with self._database.writing() as connection:
                connection.execute(insert(answers), values)

    def answers_for(
        self, records: Collection[RecordKey], bsn: Bsn | None = None, known_at: datetime | None = None
    ) -> list[Answer]:
        """The latest answer of every source about a woman, known by her records and her BSN, in order of source.

        An answer for the source as a whole counts where it is later than any about her: a source that fails as a whole
        fails for her. At the same instant the answer about her counts.
        """
        hidden = None if bsn is None else self._hidden(bsn)
        by_source: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            by_source[record.source].add(record.woman)
        until = {} if known_at is None else {"until": known_at}
        asked: list[tuple[str, dict[str, object]]] = [("whole", {})]
        if hidden is not None:
            asked.append(("bsn", {"hidden": hidden}))
        for source in sorted(by_source):
            for some in chunks(sorted(by_source[source])):
                asked.append(("women", {"of_source": source, "women": some}))
        rows: list[Any] = []
        with self._database.reading() as connection:
            for about, given in asked:
                rows += connection.execute(_about(about, timed=known_at is not None), {**given, **until}).all()
        rows.sort(key=lambda row: (row.at, row.position))
        latest: dict[str, Any] = {}
        for row in rows:
            before = latest.get(row.source)
            if before is None or row.at > before.at or _about_her(row) or not _about_her(before):
                latest[row.source] = row
        return [_answer(latest[source], bsn, hidden) for source in sorted(latest)]

    def _hidden(self, bsn: Bsn) -> str:
        return self._vault.token(f"bsn {bsn.value}")


@cache
def _about(what: str, *, timed: bool) -> Select[Any]:
    """Built once: making a statement costs more than running it."""
    conditions = {
        "whole": and_(_A.woman.is_(None), _A.bsn.is_(None)),
        "bsn": _A.bsn == bindparam("hidden"),
        "women": and_(_A.source == bindparam("of_source"), _A.woman.in_(bindparam("women", expanding=True))),
    }
    query = select(answers).where(conditions[what])
    return query.where(_A.at <= bindparam("until", type_=Instant)) if timed else query


def _about_her(row: Any) -> bool:
    return row.woman is not None or row.bsn is not None


def _answer(row: Any, bsn: Bsn | None, hidden: str | None) -> Answer:
    known = bsn if row.bsn is not None and row.bsn == hidden else None
    return Answer(row.source, row.woman, known, SourceState(row.state), row.at, row.problem)
