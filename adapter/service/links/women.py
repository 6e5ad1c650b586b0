"""Link one record to a woman: find the records it could be the same woman as, weigh each, and keep the decision.

A link is kept as a new row whenever it changes; nothing is merged, so a later correction (a BSN that was wrong, a
manual decision) simply gives another row. A manual link is never changed by what comes in.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapter.linking import (
    CROWDED,
    Group,
    Outcome,
    Profile,
    Weighed,
    pack,
    profile_of,
    settle,
    tokens_of,
    unpack,
    words_of,
)
from adapter.model.carepath import LinkNote
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json, to_json
from adapter.service.links.by_hand import Pairs, pairs_of, ruled_records
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.store import LinkRow, record_intent
from adapter.store.identities import Indexed, Neighbour

WOMAN = "woman"
RECORD_JOB = "record"
PROPOSED = "proposed"

_FURTHER = 8  # records without BSN that are looked around from for one link


@dataclass(frozen=True, slots=True)
class LinkNotes:
    """The explanation that is kept with a link."""

    notes: tuple[LinkNote, ...]


@dataclass(slots=True)
class _Around:
    """What stands around a record: `direct` shares a token with it; `targets` and `hows` say where each is linked."""

    weighed: Weighed
    targets: dict[RecordKey, str]
    hows: dict[RecordKey, str]
    crowded: dict[str, int]
    direct: tuple[RecordKey, ...] = ()
    pairs: Pairs = field(default_factory=Pairs)  # what persons decided


@dataclass(slots=True)
class _Batch:
    """What is known of the records that are linked together, kept up to date while they are linked one by one."""

    profiles: dict[RecordKey, Profile]  # read so far, of those around them as well
    near: Mapping[RecordKey, tuple[RecordKey, ...]]  # who shares a token
    details: dict[RecordKey, Neighbour]
    crowded: Mapping[RecordKey, dict[str, int]]
    judged: bool  # whether a person decided anything of these
    new: list[LinkRow] = field(default_factory=list)  # made, not yet written
    again: set[RecordKey] = field(default_factory=set)


class Women:
    """Which records are the same woman."""

    def __init__(self, rooms: Rooms, records: Records) -> None:
        self._rooms = rooms
        self._records = records

    def link(self, record: RecordKey) -> set[str]:
        """Link a record that changed. Returns the women whose views this touches."""
        return self.link_all([record])

    def link_all(self, records: Iterable[RecordKey]) -> set[str]:
        """The same for several, asking the store for all of them at once: as if one after the other."""
        read = ((record, self._records.facts(record)) for record in records)
        return self.link_by({record: profile_of(facts) for record, facts in read if facts is not None})

    def link_by(self, profiles: Mapping[RecordKey, Profile]) -> set[str]:
        """Link records by what they are weighed by. Returns the women whose views this touches.

        No two that could find each other are linked at once: each would make a woman of its own.
        """
        if not profiles:
            return set()
        indexed = {record: Indexed(tokens_of(p), pack(p)) for record, p in profiles.items()}
        with self._rooms.store.alone({token for found in indexed.values() for token in found.tokens}):
            batch = self._batch(profiles, indexed)
            touched = {woman for record in profiles for woman in self._link(record, batch)}
            self._write(batch)
        if batch.again:
            work = [(RECORD_JOB, record_intent(r)) for r in sorted(batch.again)]
            self._rooms.store.enqueue_all(work, self._rooms.clock())
        return touched

    def _batch(self, profiles: Mapping[RecordKey, Profile], indexed: Mapping[RecordKey, Indexed]) -> _Batch:
        """Index them, and read all that stands around them."""
        store = self._rooms.store
        near, details, crowded = store.arrive(indexed, CROWDED, self._rooms.clock())
        if standing := {target for record in profiles if (target := details[record].target)}:
            details = {n.record: n for n in store.linked_to(*standing)} | details
        judged = bool(pairs_of(store, WOMAN, list(details)))
        return _Batch(dict(profiles), near, details, crowded, judged)

    def _write(self, batch: _Batch) -> None:
        """Write the links that were made so far."""
        if batch.new:
            self._rooms.store.add_links(batch.new)
            batch.new = []

    def _link(self, record: RecordKey, batch: _Batch) -> set[str]:
        batch.again.discard(record)
        around = self._around(record, batch)
        current = batch.details[record]
        if current.how == "manual" and current.target:
            return {current.target}
        if current.target:
            self._know(around, batch, (n for n in batch.details.values() if n.target == current.target))
        if batch.judged:
            self._write(batch)
            self._know_decided(record, around, batch)
        groups = ruled_records(settle(around.weighed), around.pairs, around.weighed)
        group = next(g for g in groups if record in g)
        target = _target(record, group, around, current)
        notes = _notes(record, group, around)
        before, proposed = _proposals(_notes_in(current)), _proposals(notes)
        changed = current.target != target or before.keys() != proposed.keys()
        if changed:
            self._keep(record, target, notes, batch)
            self._tell_the_others(record, before, proposed, batch)
        batch.again |= _to_link_again(record, target, groups, around, changed)
        direct = {
            around.targets.get(r) for r in around.direct if around.weighed(record, r).outcome is not Outcome.APART
        }
        return {woman for woman in (*direct, target, current.target) if woman}

    def _around(self, record: RecordKey, batch: _Batch) -> _Around:
        """The records that could be of the same woman. Those without BSN that fit are looked around from in turn: what
        else they fit decides whether they can be taken along.
        """
        around = _Around(Weighed({record: batch.profiles[record]}), {}, {}, batch.crowded[record])
        self._know(around, batch, (batch.details[r] for r in batch.near[record]))
        around.direct = tuple(r for r in around.weighed.records if r != record)
        waiting = [(record, r) for r in around.direct]
        looked = {record}
        for origin, other in waiting:
            fits = not around.weighed.bsn(other) and around.weighed.linked(origin, other)
            if fits and other not in looked and len(looked) <= _FURTHER:
                looked.add(other)
                names = tokens_of(around.weighed.records[other])
                more = self._rooms.store.neighbours(names, CROWDED).found
                self._know(around, batch, (batch.details.setdefault(n.record, n) for n in more))
                waiting += [(other, n.record) for n in more if n.record in around.weighed.records]
        return around

    def _know_decided(self, record: RecordKey, around: _Around, batch: _Batch) -> None:
        """What persons decided of these records, and whoever stands with those that it names."""
        store = self._rooms.store
        around.pairs = pairs_of(store, WOMAN, list(around.weighed.records))
        if not around.pairs:
            return
        named = [RecordKey(*k) for k in around.pairs.together((record.source, record.woman))]
        rows = store.links(WOMAN, records=[r for r in named if r not in around.weighed.records])
        for target in sorted({r.target for r in rows if r.target}):
            self._know(around, batch, store.linked_to(target))
        around.pairs = pairs_of(store, WOMAN, list(around.weighed.records))

    def _know(self, around: _Around, batch: _Batch, found: Iterable[Neighbour]) -> None:
        for one in found:
            if one.record not in around.weighed.records:
                profile = batch.profiles.get(one.record) or self._profile(one)
                if profile is None:
                    continue
                batch.profiles[one.record] = profile
                around.weighed.add(one.record, profile)
            if one.target is not None:
                around.targets[one.record] = one.target
                around.hows[one.record] = one.how or ""

    def _profile(self, found: Neighbour) -> Profile | None:
        """As it was kept; read from its facts where it was kept by an earlier version of this program."""
        packed = found.profile
        profile = unpack(found.record.source, found.record.woman, packed) if packed else None
        if profile is not None:
            return profile
        theirs = self._records.facts(found.record)
        return None if theirs is None else profile_of(theirs)

    def _tell_the_others(
        self,
        record: RecordKey,
        before: dict[RecordKey, LinkNote],
        proposed: dict[RecordKey, LinkNote],
        batch: _Batch,
    ) -> None:
        """A proposal stands with both records: theirs gets it, or loses it, by a new row that changes nothing else."""
        others = sorted(before.keys() | proposed.keys())
        if not others:
            return
        self._write(batch)
        rows = self._rooms.store.links(WOMAN, records=others)
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
            notes = (*kept, *added)
            explanation = to_json(LinkNotes(notes))
            new.append(replace(row, explanation=explanation, made_at=now, proposals=len(_proposals(notes))))
            told = RecordKey(row.source, row.reference)
            if told in batch.details:
                batch.details[told] = replace(batch.details[told], explanation=explanation)
        if new:
            self._rooms.store.add_links(new)

    def _keep(self, record: RecordKey, target: str, notes: tuple[LinkNote, ...], batch: _Batch) -> None:
        explanation = to_json(LinkNotes(notes))
        row = LinkRow(
            kind=WOMAN,
            source=record.source,
            reference=record.woman,
            target=target,
            how="automatic",
            explanation=explanation,
            made_at=self._rooms.clock(),
            proposals=len(_proposals(notes)),
        )
        batch.new.append(row)
        linked = replace(batch.details[record], target=target, how="automatic", explanation=explanation)
        batch.details[record] = linked


def _to_link_again(
    record: RecordKey, target: str, groups: Iterable[Group], around: _Around, changed: bool
) -> set[RecordKey]:
    """Records that do not stand where these records together say they should: linked again, they will find us.

    All of one woman come to stand under the least of her ids. Two that stand under one id though they are not one
    are only looked at again when something changed here, so that this comes to an end.
    """
    home = {r: group for group in groups for r in group}
    again: set[RecordKey] = set()
    for other in around.weighed.records:
        stands = around.targets.get(other)
        if other == record or around.hows.get(other) == "manual":
            continue
        if home[other] is home[record]:
            if stands is None or stands > target:
                again.add(other)
        elif changed and stands is not None:
            beside = (r for r, t in around.targets.items() if t == stands and r not in (other, record))
            if any(home[r] is not home[other] for r in beside):
                again.add(other)
    return again


def _target(record: RecordKey, group: Group, around: _Around, current: Neighbour) -> str:
    """The least of the ids under which her records stand, so that all come to one; else a new one.

    An id under which a record of another woman stands as well is left to that one.
    """
    ids = {around.targets[r] for r in group if r != record and r in around.targets}
    if current.target:
        ids.add(current.target)
    with_others = {around.targets[r] for r in group if r != record and r in around.targets}
    for other in around.weighed.records:
        stands = around.targets.get(other)
        if stands not in ids or other in group or around.hows.get(other) == "manual":
            continue
        if _kept_apart(around, other, group):
            if _leaves(around, record, group, current, stands):
                ids.discard(stands)
        elif stands not in with_others or any(around.weighed.contradicted(other, r) for r in group):
            ids.discard(stands)
    return min(ids) if ids else str(uuid.uuid4())


def _kept_apart(around: _Around, other: RecordKey, group: Iterable[RecordKey]) -> bool:
    """Whether a person keeps it apart from any of them."""
    return any(around.pairs.apart((other.source, other.woman), (r.source, r.woman)) for r in group)


def _leaves(around: _Around, record: RecordKey, group: Group, current: Neighbour, id: str) -> bool:
    """Of two groups that a person keeps apart, whether this one leaves the id they share: the smaller one does."""
    mine = [r for r in group if around.targets.get(r) == id or (r == record and current.target == id)]
    others = [r for r, t in around.targets.items() if t == id and r not in group and _kept_apart(around, r, group)]
    return (-len(mine), min(mine, default=record)) > (-len(others), min(others, default=record))


def _notes(record: RecordKey, group: Group, around: _Around) -> tuple[LinkNote, ...]:
    """Why it stands where it stands, and with whom a person should compare it."""
    found: list[LinkNote] = []
    for other in sorted(around.direct):
        compared = around.weighed(record, other)
        if compared.outcome is Outcome.APART or (other in group and compared.outcome is not Outcome.LINKED):
            continue
        if other not in group and _kept_apart(around, other, [record]):
            continue
        text = compared.text
        if other not in group and compared.outcome is Outcome.LINKED:
            text = f"Past bij meer dan één vrouw; een mens moet dit bevestigen: {compared.parts}"
        outcome = "linked" if other in group else PROPOSED
        found.append(LinkNote(other.source, other.woman, outcome, "automatic", text, compared.evidence))
    for token, many in sorted(around.crowded.items(), key=lambda pair: words_of(pair[0])):
        text = f"Niet vergeleken met de {many} records met {words_of(token)}: te veel om te wegen"
        found.append(LinkNote(record.source, record.woman, "apart", "automatic", text))
    return tuple(found)


def _notes_in(row: LinkRow | Neighbour) -> tuple[LinkNote, ...]:
    return () if row.explanation in (b"", b"null") else from_json(LinkNotes, row.explanation).notes


def _proposals(notes: Iterable[LinkNote]) -> dict[RecordKey, LinkNote]:
    """The notes that propose another record, by that record."""
    return {RecordKey(n.source, n.reference): n for n in notes if n.outcome == PROPOSED}
