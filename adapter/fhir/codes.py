"""Which codes an element may have, where FHIR binds it to a value set without exception (required)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter.fhir.shapes import model_of, shape_of_model
from adapter.model.sources import FhirVersion

_MORE = "+"  # ends the list of a model that names only the first of the codes
_FURTHER: Mapping[str, tuple[str, ...]] = {
    "Communication.status": ("unknown",),
    "DeviceUseStatement.status": ("intended", "stopped", "on-hold"),
    "DiagnosticReport.status": ("amended", "corrected", "appended", "cancelled", "entered-in-error", "unknown"),
    "Encounter.status": ("entered-in-error", "unknown"),
    "Observation.status": ("corrected", "cancelled", "entered-in-error", "unknown"),
    "ProcedureRequest.intent": ("original-order", "reflex-order", "filler-order", "instance-order", "option"),
    "ProcedureRequest.status": ("unknown",),
    "ReferralRequest.intent": ("original-order", "reflex-order", "filler-order", "instance-order", "option"),
}
"""What the models leave out: they repeat the short text of the specification, and not the value set. The same in STU3
and R4; source: the value sets that the specification binds these elements to."""


@dataclass(frozen=True, slots=True)
class WrongCode:
    """A code that is none of its value set: where it stands below the resource, and the codes that may stand there."""

    path: str
    allowed: tuple[str, ...]


def wrong_code(resource: Mapping[str, Any], version: FhirVersion) -> WrongCode | None:
    """The first code at the top level of a good resource that is none of its value set.

    None where every code may be, as far as the models say which.
    """
    for name, allowed in _codes(resource["resourceType"], version).items():
        given = resource.get(name)
        if isinstance(given, list):
            wrong = (f"{name}[{at}]" for at, code in enumerate(given) if code is not None and code not in allowed)
            if path := next(wrong, None):
                return WrongCode(path, tuple(allowed))
        elif given is not None and given not in allowed:
            return WrongCode(name, tuple(allowed))
    return None


@lru_cache(256)
def _codes(kind: str, version: FhirVersion) -> Mapping[str, dict[str, None]]:
    """The codes of each element of a type that has a closed list of them, in their order."""
    model = model_of(kind, version)
    elements = shape_of_model(model).elements
    found: dict[str, dict[str, None]] = {}
    for key, described in model.model_fields.items():
        name, extra = described.alias or key, described.json_schema_extra
        listed = extra.get("enum_values") if isinstance(extra, dict) else None
        further = _FURTHER.get(f"{kind}.{name}", ())
        if not listed or elements[name].kind != "code" or (_MORE in listed and not further):
            continue
        found[name] = {code: None for code in (*listed, *further) if code != _MORE}
    return found
