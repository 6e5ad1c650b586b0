"""Which of several consents counts: the more specific one, and among equals an objection.

Precedence: generieke functies, GF Toestemming (github.com/minvws/generiekefuncties-docs, consent.md): organisation
beats category, context beats no context, resource beats none; at equal specificity an objection wins. Where one consent
is more specific in one respect and less in another the text is silent: neither beats the other, so an objection wins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from adapter.model.evidence import OrganisationKind
from adapter.model.moments import day_of


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation in an exchange. `identities`: all it is known by (`agb:…`, `ura:…`); empty: not known."""

    identities: frozenset[str]
    kind: OrganisationKind = OrganisationKind.ONBEKEND


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What a woman said on sharing between holders and readers of her data.

    `holder`, `reader`: identities of one organisation, None for any; `…_kinds`: only organisations of these kinds, None
    for any. `permit`: false for an objection. `kinds`: only these kinds of data (FHIR resource types), None for all.
    `start`, `end`: days on which it holds, both included; without a start from the day it was given. `pregnancy`: only
    for that pregnancy. `source`: where it was recorded. It no longer counts from the day it was withdrawn.
    """

    id: str
    woman: str
    holder: frozenset[str] | None = None
    holder_kinds: frozenset[OrganisationKind] | None = None
    reader: frozenset[str] | None = None
    reader_kinds: frozenset[OrganisationKind] | None = None
    permit: bool = True
    kinds: frozenset[str] | None = None
    start: date | None = None
    end: date | None = None
    pregnancy: str | None = None
    source: str = ""
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it counts on that day."""
        if self.withdrawn_at is not None and day_of(self.withdrawn_at) <= day:
            return False
        since = self.start or (day_of(self.given_at) if self.given_at else date.min)
        return since <= day and (self.end is None or day <= self.end)

    def about(self, holder: Party, reader: Party, kind: str | None, pregnancy: str | None) -> bool:
        """Whether it speaks of these organisations, this kind of data and this pregnancy (None: of all of them)."""
        return (
            _named(self.holder, self.holder_kinds, holder)
            and _named(self.reader, self.reader_kinds, reader)
            and (self.kinds is None or (kind is not None and kind in self.kinds))
            and (self.pregnancy is None or self.pregnancy == pregnancy)
        )

    def beats(self, other: ConsentRecord) -> bool:
        """Whether it is more specific than the other: in nothing less, and in something more."""
        mine, its = self._specific(), other._specific()
        return mine != its and all(a >= b for a, b in zip(mine, its, strict=True))

    def _specific(self) -> tuple[int, ...]:
        return (
            _rank(self.holder, self.holder_kinds),
            _rank(self.reader, self.reader_kinds),
            int(self.kinds is not None),
            int(self.pregnancy is not None),
        )


def _named(identities: frozenset[str] | None, kinds: frozenset[OrganisationKind] | None, party: Party) -> bool:
    return (identities is None or bool(identities & party.identities)) and (kinds is None or party.kind in kinds)


def _rank(identities: frozenset[str] | None, kinds: frozenset[OrganisationKind] | None) -> int:
    """An organisation is more specific than a kind of organisation, and that than any."""
    return 2 if identities is not None else int(kinds is not None)


def weightiest(consents: Collection[ConsentRecord]) -> ConsentRecord | None:
    """The one that counts, of those that speak of the same exchange; the order in which they stand does not matter."""
    unbeaten = [c for c in consents if not any(other.beats(c) for other in consents)]
    return min(unbeaten, key=lambda c: (c.permit, c.id), default=None)
