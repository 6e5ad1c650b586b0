"""The FHIR JSON shape to FHIR XML, elements in the order of the specification."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import msgspec
from lxml import etree

from adapter.fhir.errors import FhirError, safe_name
from adapter.fhir.jsontext import JsonObject, loads_exact
from adapter.fhir.limits import LIMITS
from adapter.fhir.shapes import Element, Shape, shape_of_model, shape_of_resource
from adapter.fhir.structure import unknown_type
from adapter.fhir.xmltext import FHIR, XHTML, parse
from adapter.model.sources import FhirVersion

# Characters that XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")


def to_xml(resource: JsonObject, version: FhirVersion) -> bytes:
    """Write FHIR XML (UTF-8, with declaration). Raises `FhirError` for what this FHIR version has no element for.

    A character that XML cannot hold (a form feed, say) becomes U+FFFD.
    """
    node = _Writer(version).resource(resource, "", None, 1)
    return bytes(etree.tostring(node, encoding="UTF-8", xml_declaration=True))


class _Writer:
    __slots__ = ("version",)

    def __init__(self, version: FhirVersion) -> None:
        self.version = version

    def resource(self, value: Any, path: str, parent: Any, depth: int) -> Any:
        value = loads_exact(bytes(value)) if isinstance(value, msgspec.Raw) else value
        name = value.get("resourceType") if isinstance(value, dict) else None
        shape = shape_of_resource(name, self.version) if isinstance(name, str) else None
        if shape is None:
            raise FhirError(f"{path + ': ' if path else ''}{unknown_type(name, self.version)}")
        tag = f"{{{FHIR}}}{name}"
        node = etree.Element(tag, nsmap={None: FHIR}) if parent is None else etree.SubElement(parent, tag)
        self.object(node, value, shape, path or shape.name, depth)
        return node

    def object(self, node: Any, value: Any, shape: Shape, path: str, depth: int) -> None:
        if not isinstance(value, dict):
            raise FhirError(f"{path}: an object is expected. Correct it.")
        if depth > LIMITS.depth:
            raise FhirError(f"{path}: nested deeper than {LIMITS.depth} levels. Make it flatter.")
        unknown = next((key for key in value if key not in shape.elements), None)
        if unknown is not None:
            raise FhirError(f"{path}.{safe_name(unknown)}: no element of FHIR {self.version} here. Leave it out.")
        for name in shape.order:
            companion = value.get(f"_{name}")
            if name not in value and companion is None:
                continue
            element, where = shape.elements[name], f"{path}.{name}"
            if not shape.is_resource and (name == "id" or (name == "url" and shape.name == "Extension")):
                node.set(name, _text(value[name], where))
            elif element.is_primitive and element.kind != "xhtml":
                self.primitives(node, element, (value.get(name), companion), where, depth)
            else:
                for item in _items(value[name], element, where):
                    self.one(node, element, item, where, depth)

    def one(self, node: Any, element: Element, item: Any, path: str, depth: int) -> None:
        if element.kind == "xhtml":
            node.append(_div(item, path))
            return
        child = etree.SubElement(node, f"{{{FHIR}}}{element.name}")
        if element.kind == "resource":
            self.resource(item, path, child, depth + 1)
        else:
            self.object(child, item, shape_of_model(element.model), path, depth + 1)

    def primitives(self, node: Any, element: Element, pair: tuple[Any, Any], path: str, depth: int) -> None:
        value, companion = pair
        values = _items(value, element, path) if value is not None else []
        companions = _items(companion, element, path) if companion is not None else []
        for at in range(max(len(values), len(companions))):
            item = values[at] if at < len(values) else None
            beside = companions[at] if at < len(companions) else None
            child = etree.SubElement(node, f"{{{FHIR}}}{element.name}")
            if beside is not None:
                self.companion(child, beside, path, depth)
            if item is not None:
                child.set("value", _text(item, path))

    def companion(self, child: Any, beside: Any, path: str, depth: int) -> None:
        if not isinstance(beside, dict) or beside.keys() - {"id", "extension"}:
            raise FhirError(f"{path}: beside a value only id and extension may stand. Correct it.")
        if "id" in beside:
            child.set("id", _text(beside["id"], path))
        extension = _extension(self.version)
        for item in _items(beside.get("extension", []), extension, path):
            self.one(child, extension, item, f"{path}.extension", depth + 1)


def _extension(version: FhirVersion) -> Element:
    shape = shape_of_resource("Basic", version)
    assert shape is not None  # noqa: S101 - Basic is in every FHIR version
    return shape.elements["extension"]


def _items(value: Any, element: Element, path: str) -> list[Any]:
    if element.many is not isinstance(value, list):
        raise FhirError(f"{path}: {'an array' if element.many else 'one value'} is expected. Correct it.")
    return value if element.many else [value]


def _text(value: Any, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _UNWRITABLE.sub("\ufffd", value)
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    raise FhirError(f"{path}: a single value is expected. Correct it.")


def _div(text: Any, path: str) -> Any:
    """The narrative as an element. HTML entities, which XML does not know, become the characters they stand for."""
    if not isinstance(text, str):
        raise FhirError(f"{path}: XHTML text is expected. Correct it.")
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), _UNWRITABLE.sub("\ufffd", text))
    div = parse(text.encode())
    if div.tag != f"{{{XHTML}}}div":
        raise FhirError(f"{path}: a <div> in the namespace {XHTML} is expected. Correct it.")
    return div
