"""Group the dossiers of one woman per pregnancy, and keep the ids of pregnancies steady while data come and go."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.linking import PregnancyGroup, dates_of, with_own_numbers
from adapter.model.carepath import LinkNote
from adapter.model.facts import SourceFacts
from adapter.model.sources import RecordKey, StoredVersion
from adapter.model.wire import from_json, to_json
from adapter.service.dossiers import doubts, grouped
from adapter.service.links.by_hand import Pairs, pairs_of
from adapter.service.links.women import PROPOSED, WOMAN, LinkNotes
from adapter.service.records import Records
from adapter.service.rooms import Rooms
from adapter.store import LinkRow

PREGNANCY = "pregnancy"  # (source, dossier) -> pregnancy

Dossier = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Linked:
    """What is linked to one woman: her records, the links that say so, and those of her dossiers."""

    records: tuple[RecordKey, ...]
    rows: tuple[LinkRow, ...]
    dossiers: tuple[LinkRow, ...]


class Pregnancies:
    """Which dossiers are the same pregnancy."""

    def __init__(self, rooms: Rooms, records: Records) -> None:
        self._rooms = rooms
        self._records = records

    def records_of(self, woman: str, known_at: datetime | None = None) -> list[RecordKey]:
        """The records linked to a woman."""
        rows = self._rooms.store.links(WOMAN, known_at, targets=[woman])
        return sorted(RecordKey(r.source, r.reference) for r in rows)

    def links_of(self, women: Sequence[str]) -> dict[str, Linked]:
        """Her records and her dossiers, with their links, for each of several women."""
        store = self._rooms.store
        rows: dict[str, list[LinkRow]] = {woman: [] for woman in women}
        for row in store.links(WOMAN, targets=women):
            rows[str(row.target)].append(row)
        records = {woman: sorted(RecordKey(r.source, r.reference) for r in some) for woman, some in rows.items()}
        dossiers: dict[RecordKey, list[LinkRow]] = {}
        for row in store.links(PREGNANCY, within=[r for some in records.values() for r in some]):
            dossiers.setdefault(RecordKey(row.source, row.woman or ""), []).append(row)
        return {
            woman: Linked(tuple(some), tuple(rows[woman]), tuple(d for r in some for d in dossiers.get(r, ())))
            for woman, some in records.items()
        }

    def women_of(self, records: Collection[RecordKey]) -> list[str]:
        """The women to whom these records are linked."""
        rows = self._rooms.store.links(WOMAN, records=records) if records else []
        return list(dict.fromkeys(r.target for r in rows if r.target))

    def brief(self, records: Sequence[RecordKey]) -> dict[RecordKey, SourceFacts]:
        """Of these records who she is and who referred her to whom, and nothing else."""
        return self._records.brief(records)

    def facts_of(
        self,
        records: Sequence[RecordKey],
        known_at: datetime | None = None,
        shows: Callable[[StoredVersion], bool] | None = None,
    ) -> tuple[SourceFacts, ...]:
        """What the sources say in these records; `shows`: in those of their resources alone."""
        if shows is not None:
            read = (self._records.limited(r, known_at, shows) for r in records)
            return with_own_numbers([found for found in read if found is not None])
        held = self._records.facts_of(records, known_at)
        return with_own_numbers([held[r] for r in records if r in held])

    def regroup(
        self, records: Sequence[RecordKey], facts: Sequence[SourceFacts], rows: Sequence[LinkRow]
    ) -> tuple[dict[str, list[LinkRow]], list[LinkRow]]:
        """Group one woman's dossiers again; `rows` are the links that they have. Returns her pregnancies, earliest
        first, with their links; and of those links the ones that are new, for the caller to keep.
        """
        dates = [d for f in facts for d in dates_of(f)]
        said = pairs_of(self._rooms.store, PREGNANCY, records) if len(dates) > 1 else Pairs()
        groups = grouped(dates, said)
        proposed = doubts(dates, groups, said) if len(groups) > 1 else {}
        held = {(r.source, r.reference): r for r in rows}
        foreign = self._foreign(held, records)
        found: dict[str, list[LinkRow]] = {}
        new: list[LinkRow] = []
        for group in groups:
            pregnancy = self._id_for(group, held, {*found, *foreign})
            found[pregnancy] = []
            for key in group.dossiers:
                standing = held.get(key)
                notes = proposed.get(key, ())
                if standing is None or standing.target != pregnancy or _proposals(standing) != _others(notes):
                    standing = self._row(key, pregnancy, (*_notes(key, group), *notes))
                    new.append(standing)
                found[pregnancy].append(standing)
        return found, new

    def regrouped(self, records: Sequence[RecordKey], before: Sequence[LinkRow]) -> bool:
        """Whether the dossiers in these records stand otherwise than they did."""
        now = self._rooms.store.links(PREGNANCY, within=records)
        return {(r.source, r.reference, r.target) for r in now} != {(r.source, r.reference, r.target) for r in before}

    def _foreign(self, held: dict[Dossier, LinkRow], records: Sequence[RecordKey]) -> set[str]:
        """Ids that dossiers of another woman stand under as well, since the records were taken for one woman.

        No pregnancy is of two women: the id stays with who was linked first, the record that went its own way moves.
        """
        store, mine = self._rooms.store, set(records)
        rows = store.links(PREGNANCY, targets={r.target for r in held.values() if r.target}) if held else []
        others = [r for r in rows if r.woman and RecordKey(r.source, r.woman) not in mine]
        if not others:
            return set()
        whose = {RecordKey(r.source, r.woman) for r in rows if r.woman}
        since = {RecordKey(r.source, r.reference): r.made_at for r in store.links(WOMAN, records=whose)}

        def first(target: str | None, ours: bool) -> datetime | None:
            keys = {RecordKey(r.source, r.woman) for r in rows if r.woman and r.target == target}
            return min((since[k] for k in keys if k in since and (k in mine) == ours), default=None)

        found = set()
        for target in {r.target for r in others if r.target}:
            we, they = first(target, True), first(target, False)
            if we is not None and they is not None and we >= they:
                found.add(target)
        return found

    def _id_for(self, group: PregnancyGroup, held: dict[Dossier, LinkRow], taken: set[str]) -> str:
        """The oldest id among the group's dossiers, so that an id given out keeps its meaning; else a new one."""
        rows = sorted((held[k] for k in group.dossiers if k in held), key=lambda r: (r.made_at, r.target or ""))
        for row in rows:
            if row.target and row.target not in taken:
                return row.target
        return str(uuid.uuid4())

    def _row(self, key: Dossier, target: str, notes: tuple[LinkNote, ...]) -> LinkRow:
        return LinkRow(
            kind=PREGNANCY,
            source=key[0],
            reference=key[1],
            target=target,
            how="automatic",
            explanation=to_json(LinkNotes(notes)),
            made_at=self._rooms.clock(),
            proposals=len(_others(notes)),
        )


def _proposals(row: LinkRow) -> set[Dossier]:
    """The dossiers that a link proposes as the same pregnancy."""
    if row.proposals == 0 or row.explanation in (b"", b"null"):
        return set()
    return _others(from_json(LinkNotes, row.explanation).notes)


def _others(notes: Sequence[LinkNote]) -> set[Dossier]:
    return {(n.source, n.reference) for n in notes if n.outcome == PROPOSED}


def _notes(key: Dossier, group: PregnancyGroup) -> tuple[LinkNote, ...]:
    evidence = group.why.get(key, ())
    if not evidence:
        return ()
    text = "Zelfde zwangerschap: " + "; ".join(f"{e.what} ({e.weight:+.0f})" for e in evidence)
    return (LinkNote(key[0], key[1], "linked", "automatic", text, evidence),)
