"""The work that follows from changed data: link the record, rebuild the woman, decide, keep what is new.

Every piece is safe to repeat: it reads what is in the store, and keeps only what differs from what stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from adapter.access import SYSTEM, Action, Context, Entity, EventType, Purpose
from adapter.model.decision import Decision
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.decide import decide, keep
from adapter.service.pregnancies import Pregnancies
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.service.views import Views
from adapter.service.women import RECORD_JOB, Women
from adapter.store import record_of_intent

WOMAN_JOB = "woman"


class Work:
    """Does pieces of work, several together where that saves asking the store the same thing again."""

    def __init__(self, rooms: Rooms, records: Records, women: Women, pregnancies: Pregnancies, views: Views) -> None:
        self._rooms = rooms
        self._records = records
        self._women = women
        self._pregnancies = pregnancies
        self._views = views

    def do(self, work: Collection[tuple[str, str]]) -> None:
        """Do these pieces of work (kind, key). Raises `ValueError` for a kind that is not ours."""
        if strange := sorted({kind for kind, _ in work} - {RECORD_JOB, WOMAN_JOB}):
            raise ValueError(f"unknown kind of work: {strange[0]!r}")
        with self._records.together():
            self.link([record_of_intent(key) for kind, key in work if kind == RECORD_JOB])
            for key in (key for kind, key in work if kind == WOMAN_JOB):
                self.rebuild(key)

    def link(self, records: Sequence[RecordKey]) -> None:
        """Link records that changed, and ask for their women to be rebuilt."""
        self._records.facts_of(records)
        touched = {woman for record in records for woman in self._women.link(record)}
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
            decided = decide(self._rooms, view.projection, now)
            made.append(keep(self._rooms, decided, view.projection, records, restate=True))
        self._audit(woman, made, now)
        return made

    def _audit(self, woman: str, made: list[Decision], now: datetime) -> None:
        if not made:
            return
        log = self._rooms.audit
        context = Context(SYSTEM, Purpose.HOPERAT)
        entities = [Entity("decision", d.id) for d in made]
        log.record(log.event(context, EventType.DECIDE, Action.EXECUTE, now, patient=woman, entities=entities))
