"""How each source answered, for itself and for each woman asked about: silence means nothing without it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, insert, text

from adapter.model.identifiers import Bsn
from adapter.model.sources import RecordKey, SourceState
from adapter.store.records import Part
from adapter.store.tables import answers, microseconds

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
        asked: list[tuple[str, dict[str, object]]] = [("whole", {})]
        if hidden is not None:
            asked.append(("bsn", {"hidden": hidden}))
        asked += [("woman", {"of_source": r.source, "of_woman": r.woman}) for r in sorted(set(records))]
        until = {} if known_at is None else {"until": microseconds(known_at)}
        rows: list[Any] = []
        with self._database.reading() as connection:
            for about, given in asked:
                rows += connection.execute(_latest(about, timed=known_at is not None), {**given, **until}).all()
        rows.sort(key=lambda row: (row.at, row.position))
        latest: dict[str, Any] = {}
        for row in rows:
            before = latest.get(row.source)
            if before is None or row.at > before.at or _about_her(row) or not _about_her(before):
                latest[row.source] = row
        return [_answer(latest[source], bsn, hidden) for source in sorted(latest)]

    def _hidden(self, bsn: Bsn) -> str:
        return self._vault.token(f"bsn {bsn.value}")


_ABOUT = {
    "whole": "a.woman IS NULL AND a.bsn IS NULL",
    "bsn": "a.bsn = :hidden",
    "woman": "a.source = :of_source AND a.woman = :of_woman",
}


@cache
def _latest(what: str, *, timed: bool) -> Executable:
    """The latest answer of each source about this. Every pull adds answers, so all of them are never gone through: the
    sources are stepped along the index, from each the last row is taken.
    """
    about = _ABOUT[what] + (" AND a.at <= :until" if timed else "")
    newest = "ORDER BY a.at DESC, a.position DESC LIMIT 1"
    if what == "woman":
        found = f"SELECT a.* FROM answers a WHERE {about} {newest}"  # noqa: S608 - our own text
    else:
        found = (
            f"WITH RECURSIVE sources (source) AS (SELECT min(a.source) FROM answers a WHERE {_ABOUT[what]}"  # noqa: S608
            f" UNION ALL SELECT (SELECT min(a.source) FROM answers a WHERE {_ABOUT[what]} AND a.source > s.source)"
            " FROM sources s WHERE s.source IS NOT NULL) SELECT answers.* FROM sources JOIN answers ON answers.position"
            f" = (SELECT a.position FROM answers a WHERE {about} AND a.source = sources.source {newest})"
        )
    return text(found).columns(*_A)


def _about_her(row: Any) -> bool:
    return row.woman is not None or row.bsn is not None


def _answer(row: Any, bsn: Bsn | None, hidden: str | None) -> Answer:
    known = bsn if row.bsn is not None and row.bsn == hidden else None
    return Answer(row.source, row.woman, known, SourceState(row.state), row.at, row.problem)
