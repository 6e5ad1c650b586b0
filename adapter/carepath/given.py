"""What the care path is built from: one pregnancy's facts over all sources, already linked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapter.model.carepath import LinkNote, PathSource
from adapter.model.evidence import Organisation
from adapter.model.facts import SourceFacts
from adapter.model.signals import Signal

DossierKey = tuple[str, str]
"""(source, reference of the dossier at that source)."""


def _itself(organisation: Organisation) -> Organisation:
    return organisation


@dataclass(frozen=True, slots=True)
class PregnancyInput:
    """One pregnancy: her records at all sources, which dossiers are of this pregnancy and which of her others."""

    pregnancy: str
    woman: str
    facts: tuple[SourceFacts, ...]
    dossiers: frozenset[DossierKey]
    other_dossiers: frozenset[DossierKey] = frozenset()
    sources: tuple[PathSource, ...] = ()
    links: tuple[LinkNote, ...] = ()
    signals: tuple[Signal, ...] = ()
    children: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The id of each record (source, reference) of a child; of several, the one that comes first is the child's."""


@dataclass(frozen=True, slots=True)
class PathSettings:
    """`postnatal_end_days`: days after the birth on which the postnatal phase ends (provisional, register of the IGO).

    `join` gives an organisation the identity under which the register knows it, so that one organisation with an AGB
    code at one source and a URA at another is one.
    """

    postnatal_end_days: int = 42
    join: Callable[[Organisation], Organisation] = field(default=_itself)
