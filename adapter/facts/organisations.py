"""Organisations, and whose care an act is.

`Encounter.serviceProvider`; else the organisation of the performer's PractitionerRole; else
`EpisodeOfCare.managingOrganization`; else the organisation whose EPD it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapter.facts.persons import Persons, identifier_values
from adapter.facts.record import Item, Record
from adapter.model.evidence import Organisation, OrganisationKind
from adapter.model.identifiers import Agb, InvalidIdentifierError, System, Ura


@dataclass(frozen=True, slots=True)
class Whose:
    """An organisation, by which way it was found, and those that the other ways name.

    `persons`: AGB codes of who did it, as the resource names them, else the contact it belongs to.
    """

    organisation: Organisation
    basis: str
    others: tuple[Organisation, ...] = ()
    discipline: str | None = None
    persons: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """As evidence names it: AGB code, else URA, else id."""
        return self.organisation.agb or self.organisation.ura or self.organisation.id


@dataclass(slots=True)
class Organisations:
    """Resolves references to organisations within one record; remembers what it resolved."""

    record: Record
    _known: dict[str, Organisation] = field(default_factory=dict)
    _roles: dict[str, list[Item]] | None = None
    _whose: dict[Any, Whose] = field(default_factory=dict)
    _of_item: dict[str, Whose] = field(default_factory=dict)
    persons: Persons = field(init=False)

    def __post_init__(self) -> None:
        self.persons = Persons(self.record)

    @property
    def named(self) -> tuple[Organisation, ...]:
        """Every organisation that was named, in the order met."""
        return tuple(dict.fromkeys(self._known.values()))

    def of_reference(self, reference: Any) -> tuple[Organisation | None, str | None]:
        """The organisation and discipline behind a Reference to an Organization, PractitionerRole or Practitioner."""
        if type(reference) is not dict:
            return None, None
        for role in self._part("Reference", reference, "role"):
            found, discipline = self.of_reference(role)
            if found is not None:
                return found, discipline
        target = self.record.normal(reference.get("reference"))
        if target is None:
            return self._logical(reference), None
        kind = target.rsplit("/", 2)[-2] if "/" in target else ""
        if kind == "PractitionerRole":
            item = self.record.find(target)
            return self._of_role(item) if item is not None else (None, None)
        if kind == "Practitioner":
            return self._of_practitioner(target)
        if kind == "Organization":
            return self.organisation(target, reference), None
        return None, None

    def organisation(self, target: str, reference: dict[str, Any]) -> Organisation:
        """The organisation at `Type/id`; when it was never sent, what the reference itself says of it."""
        known = self._known.get(target)
        if known is None:
            item = self.record.find(target)
            read = self.record.guarded(item, lambda o: read_organisation(self.record, o)) if item is not None else None
            known = self._known[target] = read or self._stub(target, reference)
        return known

    def whose(self, item: Item, encounter: Item | None, dossier: str | None) -> Whose:
        """Whose care this resource records. `encounter` is the contact it belongs to, if any."""
        known = self._of_item.get(item.reference)
        if known is not None:
            return known
        provider, performers = self._ways(item, None)
        own = (repr(provider), repr(performers)) if provider or performers else None
        key = (dossier, encounter.reference if encounter is not None else None, own)
        found = self._whose.get(key)
        if found is None:
            if encounter is not None:
                provider, performers = self._ways(item, encounter)
            found = self._whose[key] = self._decide(provider, performers, dossier)
        self._of_item[item.reference] = found
        return found

    def managing(self, dossier: str | None) -> Organisation | None:
        """The managing organisation of a dossier, None when it is not stated."""
        item = self.record.find(dossier)
        if item is None:
            return None
        for reference in self.record.dialect.part(item.json, "manager"):
            found, _ = self.of_reference(reference)
            if found is not None:
                return found
        return None

    def _ways(self, item: Item, encounter: Item | None) -> tuple[list[Any], list[Any]]:
        dialect = self.record.dialect
        provider = dialect.part(item.json, "provider")
        performers = dialect.part(item.json, "on_behalf") + dialect.part(item.json, "performer")
        if encounter is not None:
            provider = provider or dialect.part(encounter.json, "provider")
            performers = performers or dialect.part(encounter.json, "performer")
        return provider, performers

    def _decide(self, provider: list[Any], performers: list[Any], dossier: str | None) -> Whose:
        ways: list[tuple[Organisation, str, str | None]] = []
        for basis, references in (("service_provider", provider), ("performer", performers)):
            for reference in references:
                organisation, discipline = self.of_reference(reference)
                if organisation is not None:
                    ways.append((organisation, basis, discipline))
        managing = self.managing(dossier)
        if managing is not None:
            ways.append((managing, "managing_organisation", None))
        persons = self.persons.behind(performers)
        if not ways:
            return Whose(self.record.source.organisation, "source", persons=persons)
        chosen, basis, _ = ways[0]
        others = tuple(dict.fromkeys(o for o, _, _ in ways if o.id != chosen.id))
        discipline = next((d for o, _, d in ways if d is not None and o.id == chosen.id), None)
        return Whose(chosen, basis, others, discipline, persons)

    def _of_role(self, item: Item) -> tuple[Organisation | None, str | None]:
        dialect = self.record.dialect
        codes = [code for c in dialect.part(item.json, "specialty") for code in dialect.codes_of(c)]
        discipline = next((dialect.specialties[code] for code in codes if code in dialect.specialties), None)
        for reference in dialect.part(item.json, "organisation"):
            found, _ = self.of_reference(reference)
            if found is not None:
                return found, discipline
        return None, discipline

    def _of_practitioner(self, target: str) -> tuple[Organisation | None, str | None]:
        """Through the one PractitionerRole of that person; someone who works in two places gives no answer."""
        if self._roles is None:
            self._roles = {}
            for item in self.record.everything("PractitionerRole"):
                for reference in self.record.dialect.part(item.json, "practitioner"):
                    self._roles.setdefault(str(self.record.normal(reference)), []).append(item)
        found = {o.id: (o, d) for o, d in map(self._of_role, self._roles.get(target, ())) if o is not None}
        return next(iter(found.values())) if len(found) == 1 else (None, None)

    def _part(self, kind: str, element: dict[str, Any], name: str) -> list[Any]:
        if "extension" not in element:
            return []
        return [v for path in self.record.dialect.parts.get(kind, {}).get(name, ()) for v in path.all(element)]

    def _logical(self, reference: dict[str, Any]) -> Organisation | None:
        """A Reference that gives an identifier or only a text in place of a literal reference."""
        identifier = reference.get("identifier")
        if type(identifier) is not dict or reference.get("type", "Organization") != "Organization":
            return None
        return _identified([identifier], self.record, "", reference.get("display"), OrganisationKind.ONBEKEND)

    def _stub(self, target: str, reference: dict[str, Any]) -> Organisation:
        found = self._logical(reference)
        if found is not None:
            return found
        display = reference.get("display")
        return Organisation(f"{self.record.source.id}:{target}", name=display if isinstance(display, str) else None)


def read_organisation(record: Record, item: Item) -> Organisation:
    """An Organization resource: its AGB code or URA, name and kind."""
    resource = item.json
    name = resource.get("name")
    return _identified(
        resource.get("identifier"), record, item.reference, name, _kind(record, resource)
    ) or Organisation(f"{record.source.id}:{item.reference}", name=name, kind=_kind(record, resource))


def _identified(
    identifiers: Any, record: Record, reference: str, name: Any, kind: OrganisationKind
) -> Organisation | None:
    agb = ura = None
    for system, value in identifier_values(identifiers):
        try:
            if system is System.AGB and agb is None:
                agb = Agb(value).value
            elif system is System.URA and ura is None:
                ura = Ura(value).value
        except InvalidIdentifierError:
            continue
        if system is System.UZOVI:
            kind = OrganisationKind.ZORGVERZEKERAAR
    if agb is None and ura is None:
        if not reference:
            return None
        return Organisation(f"{record.source.id}:{reference}", name=name, kind=kind)
    if kind is OrganisationKind.ONBEKEND and agb is not None:
        kind = record.dialect.agb_kinds.get(agb[:2], kind)
    return Organisation(f"agb:{agb}" if agb else f"ura:{ura}", agb, ura, name if isinstance(name, str) else None, kind)


def _kind(record: Record, resource: dict[str, Any]) -> OrganisationKind:
    kinds = record.dialect.organisation_kinds
    codes = record.dialect.codes_of(resource.get("type"))
    known = [kinds[code] for code in codes if code in kinds]
    exact = [kinds[c] for c in codes if c in kinds and c[0] == System.ORGANISATION_TYPE.value]
    if exact or known:
        return (exact or known)[0]
    typed = any(system == System.ORGANISATION_TYPE.value for system, _ in codes)
    return OrganisationKind.OVERIG if typed else OrganisationKind.ONBEKEND
