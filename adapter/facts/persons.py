"""The persons who gave care, by their own AGB codes: the performers that a resource, or its contact, names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from adapter.facts.record import Record
from adapter.model.identifiers import Agb, InvalidIdentifierError, System, system_of


@dataclass(slots=True)
class Persons:
    """Resolves references to persons within one record; remembers what it resolved."""

    record: Record
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def behind(self, performers: Iterable[Any]) -> tuple[str, ...]:
        """AGB codes of the persons behind these references, in their order."""
        return tuple(dict.fromkeys([code for reference in performers for code in self._person(reference)]))

    def _person(self, reference: Any) -> tuple[str, ...]:
        """Of a Reference, or of the PractitionerRole that the reference bears as an extension (STU3)."""
        if type(reference) is not dict:
            return ()
        found = self._codes(self.record.normal(reference.get("reference")))
        if found or "extension" not in reference:
            return found
        roles = [
            v for path in self.record.dialect.parts.get("Reference", {}).get("role", ()) for v in path.all(reference)
        ]
        targets = (role.get("reference") for role in roles if type(role) is dict)
        return tuple(code for target in targets for code in self._codes(self.record.normal(target)))

    def _codes(self, target: str | None) -> tuple[str, ...]:
        if target is None:
            return ()
        known = self._known.get(target)
        if known is None:
            known = self._known[target] = self._read(target)
        return known

    def _read(self, target: str) -> tuple[str, ...]:
        """Of the Practitioner, or of the person in the PractitionerRole, at `Type/id`."""
        kind = target.rsplit("/", 2)[-2] if "/" in target else ""
        item = self.record.find(target) if kind in ("Practitioner", "PractitionerRole") else None
        if item is None:
            return ()
        if kind == "PractitionerRole":
            people = map(self.record.normal, self.record.dialect.part(item.json, "practitioner"))
            return tuple(code for person in people if person and "Role/" not in person for code in self._codes(person))
        codes = (value for system, value in identifier_values(item.json.get("identifier")) if system is System.AGB)
        return tuple(code for code in map(_agb, codes) if code is not None)


def _agb(value: str) -> str | None:
    try:
        return Agb(value).value
    except InvalidIdentifierError:
        return None


def identifier_values(identifiers: Any) -> list[tuple[System | None, str]]:
    """Known system (None for others) and trimmed value of each identifier that has a value."""
    found = []
    for identifier in identifiers if isinstance(identifiers, list) else ():
        if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
            system = identifier.get("system")
            found.append((system_of(system) if isinstance(system, str) else None, identifier["value"].strip()))
    return found
