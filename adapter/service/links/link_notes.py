"""The links that a care path shows: what the evidence says, what persons decided, and what is proposed to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from adapter.model.carepath import LinkNote
from adapter.model.sources import RecordKey
from adapter.model.wire import from_json
from adapter.service.links.by_hand import Key, Pairs, Verdict, notes
from adapter.service.links.pregnancies import PREGNANCY
from adapter.service.links.women import PROPOSED, WOMAN, LinkNotes
from adapter.service.rooms import Rooms
from adapter.store import LinkRow


def link_notes(
    rooms: Rooms,
    records: Sequence[RecordKey],
    rows: Sequence[LinkRow],
    known_at: datetime | None,
    links: Sequence[LinkRow] | None = None,
) -> tuple[LinkNote, ...]:
    """The notes of one pregnancy. `records` are those of its woman, `rows` the links of its dossiers, `links` those of
    her records where they were read before.
    """
    if links is None:
        links = rooms.store.links(WOMAN, known_at, records=records)
    judged = rooms.store.judgements(None, known_at, within=records) if records else []
    women = Pairs(j for j in judged if j.kind == WOMAN)
    dossiers = Pairs(j for j in judged if j.kind == PREGNANCY)
    hers = [(r.source, r.woman) for r in records]
    mine = [(r.source, r.reference) for r in rows]
    return (
        *_standing(rooms, links, set(hers), women),
        *_standing(rooms, rows, set(mine), dossiers),
        *notes(women, hers),
        *notes(dossiers, mine),
    )


def _standing(rooms: Rooms, rows: Sequence[LinkRow], mine: Collection[Key], pairs: Pairs) -> Iterator[LinkNote]:
    """What the links themselves say, as far as it still holds."""
    for row in rows:
        own = (row.source, row.reference)
        for note in notes_of(row):
            other = (note.source, note.reference)
            if note.outcome == PROPOSED:
                if other not in mine and not decided(pairs, own, other):
                    yield replace(note, proposal=rooms.store.pair(row.kind, own, other))
            elif other in mine:
                yield note


def decided(pairs: Pairs, a: Key, b: Key) -> bool:
    """Whether a person said of two that they are the same, or are not."""
    held = pairs.of(a, b)
    return held is not None and held.verdict != Verdict.LATER


def notes_of(row: LinkRow) -> tuple[LinkNote, ...]:
    """The explanation that a link was made with; none where its record was removed."""
    return () if row.explanation in (b"", b"null") else from_json(LinkNotes, row.explanation).notes
