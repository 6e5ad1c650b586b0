"""What of the care path the reader chose to see: of one organisation, of one kind. Warnings are never filtered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from adapter.model.carepath import CarePath
from adapter.model.evidence import Organisation
from adapter.web.timeline import GROUPS, group_of

PARTS = {"meting": "metingen", "screening": "screening", "probleem": "aandoeningen en allergieën"}
KINDS = {name: label for name, (label, _) in GROUPS.items()} | PARTS


@dataclass(frozen=True, slots=True)
class Seen:
    """The choice, and what could be chosen. `organisation` is a key of `organisations`, or empty; so is `kind`."""

    organisation: str
    kind: str
    organisations: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...] = tuple(KINDS.items())

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.organisation or self.kind)

    @property
    def text(self) -> str:
        """The choice in words."""
        said = [dict(self.organisations)[self.organisation]] if self.organisation else []
        return ", ".join(said + ([KINDS[self.kind]] if self.kind else []))

    def parameters(self) -> dict[str, str]:
        """As they stand in an address."""
        given = {"organisatie": self.organisation, "soort": self.kind}
        return {name: value for name, value in given.items() if value}

    def shows(self, part: str) -> bool:
        """Whether a part of the page (a key of `PARTS`, or `handeling`) is in the choice."""
        return not self.kind or (self.kind == part if self.kind in PARTS else part == "handeling")


def key(organisation: Organisation) -> str:
    """A short name for addresses: the id of an organisation may hold an id that a source gave out."""
    return hashlib.blake2b(organisation.id.encode(), digest_size=6).hexdigest()


def chosen(path: CarePath, query: Mapping[str, str]) -> tuple[CarePath, Seen]:
    """The care path as far as chosen. What is not a choice is left out."""
    named: dict[str, str] = {}
    for one in _organisations(path):
        named.setdefault(key(one), one.name or one.id)
    organisation, kind = query.get("organisatie", ""), query.get("soort", "")
    ordered = tuple(sorted(named.items(), key=lambda pair: pair[1].casefold()))
    seen = Seen(organisation if organisation in named else "", kind if kind in KINDS else "", ordered)
    return (_narrowed(path, seen) if seen.any else path), seen


def _organisations(path: CarePath) -> Iterable[Organisation]:
    yield from (act.organisation for act in path.acts)
    yield from (one.organisation for one in path.measurements)
    yield from (one.organisation for one in path.problems)
    yield from (one.organisation for one in path.screenings)
    yield from (one.organisation for one in path.involved)


def _narrowed(path: CarePath, seen: Seen) -> CarePath:
    def mine(organisation: Organisation) -> bool:
        return not seen.organisation or key(organisation) == seen.organisation

    acts = [a for a in path.acts if mine(a.organisation) and seen.shows("handeling")]
    if seen.kind in GROUPS:
        acts = [a for a in acts if group_of(a.kind) == seen.kind]
    return replace(
        path,
        acts=tuple(acts),
        measurements=tuple(m for m in path.measurements if mine(m.organisation) and seen.shows("meting")),
        screenings=tuple(s for s in path.screenings if mine(s.organisation) and seen.shows("screening")),
        problems=tuple(p for p in path.problems if mine(p.organisation) and seen.shows("probleem")),
    )
