"""Which dossier, pregnancy and child a resource is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from adapter.facts.record import Item, Record

DEPTH = 4
"""Observation -> bc-Birth -> bc-DeliveryProcedure -> Condition is three steps."""


class Bound(NamedTuple):
    """What a resource hangs on. `encounter` is the contact it belongs to."""

    dossier: str | None = None
    pregnancy: str | None = None
    about: str | None = None
    encounter: Item | None = None


@dataclass(slots=True)
class Binder:
    """Finds what resources hang on, within one record."""

    record: Record
    _bound: dict[str, Bound] = field(default_factory=dict)
    _followed: dict[tuple[str, int], tuple[str | None, str | None]] = field(default_factory=dict)
    _members: dict[str, str] | None = field(default=None)  # Observation -> the pregnancy that has it as a member

    def bind(self, item: Item) -> Bound:
        """The dossier, pregnancy, child and contact of a resource."""
        found = self._bound.get(item.reference)
        if found is None:
            found = self._bound[item.reference] = self._bind(item)
        return found

    def _bind(self, item: Item) -> Bound:
        dossier, encounter = self._context(item)
        pregnancy, about = self._focus(item, DEPTH)
        pregnancy = pregnancy or self._member_of(item)
        if pregnancy is None and encounter is not None:
            pregnancy, _ = self._focus(encounter, 1)
        if dossier is None and pregnancy is not None:
            dossier = self.record.pregnancies.get(pregnancy)
        return Bound(dossier, pregnancy, about or self._child(item), encounter)

    def _context(self, item: Item) -> tuple[str | None, Item | None]:
        record = self.record
        encounter = item if item.type == "Encounter" else None
        found: str | None = None
        for part in ("dossier", "context"):
            for reference in record.dialect.part(item.json, part):
                target = record.normal(reference)
                if target is None:
                    continue
                if target.startswith("Encounter/"):
                    contact = record.find(target)
                    if contact is not None and contact is not item:
                        encounter = encounter or contact
                        found = found or self._context(contact)[0]
                elif target.startswith("EpisodeOfCare/") and target not in record.other_episodes:
                    # A dossier first: a contact may stand in several episodes.
                    found = target if target in record.dossiers or found is None else found
        return found, encounter

    def _focus(self, item: Item, depth: int) -> tuple[str | None, str | None]:
        """The pregnancy and the child reached by following what the resource is about."""
        key = item.reference, depth
        found = self._followed.get(key)
        if found is None:
            found = self._followed[key] = self._follow(item, depth)
        return found

    def _follow(self, item: Item, depth: int) -> tuple[str | None, str | None]:
        pregnancy: str | None = None
        about: str | None = None
        if depth == 0:
            return None, None
        for reference in self.record.dialect.part(item.json, "focus"):
            target = self.record.normal(reference)
            if target is None:
                continue
            if target in self.record.pregnancies:
                pregnancy = pregnancy or target
                continue
            kind = target.split("/", 1)[0]
            if kind == "Patient":
                about = about or (target if target != self.record.key.woman else None)
            elif kind in {"BodySite", "BodyStructure"}:
                about = about or self._fetus(target)
            other = self.record.find(target)
            if other is not None and other is not item and other.type in ("Procedure", "Condition", "Encounter"):
                deeper, child = self._focus(other, depth - 1)
                pregnancy = pregnancy or deeper
                about = about or child or self._child(other)
        return pregnancy, about

    def _fetus(self, target: str) -> str:
        """The child that the fetus became, the fetus itself while it is no child."""
        item = self.record.find(target)
        children = self.record.dialect.part(item.json, "child") if item is not None else []
        return self.record.normal(children[0]) or target if children else target

    def _child(self, item: Item) -> str | None:
        subject = self.record.normal(self.record.dialect.text(item.json, "subject")[0])
        return subject if subject is not None and subject != self.record.key.woman else None

    def _member_of(self, item: Item) -> str | None:
        if self._members is None:
            self._members = {}
            for pregnancy in self.record.pregnancies:
                holder = self.record.find(pregnancy)
                members = self.record.dialect.part(holder.json, "members") if holder is not None else []
                for member in members:
                    self._members.setdefault(str(self.record.normal(member)), pregnancy)
        return self._members.get(item.reference)
