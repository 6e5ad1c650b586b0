"""What a source says it offers: its CapabilityStatement at `/metadata`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapter import fhir
from adapter.connectors.errors import FailedError, MissingError, NotOfferedError, RefusedError
from adapter.connectors.http import Http
from adapter.connectors.ledger import Ledger
from adapter.connectors.plan import Search
from adapter.fhir import JsonObject
from adapter.model.sources import FhirVersion

_KNOWN = {"3.0": FhirVersion.STU3, "4.0": FhirVersion.R4}


@dataclass(slots=True)
class Offer:
    """Types and search parameters the source lists. An empty statement says nothing: then everything is tried."""

    version: FhirVersion
    params: dict[str, frozenset[str]] = field(default_factory=dict)

    def lists(self, search: Search) -> bool:
        """Whether this search is listed in so many words."""
        return search.listed_as in self.params.get(search.type, ())

    def excludes(self, search: Search) -> bool:
        """Whether the statement leaves this search out: the type, or the parameter where it lists parameters."""
        if not self.params:
            return False
        if search.type not in self.params:
            return True
        listed = self.params[search.type]
        return bool(listed) and search.listed_as not in listed

    def has(self, kind: str) -> bool:
        """Whether a read of this type is worth trying."""
        return not self.params or kind in self.params

    def by_id(self, kind: str) -> bool:
        """Whether many can be fetched at once by `_id`."""
        return "_id" in self.params.get(kind, ())


async def read_offer(http: Http, configured: FhirVersion | None, ledger: Ledger) -> Offer:
    """Ask `/metadata`. Raises `SourceError`: `RefusedError` when the FHIR version is one we do not read."""
    try:
        reply = await http.get("metadata")
    except (NotOfferedError, MissingError) as error:
        if configured is None:
            raise RefusedError(
                "de bron geeft geen /metadata, dus de FHIR-versie is onbekend",
                "kijk of base_url het adres van de FHIR-server is; klopt dat, stel dan fhir_version in voor deze bron",
            ) from error
        ledger.warn("/metadata", "de bron geeft geen CapabilityStatement", "alle zoekvragen worden geprobeerd")
        return Offer(configured)
    try:
        statement = fhir.read(reply.body, reply.media, configured or FhirVersion.STU3)
    except fhir.FhirError:
        if configured is None:
            raise FailedError("het CapabilityStatement van de bron is niet te lezen") from None
        ledger.warn("/metadata", "het CapabilityStatement van de bron is niet te lezen")
        return Offer(configured)
    return Offer(_version(statement, configured, ledger), _params(statement))


def _version(statement: JsonObject, configured: FhirVersion | None, ledger: Ledger) -> FhirVersion:
    said = statement.get("fhirVersion")
    said = said if isinstance(said, str) else ""
    version = _KNOWN.get(said[:3]) if said[3:4] in ("", ".") else None
    if configured is not None:
        if said and version != configured:
            ledger.warn(
                "/metadata",
                f"de bron zegt FHIR {said[:20]}, ingesteld is {configured.value}",
                "controleer fhir_version van deze bron; de instelling is gevolgd",
            )
        return configured
    if version is None:
        raise RefusedError(
            f"FHIR-versie {said[:20] or 'onbekend'} van de bron wordt niet gelezen; wel 3.0.x en 4.0.x",
            "stel fhir_version in als de bron zich vergist",
        )
    return version


def _params(statement: JsonObject) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for rest in _dicts(statement.get("rest")):
        for resource in _dicts(rest.get("resource")):
            kind = resource.get("type")
            if isinstance(kind, str):
                names = (p.get("name") for p in _dicts(resource.get("searchParam")))
                found[kind] = frozenset(n for n in names if isinstance(n, str))
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
