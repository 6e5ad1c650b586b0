"""The rules of a FHIR Consent, one by one: the base rule and its exceptions, of STU3 and R4 in one shape.

R4: `provision`, with nested provisions (Consent 4.0.1; IHE Privacy Consent on FHIR puts permit or deny on the base
itself). STU3: the resource itself is the base rule, opt-in or opt-out by its `policyRule`, and `except` holds the rest
(Consent 3.0.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapter.model.sources import FhirVersion

Json = dict[str, Any]

_R4_PERMITS = {"OPTIN": True, "OPTINR": True, "OPTOUT": False, "OPTOUTE": False}  # HL7 v3-ActCode
_INHERITED = ("actor", "period", "purpose", "class", "code", "dataPeriod", "data", "securityLabel", "action")


@dataclass(frozen=True, slots=True)
class Block:
    """One rule. `given`: its criteria, those of the rule that it is part of included; `path`: where it stands."""

    permit: bool
    given: Json
    path: str


def blocks_of(consent: Json, version: FhirVersion) -> Iterator[Block]:
    """Every rule that says permit or deny."""
    if version is FhirVersion.R4:
        root = _object(consent.get("provision"))
        base = _typed(root.get("type"))
        if base is None:
            base = next(
                (p for code in _codes(consent.get("policyRule")) if (p := _R4_PERMITS.get(code)) is not None), None
            )
        yield from _walk(root, base, {}, "Consent.provision", "provision")
        return
    root = {name: consent[name] for name in _INHERITED if name in consent}
    rule = consent.get("policyRule")
    tail = rule.rstrip("/").rsplit("/", 1)[-1].lower() if isinstance(rule, str) else ""
    base = {"opt-in": True, "opt-out": False}.get(tail)
    yield from _walk({**root, "except": consent.get("except")}, base, {}, "Consent", "except")


def _walk(rule: Json, permit: bool | None, above: Json, path: str, nested: str) -> Iterator[Block]:
    given = {**above, **{name: rule[name] for name in _INHERITED if rule.get(name)}}
    for name in ("modifierExtension", "extension"):
        if rule.get(name):
            given[name] = [*given.get(name, ()), *rule[name]]
    if permit is not None:
        yield Block(permit, given, path)
    for number, inner in enumerate(listed(rule.get(nested))):
        if isinstance(inner, dict):
            permit = _typed(inner.get("type")) or False  # an exception that does not say which forbids
            yield from _walk(inner, permit, given, f"{path}.{nested}[{number}]", nested)


def _typed(value: Any) -> bool | None:
    return {"permit": True, "deny": False}.get(value) if isinstance(value, str) else None


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A value as a list: empty where there is none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _codes(concept: Any) -> list[str]:
    return [code for _, code in codings(concept)]


def codings(value: Any) -> list[tuple[str, str]]:
    """System and code of every coding in CodeableConcepts or Codings, one or a list."""
    found: list[tuple[str, str]] = []
    for one in listed(value):
        if not isinstance(one, dict):
            continue
        for coding in listed(one["coding"]) if "coding" in one else [one]:
            if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                system = coding.get("system")
                found.append((system if isinstance(system, str) else "", coding["code"]))
    return found
