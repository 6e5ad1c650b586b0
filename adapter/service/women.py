"""Link one record to a woman: find the records it could be the same woman as, weigh each, and keep the decision.

A link is kept as a new row whenever it changes; nothing is merged, so a later correction (a BSN that was wrong, a
manual decision) simply gives another row. A manual link is never changed by what comes in.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from adapter.linking import (
    DECISIVE,
    DUE_DATE_TOLERANCE,
    Comparison,
    Outcome,
    compare,
    dates_of,
    foreign_references,
    tokens,
)
from adapter.model.carepath import LinkNote
from adapter.model.facts import SourceFacts
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json, to_json
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.store import LinkRow, record_intent

WOMAN = "woman"
RECORD_JOB = "record"
PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class LinkNotes:
    """The explanation that is kept with a link."""

    notes: tuple[LinkNote, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    record: RecordKey
    woman: str
    comparison: Comparison


class Women:
    """Which records are the same woman."""

    def __init__(self, rooms: Rooms, records: Records) -> None:
        self._rooms = rooms
        self._records = records

    def link(self, record: RecordKey) -> set[str]:
        """Link a record that changed. Returns the women whose views this touches."""
        mine = self._records.facts(record)
        if mine is None:
            return set()
        store = self._rooms.store
        references = foreign_references(mine)
        names = tokens(mine.woman, references)
        store.index(record, names)
        others = {r for found in store.find(names).values() for r in found if r != record}
        rows = {(w.source, w.reference): w for w in store.links(WOMAN, records=[record, *sorted(others)])}
        current = rows.get((record.source, record.woman))
        if current and current.how == "manual" and current.target:
            return {current.target}
        candidates = [c for other in sorted(others) if (c := self._candidate(mine, references, other, rows))]
        target, notes = self._choose(record, candidates, current)
        before, proposed = _proposals(_notes_in(current)), _proposals(notes)
        if current is None or current.target != target or before.keys() != proposed.keys():
            standing = current is not None and current.target == target
            told = [n for n in _notes_in(current) if n.outcome != PROPOSED] if standing else []
            self._keep(record, target, (*told, *proposed.values()) if standing else notes)
            self._tell_the_others(record, before, proposed)
        self._bring_together(target, candidates)
        touched = {target, *(c.woman for c in candidates if c.comparison.outcome is not Outcome.APART)}
        return touched | ({current.target} if current and current.target else set())

    def _tell_the_others(
        self, record: RecordKey, before: dict[RecordKey, LinkNote], proposed: dict[RecordKey, LinkNote]
    ) -> None:
        """A proposal stands with both records: theirs gets it, or loses it, by a new row that changes nothing else."""
        others = sorted(before.keys() | proposed.keys())
        rows = self._rooms.store.links(WOMAN, records=others) if others else []
        now = self._rooms.clock()
        new: list[LinkRow] = []
        for row in rows:
            if row.target is None or row.how == "manual":
                continue
            note = proposed.get(RecordKey(row.source, row.reference))
            theirs = _notes_in(row)
            if (record in _proposals(theirs)) == (note is not None):
                continue
            kept = tuple(n for n in theirs if RecordKey(n.source, n.reference) != record)
            added = () if note is None else (replace(note, source=record.source, reference=record.woman),)
            new.append(replace(row, explanation=to_json(LinkNotes((*kept, *added))), made_at=now))
        if new:
            self._rooms.store.add_links(new)

    def _bring_together(self, target: str, candidates: list[_Candidate]) -> None:
        """Records that are of this woman by BSN but stand under another id: link them again, they will find us."""
        others = [c.record for c in candidates if c.woman != target and c.comparison.score >= DECISIVE]
        work = [(RECORD_JOB, record_intent(r)) for r in others]
        if work:
            self._rooms.store.enqueue_all(work, self._rooms.clock())

    def _candidate(
        self, mine: SourceFacts, references: frozenset[str], other: RecordKey, rows: dict[tuple[str, str], LinkRow]
    ) -> _Candidate | None:
        row = rows.get((other.source, other.woman))
        theirs = self._records.facts(other)
        if row is None or row.target is None or theirs is None:
            return None
        shared = bool(references & foreign_references(theirs))
        comparison = compare(
            mine.woman, theirs.woman, shared_references=shared, agreeing_dates=_dates_agree(mine, theirs)
        )
        return _Candidate(other, row.target, comparison)

    def _choose(
        self, record: RecordKey, candidates: Iterable[_Candidate], current: LinkRow | None
    ) -> tuple[str, tuple[LinkNote, ...]]:
        """The woman, and why. Evidence that points to several women is for a person to decide, unless a BSN says."""
        found = list(candidates)
        linked = [c for c in found if c.comparison.outcome is Outcome.LINKED]
        women = {c.woman for c in linked}
        certain = [c for c in linked if c.comparison.score >= DECISIVE]
        chosen = certain or (linked if len(women) == 1 else [])
        notes = tuple(_note(c, chosen) for c in found if c.comparison.outcome is not Outcome.APART)
        if chosen:
            return min(c.woman for c in chosen), notes
        alone = current is not None and current.target is not None and not self._shared(current.target, record)
        if alone and current is not None and current.target is not None:
            return current.target, notes
        return str(uuid.uuid4()), notes

    def _shared(self, woman: str, record: RecordKey) -> bool:
        rows = self._rooms.store.links(WOMAN, targets=[woman])
        return any((r.source, r.reference) != (record.source, record.woman) for r in rows)

    def _keep(self, record: RecordKey, target: str, notes: tuple[LinkNote, ...]) -> None:
        row = LinkRow(
            kind=WOMAN,
            source=record.source,
            reference=record.woman,
            target=target,
            how="automatic",
            explanation=to_json(LinkNotes(notes)),
            made_at=self._rooms.clock(),
        )
        self._rooms.store.add_links([row])


def _notes_in(row: LinkRow | None) -> tuple[LinkNote, ...]:
    return () if row is None or row.explanation in (b"", b"null") else from_json(LinkNotes, row.explanation).notes


def _proposals(notes: Iterable[LinkNote]) -> dict[RecordKey, LinkNote]:
    """The notes that propose another record, by that record."""
    return {RecordKey(n.source, n.reference): n for n in notes if n.outcome == PROPOSED}


def _dates_agree(a: SourceFacts, b: SourceFacts) -> bool:
    ours = [d.due for d in dates_of(a) if d.due]
    theirs = [d.due for d in dates_of(b) if d.due]
    return any(abs(x - y) <= DUE_DATE_TOLERANCE for x in ours for y in theirs)


def _note(candidate: _Candidate, chosen: list[_Candidate]) -> LinkNote:
    outcome = "linked" if candidate in chosen else PROPOSED
    return LinkNote(
        source=candidate.record.source,
        reference=candidate.record.woman,
        outcome=outcome,
        how="automatic",
        text=candidate.comparison.text,
        evidence=candidate.comparison.evidence,
    )
