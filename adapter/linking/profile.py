"""What a record is matched on, and nothing else of it: small enough to keep beside the index and weigh unread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from adapter.linking.pregnancy import dates_of, unique_id
from adapter.model.evidence import Evidence
from adapter.model.facts import Name, Person, SourceFacts
from adapter.model.identifiers import Bsn
from adapter.model.moments import day_of

_FORMAT = 1
_MOST = 40  # due dates and references: what is beyond it is no dossier of one woman


@dataclass(frozen=True, slots=True)
class Profile:
    """One record of a woman as it is weighed against others.

    `offered`: ids of its own dossiers; `wanted`: ids it points to without having them. Only ids unique enough to mean
    the same in another source count.
    """

    person: Person
    due_dates: tuple[date, ...] = ()
    offered: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()

    @property
    def references(self) -> frozenset[str]:
        """Every id by which this record and another could point to each other."""
        return self.offered | self.wanted


def profile_of(facts: SourceFacts) -> Profile:
    """The profile of one source's facts about a woman."""
    own = {facts.woman.reference, *(c.reference for c in facts.children), *(origin for origin, _ in facts.references)}
    dossiers = {d.reference for d in facts.dossiers} | {c for d in facts.dossiers for c in d.conditions}
    pointed = {target for _, target in facts.references}
    return Profile(
        person=facts.woman,
        due_dates=tuple(sorted({d.due for d in dates_of(facts) if d.due}))[:_MOST],
        offered=_unique(dossiers),
        wanted=_unique(pointed - own - dossiers),
    )


def _unique(references: set[str]) -> frozenset[str]:
    return frozenset(sorted(r for r in references if unique_id(r))[:_MOST])


def pack(profile: Profile) -> bytes:
    """As bytes; equal profiles give equal bytes."""
    p, n = profile.person, profile.person.name
    return orjson.dumps(
        [
            _FORMAT,
            [p.evidence.version, p.evidence.path, p.evidence.organisation],
            [n.given, n.family, n.own, n.prefix, n.partner],
            p.bsn.value if p.bsn else None,
            day_of(p.birth_date) if p.birth_date else None,
            [p.postal_code, p.house_number],
            p.identifiers,
            profile.due_dates,
            sorted(profile.offered),
            sorted(profile.wanted),
        ]
    )


def unpack(source: str, reference: str, packed: bytes) -> Profile | None:
    """The profile of the record `reference` at `source`; None where it was made in another way than this one."""
    made: list[Any] = orjson.loads(packed) if packed else []
    if not made or made[0] != _FORMAT:
        return None
    _, evidence, name, bsn, born, address, identifiers, due_dates, offered, wanted = made
    given, family, own, prefix, partner = name
    person = Person(
        source=source,
        reference=reference,
        evidence=Evidence(source, reference, *evidence),
        name=Name(None, tuple(given), family, own, prefix, partner),
        bsn=Bsn(bsn) if bsn else None,
        birth_date=date.fromisoformat(born) if born else None,
        postal_code=address[0],
        house_number=address[1],
        identifiers=tuple((system, value) for system, value in identifiers),
    )
    dates = tuple(date.fromisoformat(d) for d in due_dates)
    return Profile(person, dates, frozenset(offered), frozenset(wanted))
