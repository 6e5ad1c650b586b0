"""What each FHIR endpoint says of itself in its CapabilityStatement, made from the declarations."""

from __future__ import annotations

from datetime import date
from typing import Any

from adapter import fhir
from adapter.api.fhir.declared import INTERACTIONS, OPERATIONS, OWN_TYPES, definition_url
from adapter.model.sources import FhirVersion
from adapter.service.audit.fhir_search import PARAMETERS as AUDIT
from adapter.service.endpoint.parameters import Kind, parameters

_SINCE = date(2026, 11, 23)
"""The day on which this statement last changed (not the day of asking: it can be cached)."""

NICTIZ = "http://nictiz.nl/fhir/CapabilityStatement/pregnancycard-servercapabilities"
_OF_SYSTEM = ("history-system", "transaction", "batch")
_SEARCHED = {"AuditEvent": AUDIT}


def statement(version: FhirVersion, url: str) -> fhir.JsonObject:
    """The CapabilityStatement of one endpoint at its absolute address."""
    every = _listed("{type}")
    resources = [
        fhir.ResourceInteractions(name, every, {p: found[p].kind.value for p in found}, _includes(name, version))
        for name, found in sorted(parameters(version).items())
    ]
    resources += (fhir.ResourceInteractions(name, _listed(name), _SEARCHED.get(name)) for name in OWN_TYPES)
    resources.sort(key=lambda one: one.type)
    made = fhir.capability_statement(
        version,
        resources,
        name="Geboortezorg-adapter",
        software_version=_version(),
        on=_SINCE,
        url=url,
        system=_OF_SYSTEM,
    )
    rest = made["rest"][0]
    for resource in rest["resource"]:
        if resource["type"] in parameters(version):  # of the types of its own it does what is listed, and nothing else
            _complete(resource, version)
    if version is FhirVersion.STU3:
        made["instantiates"] = [NICTIZ]
        made["acceptUnknown"] = "no"
        rest["operation"] = [
            {"name": o.code, "definition": {"reference": definition_url(o, version)}} for o in OPERATIONS
        ]
    return made


def _listed(kind: str) -> tuple[str, ...]:
    """The interactions of a type as a statement names them; `{type}`: of each that has none of its own."""
    mine = (i.listed for i in INTERACTIONS if i.level == "type" and i.path[0] == kind)
    return tuple(dict.fromkeys(name for name in mine if name))


def _includes(kind: str, version: FhirVersion) -> tuple[str, ...]:
    found = parameters(version)[kind]
    return tuple(f"{kind}:{p.name}" for p in found.values() if p.kind is Kind.REFERENCE)


def _complete(resource: dict[str, Any], version: FhirVersion) -> None:
    kind = resource["type"]
    resource["versioning"] = "versioned-update"
    resource["readHistory"] = True
    resource["updateCreate"] = True
    resource["conditionalCreate"] = True
    resource["conditionalRead"] = "not-match"
    resource["conditionalUpdate"] = True
    resource["conditionalDelete"] = "not-supported"
    back = sorted(
        f"{other}:{p.name}"
        for other, found in parameters(version).items()
        for p in found.values()
        if p.kind is Kind.REFERENCE and kind in p.targets
    )
    if back:
        resource["searchRevInclude"] = back
    general = [{"name": "_id", "type": "token"}, {"name": "_lastUpdated", "type": "date"}]
    resource["searchParam"] = [*general, *resource.get("searchParam", [])]
    asked = [o for o in OPERATIONS if kind in o.types]
    if asked and version is FhirVersion.R4:
        resource["operation"] = [{"name": o.code, "definition": definition_url(o, version)} for o in asked]


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("geboortezorg-adapter")
    except PackageNotFoundError:  # run from a source tree that was not installed
        return "0"
