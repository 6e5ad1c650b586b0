"""The work that follows from changed data: link the record, rebuild the woman, decide, keep what is new.

Every piece is safe to repeat: it reads what is in the store, and keeps only what differs from what stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.access import SYSTEM, Action, Context, Entity, EventType, Purpose
from adapter.model.carepath import Child
from adapter.model.moments import day_of
from adapter.model.sources import RecordKey
from adapter.service.decide import Decided, decide, keep_all
from adapter.service.links.children import Held
from adapter.service.links.pregnancies import Linked, Pregnancies
from adapter.service.links.women import RECORD_JOB, Women
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.service.views import Views
from adapter.store import Intent, LinkRow, record_of_intent

WOMAN_JOB = "woman"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of one woman: links that are new, and for each pregnancy the decision with what it was made from."""

    woman: str
    records: tuple[RecordKey, ...]
    links: tuple[LinkRow, ...]
    before: tuple[LinkRow, ...]  # the links of her dossiers, by which these were made
    decided: tuple[Decided, ...]
    at: datetime


class Work:
    """Does pieces of work, several together where that saves asking the store the same thing again."""

    def __init__(self, rooms: Rooms, records: Records, women: Women, pregnancies: Pregnancies, views: Views) -> None:
        self._rooms = rooms
        self._records = records
        self._women = women
        self._pregnancies = pregnancies
        self._views = views

    def finish(self, intents: Sequence[Intent]) -> None:
        """Do what was asked for, and take it out of the outbox: all of it, or nothing.

        What only reads comes first, so that others can write meanwhile; whatever they change brings work of its own.
        Raises `ValueError` for a kind of work that is not ours.
        """
        if strange := sorted({i.kind for i in intents} - {RECORD_JOB, WOMAN_JOB}):
            raise ValueError(f"unknown kind of work: {strange[0]!r}")
        changed = [record_of_intent(i.key) for i in intents if i.kind == RECORD_JOB]
        with self._records.together():
            with self._rooms.store.looking():
                self._records.facts_of(changed)
                rebuilt = self._rebuild([i.key for i in intents if i.kind == WOMAN_JOB])
            with self._rooms.store.unit():
                self._link(changed)
                overtaken = self._keep(rebuilt)
                self._rooms.store.done(intents)
                self._ask(overtaken)

    def through(self, intents: Sequence[Intent]) -> None:
        """Link records that changed, and rebuild the women at once, with what was read to link them.

        Safe to be broken off: the records are linked with the work for their women in the outbox, or not at all.
        """
        store = self._rooms.store
        changed = [record_of_intent(i.key) for i in intents]
        with self._records.together(keep=False):
            with store.looking():
                self._records.facts_of(changed)
            with store.unit():
                touched = self._link(changed)
                store.done(intents)
            with store.looking():
                waiting = store.waiting([(WOMAN_JOB, woman) for woman in touched])
                rebuilt = self._rebuild(touched)
            with store.unit():
                overtaken = self._keep(rebuilt)
                store.done(waiting)
                self._ask(overtaken)

    def _link(self, records: Sequence[RecordKey]) -> list[str]:
        """Link records that changed, and ask for their women to be rebuilt. Gives those women."""
        touched = sorted(self._women.link_all(records))
        self._ask(touched)
        return touched

    def _ask(self, women: Sequence[str]) -> None:
        """Ask for these women to be rebuilt."""
        if women:
            self._rooms.store.enqueue_all([(WOMAN_JOB, w) for w in women], self._rooms.clock())

    def _rebuild(self, women: Sequence[str]) -> list[Rebuilt]:
        """Group the dossiers of each, compute each view as of today, and decide. Keeps nothing."""
        now = self._rooms.clock()
        linked = self._pregnancies.links_of(women)
        read = self._records.facts_of([record for links in linked.values() for record in links.records])
        born = self._views.children.held(read.values(), others=True)
        return [self._rebuilt(woman, linked[woman], born, now) for woman in women]

    def _rebuilt(self, woman: str, links: Linked, born: Held, now: datetime) -> Rebuilt:
        records = links.records
        facts = self._pregnancies.facts_of(records)
        found, new = self._pregnancies.regroup(records, facts, links.dossiers)
        decided: list[Decided] = []
        children: list[Child] = []
        for pregnancy, rows in found.items():
            given = self._views.assemble(pregnancy, woman, records, facts, rows, None, links.rows, born)
            view = self._views.compute(given, day_of(now), now)
            children += view.path.children
            decided.append(decide(self._rooms, view.projection, now))
        new += self._views.children.settled(children, records, born)
        return Rebuilt(woman, records, tuple(new), links.dossiers, tuple(decided), now)

    def _keep(self, found: Sequence[Rebuilt]) -> list[str]:
        """Keep what is new. Gives the women whose dossiers somebody else grouped meanwhile: of them nothing is kept."""
        log, context, store = self._rooms.audit, Context(SYSTEM, Purpose.HOPERAT), self._rooms.store
        events = []
        regrouped = [one for one in found if one.links]
        with store.alone({f"woman {one.woman}" for one in regrouped}):
            overtaken = [one.woman for one in regrouped if self._pregnancies.regrouped(one.records, one.before)]
            rebuilt = [one for one in found if one.woman not in overtaken]
            store.add_links([row for one in rebuilt for row in one.links])
        kept = iter(keep_all(self._rooms, [(decided, one.records) for one in rebuilt for decided in one.decided]))
        for one in rebuilt:
            if one.decided:
                entities = [Entity("decision", next(kept).id) for _ in one.decided]
                events.append(
                    log.event(context, EventType.DECIDE, Action.EXECUTE, one.at, patient=one.woman, entities=entities)
                )
        log.record(*events)
        return overtaken
