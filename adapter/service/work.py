"""The work that follows from changed data: link the record, rebuild the woman, decide, keep what is new.

Every piece is safe to repeat: it reads what is in the store, and keeps only what differs from what stands.
"""

from __future__ import annotations

from datetime import datetime

from adapter.access import SYSTEM, Action, Context, Entity, EventType, Purpose
from adapter.model.decision import Decision
from adapter.model.moments import day_of
from adapter.service.decide import decide, keep
from adapter.service.pregnancies import Pregnancies
from adapter.service.rooms import Rooms
from adapter.service.views import Views
from adapter.service.women import RECORD_JOB, Women
from adapter.store import record_of_intent

WOMAN_JOB = "woman"


class Work:
    """Does one piece of work at a time."""

    def __init__(self, rooms: Rooms, women: Women, pregnancies: Pregnancies, views: Views) -> None:
        self._rooms = rooms
        self._women = women
        self._pregnancies = pregnancies
        self._views = views

    def do(self, kind: str, key: str) -> None:
        """Do the work of one intent. Raises `ValueError` for a kind that is not ours."""
        if kind == RECORD_JOB:
            self.link(key)
        elif kind == WOMAN_JOB:
            self.rebuild(key)
        else:
            raise ValueError(f"unknown kind of work: {kind!r}")

    def link(self, key: str) -> None:
        """Link a record that changed, and ask for its woman to be rebuilt."""
        touched = self._women.link(record_of_intent(key))
        self._rooms.store.enqueue_all([(WOMAN_JOB, w) for w in sorted(touched)], self._rooms.clock())

    def rebuild(self, woman: str) -> list[Decision]:
        """Group her dossiers, compute each view as of today, decide, and keep what is new."""
        now = self._rooms.clock()
        records = self._pregnancies.records_of(woman)
        facts = self._pregnancies.facts_of(records)
        made: list[Decision] = []
        for pregnancy, rows in self._pregnancies.relink(records, facts).items():
            given = self._views.assemble(pregnancy, woman, records, facts, rows, None)
            view = self._views.compute(given, day_of(now), now)
            made.append(keep(self._rooms, decide(self._rooms, view.projection, now)))
        self._audit(woman, made, now)
        return made

    def _audit(self, woman: str, made: list[Decision], now: datetime) -> None:
        if not made:
            return
        log = self._rooms.audit
        context = Context(SYSTEM, Purpose.HOPERAT)
        entities = [Entity("decision", d.id) for d in made]
        log.record(log.event(context, EventType.DECIDE, Action.EXECUTE, now, patient=woman, entities=entities))
