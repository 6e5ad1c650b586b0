"""What belongs to a resource: the pregnancies it is about, and everything of a woman or a dossier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.service.endpoint.endpoint import FhirEndpoint
from adapter.service.endpoint.fault import not_found
from adapter.service.endpoint.parameters import DIRECTORY_TYPES
from adapter.service.endpoint.scope import Caller
from adapter.service.endpoint.search import Match
from adapter.store.search import Row, Search

_DOSSIER = "EpisodeOfCare"


class Dossiers:
    """Looks over one version of the endpoint."""

    def __init__(self, endpoint: FhirEndpoint, search: Search) -> None:
        self._endpoint = endpoint
        self._search = search

    def pregnancies(self, caller: Caller, kind: str, id: str) -> list[str]:
        """Our ids of the pregnancies that a dossier, a pregnancy or a Patient is about. Raises `FhirFault` (404)."""
        upto = self._endpoint.names.refresh()
        row = self._endpoint.searcher.find(kind, id, caller, upto)
        if row is None or row.record is None:
            raise not_found(f"no {kind} with this id in this FHIR version")
        if kind == "Patient":
            records = [r for r in self._search.linked_to(row.record) if caller.records is None or r in caller.records]
            return list(dict.fromkeys(p for record in records for p in self._search.pregnancies_of(record)))
        found = [self._search.pregnancy_of(row.source, row.reference)]
        if kind == "Condition" and found == [None]:
            found = [self._search.pregnancy_of(row.source, d.reference) for d in self._dossiers_of(row, upto)]
        return list(dict.fromkeys(p for p in found if p))

    def _dossiers_of(self, condition: Row, upto: int) -> Iterator[Row]:
        """The dossiers of a pregnancy: its context, those of the contact in which it was noted, or those whose
        diagnosis it is.
        """
        if condition.record is None:  # pragma: no cover - a Condition is somebody's
            return
        named = _pointed(self._endpoint.searcher.read(condition).resource)
        contacts = self._search.in_record(condition.record, "Encounter", upto)
        for contact in [row for row in contacts if row.reference in named]:  # all that R4 lets a Condition point to
            named |= _pointed(self._endpoint.searcher.read(contact).resource)
        for row in self._search.in_record(condition.record, _DOSSIER, upto):
            points = _pointed(self._endpoint.searcher.read(row).resource)
            if row.reference in named or condition.reference in points:
                yield row

    def everything(self, caller: Caller, kind: str, id: str, upto: int) -> list[Match]:
        """Every resource of a woman, over the sources, or of one dossier, with the directory resources they name.

        In a fixed order. Raises `FhirFault` (404).
        """
        self._endpoint.names.refresh()
        row = self._endpoint.searcher.find(kind, id, caller, upto)
        if row is None or row.record is None:
            raise not_found(f"no {kind} with this id in this FHIR version")
        whose = self._search.linked_to(row.record) if kind == "Patient" else [row.record]
        rows = [r for record in whose for r in self._search.in_record(record, None, upto)]
        version = self._endpoint.version.value
        found = [self._endpoint.searcher.read(r) for r in rows if r.version == version and caller.sees(r)]
        if kind == _DOSSIER:
            found = list(_in_dossier(row.reference, found))
        found += self._named(found, caller, upto)
        return sorted(found, key=lambda m: (m.row.source, m.row.type, m.row.id))

    def _named(self, matches: Iterable[Match], caller: Caller, upto: int) -> list[Match]:
        """The organisations and persons that these name, and those that they name in turn."""
        found: dict[tuple[str, str], Match] = {}
        todo = list(matches)
        while todo:
            match = todo.pop()
            for reference in sorted(_pointed(match.resource)):
                kind, _, id = reference.partition("/")
                if kind not in DIRECTORY_TYPES or (match.row.source, reference) in found:
                    continue
                row = self._search.current(match.row.source, kind, id, upto)
                if row is not None and caller.sees(row):
                    found[match.row.source, reference] = self._endpoint.searcher.read(row)
                    todo.append(found[match.row.source, reference])
        return list(found.values())


def _in_dossier(dossier: str, matches: list[Match]) -> Iterator[Match]:
    """What points to the dossier or to one of its contacts, and what that points to within the record."""
    by_reference = {match.row.reference: match for match in matches}
    inside = {dossier}
    inside |= {m.row.reference for m in matches if m.row.type == "Encounter" and dossier in _pointed(m.resource)}
    inside |= {m.row.reference for m in matches if _pointed(m.resource) & inside}
    waiting = list(inside)
    while waiting:
        match = by_reference.get(waiting.pop())
        for reference in _pointed(match.resource) if match is not None else ():
            other = by_reference.get(reference)
            if other is not None and reference not in inside and other.row.type not in (_DOSSIER, "Encounter"):
                inside.add(reference)
                waiting.append(reference)
    return (match for reference, match in by_reference.items() if reference in inside)


def _pointed(resource: JsonObject) -> set[str]:
    return {r for _, text in fhir.references(resource) if (r := fhir.relative(text))}
