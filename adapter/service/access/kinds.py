"""Which kinds of data the scopes of a token leave to be read: by type of resource, and by a search within a type."""

from __future__ import annotations

from functools import lru_cache

from adapter import fhir
from adapter.access import Context
from adapter.access.systems.scopes import Scopes, Where
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion, Media, StoredVersion
from adapter.service.endpoint import values as fhir_values
from adapter.service.endpoint.fault import FhirFault
from adapter.service.endpoint.parameters import Kind
from adapter.service.endpoint.query import Criterion, Handling, read_query
from adapter.store.search import Row

READING = "rs"
"""The letters of a scope by which a resource may be seen: read, search."""


class Kinds:
    """What one token's scopes leave. Without scopes (a person, the demonstration) everything."""

    def __init__(self, scopes: tuple[str, ...] | None) -> None:
        self._scopes = None if scopes is None else Scopes.of(scopes)

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return self._scopes is None or self._scopes.where("*", READING) == ()

    @property
    def key(self) -> object:
        """Equal for whoever may read the same kinds."""
        return None if self.all else self._scopes

    def looks_into(self, kind: str) -> bool:
        """Whether it depends on what stands in a resource of this type if it is shown."""
        return bool(self._where(kind))

    def allow(self, kind: str, letter: str) -> bool:
        """Whether this is granted for this type, be it for some of its resources."""
        return self._scopes is None or self._scopes.allow(kind, letter)

    def show(self, row: Row) -> bool:
        """Whether a resource in the store may be seen."""
        where = self._where(row.type)
        if not where:
            return where is not None
        version = FhirVersion(row.version)
        return _meets(where, row.type, fhir.read(row.body(), Media(row.media), version), version)

    def show_version(self, stored: StoredVersion) -> bool:
        """The same of a version that was read."""
        got = stored.received
        where = self._where(got.type)
        if not where:
            return where is not None
        return _meets(where, got.type, fhir.read(got.body, got.media, got.fhir_version), got.fhir_version)

    def show_resource(self, kind: str, resource: JsonObject, version: FhirVersion) -> bool:
        """The same of what was read already."""
        where = self._where(kind)
        return where is not None and (not where or _meets(where, kind, resource, version))

    def _where(self, kind: str) -> tuple[Where, ...] | None:
        return () if self._scopes is None else self._scopes.where(kind, READING)


@lru_cache(1024)
def kinds_of(scopes: tuple[str, ...] | None) -> Kinds:
    """The same object for the same scopes."""
    return Kinds(scopes)


def kinds_for(ctx: Context) -> Kinds:
    """What the token behind this request leaves."""
    return kinds_of(ctx.scopes)


def _meets(where: tuple[Where, ...], kind: str, resource: JsonObject, version: FhirVersion) -> bool:
    return any(_all(each, kind, resource, version) for each in where)


def _all(where: Where, kind: str, resource: JsonObject, version: FhirVersion) -> bool:
    criteria = _criteria(where, kind, version)
    return criteria is not None and all(_holds(criterion, resource) for criterion in criteria)


@lru_cache(1024)
def _criteria(where: Where, kind: str, version: FhirVersion) -> tuple[Criterion, ...] | None:
    """None for a search that cannot be answered from the resource alone: it grants nothing."""
    try:
        query = read_query(kind, where, version, Handling.STRICT)
    except FhirFault:
        return None
    plain = all(c.parameter.kind is Kind.TOKEN and c.modifier in ("", "not") for c in query.criteria)
    return query.criteria if plain and len(query.criteria) == len(where) else None


def _holds(criterion: Criterion, resource: JsonObject) -> bool:
    have = list(fhir_values.tokens(resource, criterion.parameter))
    hit = any(fhir_values.token_matches(token, wanted) for token in have for wanted in criterion.wanted)
    return hit != (criterion.modifier == "not")
