"""Decisions: append-only; a later one replaces, and never changes, an earlier one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, insert, not_, or_, select

from adapter.model.decision import Decision
from adapter.model.wire import from_json, to_json
from adapter.store.errors import ConflictError
from adapter.store.records import Part
from adapter.store.tables import Instant, decisions
from adapter.store.text import chunks

_D = decisions.c


# Statements are built once: that costs more than running them.
_ADD = insert(decisions)
_LAST = select(func.max(_D.position))
_THOSE = select(_D.id, _D.body).where(_D.id.in_(bindparam("ids", expanding=True)))


class Decisions(Part):
    """Add and read decisions. They are sealed with the key of the store: they outlive the records they rest on."""

    def add_decision(self, decision: Decision) -> None:
        """Keep a decision. The same one twice is kept once. Raises `ConflictError`: another with its id exists."""
        self.add_decisions([decision])

    def add_decisions(self, made: Sequence[Decision]) -> None:
        """Keep decisions, all or none, as `add_decision` does one."""
        if not made:
            return
        own, bodies = self._vault.own, {decision.id: to_json(decision) for decision in made}
        with self._database.writing() as connection:
            for id in sorted(bodies):
                self._database.lock(connection, f"decision {id}")
            for some in chunks(sorted(bodies)):
                for there in connection.execute(_THOSE, {"ids": some}):
                    if own.open(there.body, _bound(there.id)) != bodies.pop(there.id):
                        raise ConflictError(f"decision {there.id} exists already, and a decision is never changed")
            rows = [
                {
                    "id": decision.id,
                    "pregnancy": decision.pregnancy,
                    "known_at": decision.known_at,
                    "decided_at": decision.decided_at,
                    "body": own.seal(bodies.pop(decision.id), _bound(decision.id)),
                }
                for decision in made
                if decision.id in bodies
            ]
            if rows:
                connection.execute(_ADD, rows)

    def latest_decision(self, pregnancy: str, known_at: datetime | None = None) -> Decision | None:
        """The decision that stood at `known_at` (the latest, without it): the last made up to then."""
        return next(iter(self.latest_decisions([pregnancy], known_at)), None)

    def latest_decisions(
        self, pregnancies: Collection[str] | None = None, known_at: datetime | None = None
    ) -> list[Decision]:
        """The decision that stands for each of these pregnancies (for every pregnancy, without them)."""
        query = _standing(timed=known_at is not None, of_some=pregnancies is not None)
        until = {} if known_at is None else {"until": known_at}
        if pregnancies is None:
            return self._decided(query, until)
        return [
            decision
            for some in chunks(sorted(set(pregnancies)))
            for decision in self._decided(query, {**until, "pregnancies": some})
        ]

    def decisions(self, pregnancy: str) -> list[Decision]:
        """Every decision about a pregnancy, newest first."""
        query = select(_D.id, _D.body).where(_D.pregnancy == pregnancy)
        return self._decided(query.order_by(_D.decided_at.desc(), _D.position.desc()))

    def last_decided(self) -> int:
        """The position of the newest decision; 0 where there is none."""
        with self._database.reading() as connection:
            return connection.execute(_LAST).scalar() or 0

    def _decided(self, query: Select[Any], asked: Mapping[str, object] | None = None) -> list[Decision]:
        with self._database.reading() as connection:
            rows = connection.execute(query, asked or {}).all()
        return [from_json(Decision, self._vault.own.open(row.body, _bound(row.id))) for row in rows]


@cache
def _standing(*, timed: bool, of_some: bool) -> Select[Any]:
    later = decisions.alias("later")
    after = or_(
        later.c.decided_at > _D.decided_at,
        and_(later.c.decided_at == _D.decided_at, later.c.position > _D.position),
    )
    newer = [later.c.pregnancy == _D.pregnancy, after]
    conditions: list[ColumnElement[bool]] = []
    if timed:
        until = bindparam("until", type_=Instant)
        newer.append(later.c.decided_at <= until)
        conditions.append(_D.decided_at <= until)
    conditions.append(not_(exists().where(*newer)))
    if of_some:
        conditions.append(_D.pregnancy.in_(bindparam("pregnancies", expanding=True)))
    return select(_D.id, _D.body).where(*conditions).order_by(_D.pregnancy)


def _bound(identifier: str) -> bytes:
    return f"decisions\n{identifier}".encode()
