"""What `fhir.resources` lets through and a reader trips over: wrong kinds, empty objects, nulls, strange names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from adapter.fhir.errors import safe_name
from adapter.fhir.limits import LIMITS, Limits
from adapter.fhir.r4 import ONLY_IN_401
from adapter.fhir.shapes import Element, Shape, shape_of_model, shape_of_resource
from adapter.model.sources import FhirVersion

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MOST = 4096  # builds of one type; there are some dozens in use
_WORDS = {bool: "true or false", int: "a whole number", str: "a text", dict: "an object"}


def unknown_type(name: object, version: FhirVersion) -> str:
    """What to say of a resource type that has no shape. Names it only where another FHIR version knows it."""
    if not isinstance(name, str) or not name:
        return "resourceType is missing. Send the FHIR resource type as text."
    if version is FhirVersion.R4 and name in ONLY_IN_401:
        return f"{name} cannot be checked: the models used are of FHIR 4.3, which dropped it. Leave it out."
    other = FhirVersion.R4 if version is FhirVersion.STU3 else FhirVersion.STU3
    if shape_of_resource(name, other) is not None:
        return f"{name} is not a resource type of FHIR {version}. Send it as FHIR {other}, or another type."
    return f"resourceType is not a resource type of FHIR {version}. Check the name and its capitals."


@dataclass(slots=True)
class Walked:
    """What a walk over a resource found.

    `found`: what is wrong, as `Type.element[0].element: what. What to do.` `good`: nothing is, and every part of it was
    found good before, so the models have nothing left to say. `proves`: what is proved when they find it good.
    """

    found: list[str]
    good: bool
    proves: list[tuple[Shape, frozenset[str]]]

    def prove(self) -> None:
        """The models found it good: so is anything of the same build with values that are plainly good."""
        for shape, elements in self.proves:
            if len(shape.proved) >= _MOST:
                shape.proved.clear()
            shape.proved.add(elements)


def walk(resource: dict[str, Any], version: FhirVersion, limits: Limits = LIMITS) -> Walked:
    """Look at the structure of a resource and at each of its values."""
    name = resource.get("resourceType")
    shape = shape_of_resource(name, version) if isinstance(name, str) else None
    if shape is None:
        return Walked([unknown_type(name, version)], False, [])
    walking = _Walk(version, limits)
    walking.object(resource, shape, shape.name, 1)
    return Walked(walking.found, walking.plain and not walking.found and not walking.proves, walking.proves)


class _Walk:
    """One walk over one resource. `plain`: every value so far is plainly good; `proves`: builds that are new."""

    __slots__ = ("found", "limits", "plain", "proves", "version")

    def __init__(self, version: FhirVersion, limits: Limits) -> None:
        self.version = version
        self.limits = limits
        self.found: list[str] = []
        self.plain = True
        self.proves: list[tuple[Shape, frozenset[str]]] = []

    def object(self, value: dict[str, Any], shape: Shape, path: str, depth: int) -> None:
        if depth > self.limits.depth:
            self.found.append(f"{path}: nested deeper than {self.limits.depth} levels. Send it flatter.")
            return
        if not value or (len(value) == 1 and "resourceType" in value and depth > 1):
            self.found.append(f"{path}: the object is empty. Leave it out, or fill it.")
        choices: dict[str, str] = {}
        elements = shape.elements
        for key, item in value.items():
            element = elements.get(key)
            if element is None:
                self.found.append(f"{path}.{safe_name(key)}: no element of FHIR {self.version} here. Leave it out.")
                continue
            if element.choice:
                plain = key.lstrip("_")
                if choices.setdefault(element.choice, plain) != plain:
                    self.found.append(f"{path}.{element.choice}[x]: more than one is given. Send one.")
            if element.many:
                self.array(item, element, f"{path}.{key}", depth + 1)
            elif type(item) not in element.types:
                self.wrong(item, element, f"{path}.{key}")
            elif element.model is not None:
                self.nested(item, element, f"{path}.{key}", depth + 1)
            elif not element.plain(item):
                self.plain = False
                if element.kind == "id" and not ID.fullmatch(item):
                    self.found.append(f"{path}.{key}: an id has 1 to 64 letters, digits, - and . only. Correct it.")
        if (build := frozenset(value)) not in shape.proved:
            self.proves.append((shape, build))

    def array(self, items: Any, element: Element, path: str, depth: int) -> None:
        if type(items) is not list:
            self.found.append(f"{path}: an array is expected. Put it between [ and ].")
            return
        if not items:
            self.found.append(f"{path}: the array is empty. Leave it out, or fill it.")
        holes = element.model is None or element.kind == "companion"
        for at, item in enumerate(items):
            if item is None and holes:
                self.plain = False
            elif type(item) not in element.types:
                self.wrong(item, element, f"{path}[{at}]")
            elif element.model is not None:
                self.nested(item, element, f"{path}[{at}]", depth + 1)
            elif not element.plain(item):
                self.plain = False

    def nested(self, value: dict[str, Any], element: Element, path: str, depth: int) -> None:
        if element.kind == "resource":
            self.resource(value, path, depth)
            return
        if element.kind == "companion":  # whether it may stand for its value depends on what is in it
            self.plain = False
        self.object(value, shape_of_model(element.model), path, depth)

    def resource(self, value: dict[str, Any], path: str, depth: int) -> None:
        name = value.get("resourceType")
        shape = shape_of_resource(name, self.version) if isinstance(name, str) else None
        if shape is None:
            self.found.append(f"{path}: {unknown_type(name, self.version)}")
        else:
            self.object(value, shape, path, depth)

    def wrong(self, item: Any, element: Element, path: str) -> None:
        expected = "a number" if len(element.types) > 1 else _WORDS[next(iter(element.types))]
        sent = "null" if item is None else _sent(item)
        self.found.append(f"{path}: {expected} is expected, {sent} was sent. Send {expected}, or leave it out.")


def _sent(item: object) -> str:
    if isinstance(item, list):
        return "an array"
    if isinstance(item, bool):
        return "true or false"
    if isinstance(item, str):
        return "a text"
    return "an object" if isinstance(item, dict) else "a number"
