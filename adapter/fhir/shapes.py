"""The shape of every FHIR type: which elements, in which order, how often, of which kind.

Read from the models of `fhir.resources`, so there is one definition: STU3 3.0.2 for 3.0; R4B 4.3.0 for 4.0, with what
differs from 4.0.1 in `adapter.fhir.r4`. Everything is looked up when first asked for: the models are slow to import.
"""

from __future__ import annotations

import importlib
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from adapter.fhir.plain import PLAIN, never
from adapter.fhir.r4 import NOT_IN_401, TYPES_NOT_IN_401
from adapter.model.sources import FhirVersion

_PACKAGES = {FhirVersion.STU3: "fhir.resources.STU3", FhirVersion.R4: "fhir.resources.R4B"}
_TYPE_NAME = re.compile(r"[A-Z][A-Za-z]{1,60}")
_ABSTRACT = frozenset({"Resource", "DomainResource"})
_WHOLE = frozenset({"integer", "positiveInt", "unsignedInt", "integer64"})
_JSON_TYPES: Mapping[str, frozenset[type]] = {
    "boolean": frozenset({bool}),
    "decimal": frozenset({int, float, Decimal}),
    **dict.fromkeys(_WHOLE, frozenset({int})),
}
_TEXT: frozenset[type] = frozenset({str})
_OBJECT: frozenset[type] = frozenset({dict})


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type.

    `kind`: name of a FHIR primitive (`boolean`, `decimal`, `xhtml` …), or `complex`, `resource` (any resource),
    `companion` (the `_name` beside a primitive: its id and extensions), `type` (resourceType).
    `types`: the Python types its JSON value may have. `choice`: the `value` of `valueQuantity`, None for no choice.
    `type_name`: FHIR's name of the type of a complex element. `plain`: whether a primitive value is plainly good.
    """

    name: str
    kind: str
    many: bool
    types: frozenset[type]
    model: Any = None
    choice: str | None = None
    type_name: str = ""
    plain: Callable[[Any], object] = never

    @property
    def is_primitive(self) -> bool:
        """Whether JSON writes it as one value with its id and extensions in a companion."""
        return self.kind not in {"complex", "resource", "companion", "type"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The elements of a type in the order of the specification, by JSON name (companions included).

    `proved`: sets of elements with which the models found an object of this type good. What is required and what goes
    together depends on no more than that, so an object with these elements is good when each of them is.
    """

    name: str
    is_resource: bool
    elements: Mapping[str, Element]
    order: tuple[str, ...]
    proved: set[frozenset[str]] = field(default_factory=set, compare=False)


@lru_cache(maxsize=1024)  # bounded: the names come from outside
def model_of(name: str, version: FhirVersion) -> Any:
    """The `fhir.resources` model of a resource type, None where this FHIR version has no such resource."""
    if not _TYPE_NAME.fullmatch(name) or name in _ABSTRACT:
        return None
    if version is FhirVersion.R4 and name in NOT_IN_401:
        return None
    package = importlib.import_module(_PACKAGES[version])
    try:
        model = package.get_fhir_model_class(name)
        return model if model.has_resource_base() else None
    except (ValueError, AttributeError, ImportError, KeyError):
        return None


def shape_of_resource(name: str, version: FhirVersion) -> Shape | None:
    """The shape of a resource type, None where this FHIR version has no such resource."""
    model = model_of(name, version)
    return None if model is None else shape_of_model(model)


@cache
def shape_of_model(model: Any) -> Shape:
    """The shape that a `fhir.resources` model describes."""
    elements: dict[str, Element] = {}
    for key, described in model.model_fields.items():
        if key == "fhir_comments":  # of DSTU2; no part of STU3 or R4
            continue
        extra = described.json_schema_extra
        choice = extra.get("one_of_many") if isinstance(extra, dict) else None
        name = described.alias or key
        element = _element(name, described.annotation, choice)
        if element.type_name not in TYPES_NOT_IN_401:  # STU3 has none of these either
            elements[name] = element
    for name, element in list(elements.items()):
        owner = elements.get(name[1:]) if name[0] == "_" else None
        if owner is not None and owner.kind == "xhtml":  # its id stands in the <div>, and it has no extensions
            del elements[name]
        elif owner is not None and owner.choice:
            elements[name] = Element(name, element.kind, element.many, _OBJECT, element.model, owner.choice)
    is_resource = bool(model.has_resource_base())
    # The library names some elements twice.
    order = tuple(name for name in dict.fromkeys(model.elements_sequence()) if name in elements)
    if is_resource:
        elements["resourceType"] = Element("resourceType", "type", False, _TEXT, plain=PLAIN["type"])
    return Shape(model.__resource_type__, is_resource, elements, order)


def _element(name: str, annotation: Any, choice: str | None) -> Element:
    inner, many = _unwrap(annotation)
    if hasattr(inner, "get_model_klass"):
        model = inner.get_model_klass()
        if model.__name__ == "FHIRPrimitiveExtension":
            return Element(name, "companion", many, _OBJECT, model, choice)
        kind = "resource" if model.__name__ == "Resource" else "complex"
        return Element(name, kind, many, _OBJECT, model, choice, model.__name__)
    kind = _primitive(inner)
    return Element(name, kind, many, _JSON_TYPES.get(kind, _TEXT), None, choice, plain=PLAIN.get(kind, never))


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    """The type inside `X | None`, `list[X]` and `list[X | None]`, and whether there was a list."""
    many = False
    while True:
        origin, given = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is list:
            many, annotation = True, given[0]
        elif origin is not None and type(None) in given:
            annotation = next(a for a in given if a is not type(None))
        else:
            return annotation, many


def _primitive(annotation: Any) -> str:
    if annotation is bool:
        return "boolean"
    for note in typing.get_args(annotation)[1:]:
        name = getattr(note, "__visit_name__", None)
        if name:
            return str(name)
    return "string"
