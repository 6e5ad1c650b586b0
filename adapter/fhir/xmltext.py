"""FHIR XML to the FHIR JSON shape. No DTD, no entity, no network; decimals keep their digits.

Rules of the two formats: http://hl7.org/fhir/json.html and http://hl7.org/fhir/xml.html (the same in STU3 and R4).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from adapter.fhir.errors import FhirError, safe_name
from adapter.fhir.jsontext import JsonObject, without_bom
from adapter.fhir.limits import LIMITS, Limits
from adapter.fhir.shapes import Element, Shape, shape_of_model, shape_of_resource
from adapter.fhir.structure import unknown_type
from adapter.model.sources import FhirVersion

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,30})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,6})?")


def parse(body: bytes) -> Any:
    """The root element of an XML text that is safe to read. Raises `FhirError`."""
    body = without_bom(body)
    if not body.strip():
        raise FhirError("The text is empty. Send a FHIR resource.")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise FhirError("The XML declares a document type or entities, which FHIR does not allow. Leave them out.")
    # The encoding is forced: another one could hide a declaration from the test above.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise FhirError(f"The text is not XML in UTF-8 (line {line or '?'}). Send it as valid XML.") from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise FhirError("The XML has no content that can be read safely. Send it without a document type.")
    return root


def from_xml(body: bytes, version: FhirVersion, limits: Limits = LIMITS) -> JsonObject:
    """Read FHIR XML into the FHIR JSON shape; decimals with a fraction become `Decimal`. Raises `FhirError`."""
    return _Reader(version, limits).resource(parse(body), "", 1)


class _Reader:
    """Reads one text. Paths are kept for the error messages only."""

    __slots__ = ("limits", "version")

    def __init__(self, version: FhirVersion, limits: Limits) -> None:
        self.version = version
        self.limits = limits

    def resource(self, node: Any, path: str, depth: int) -> JsonObject:
        namespace, name = _tag(node, path or "The root element")
        _in_namespace(namespace, FHIR, path or "The root element")
        shape = shape_of_resource(name, self.version)
        if shape is None:
            raise FhirError(f"{path + ': ' if path else ''}{unknown_type(name, self.version)}")
        return {"resourceType": name, **self.object(node, shape, path or name, depth)}

    def object(self, node: Any, shape: Shape, path: str, depth: int) -> JsonObject:
        if depth > self.limits.depth:
            raise FhirError(f"{path}: nested deeper than {self.limits.depth} levels. Send it flatter.")
        made: JsonObject = {}
        for key, value in node.attrib.items():
            if key == _SCHEMA_LOCATION:
                continue
            if shape.is_resource or key not in {"id", "url"} or key not in shape.elements:
                raise FhirError(f"{path}@{safe_name(key)}: no attribute of FHIR here. Leave it out.")
            made[key] = value
        self.no_text(node, path)
        for child in node:
            self.child(child, shape, made, path, depth)
        _drop_empty_companions(made, shape)
        return made

    def child(self, child: Any, shape: Shape, made: JsonObject, path: str, depth: int) -> None:
        namespace, name = _tag(child, path)
        element = shape.elements.get(name)
        if element is None or element.kind in {"companion", "type"}:
            raise FhirError(f"{path}.{safe_name(name)}: no element of FHIR {self.version} here. Leave it out.")
        where = f"{path}.{name}"
        _in_namespace(namespace, XHTML if element.kind == "xhtml" else FHIR, where)
        if name in made and not element.many:
            raise FhirError(f"{where}: given twice. Send it once.")
        if element.kind == "xhtml":
            made[name] = etree.tostring(child, encoding="unicode", with_tail=False)
        elif element.is_primitive:
            self.primitive(child, (element, shape.elements.get(f"_{name}")), made, where, depth)
        else:
            item = self.complex(child, element, where, depth)
            if element.many:
                made.setdefault(name, []).append(item)
            else:
                made[name] = item

    def complex(self, node: Any, element: Element, path: str, depth: int) -> JsonObject:
        if element.kind != "resource":
            return self.object(node, shape_of_model(element.model), path, depth + 1)
        self.no_text(node, path)
        if len(node) != 1 or node.attrib:
            raise FhirError(f"{path}: exactly one resource is expected inside. Correct it.")
        return self.resource(node[0], path, depth + 1)

    def primitive(
        self, node: Any, pair: tuple[Element, Element | None], made: JsonObject, path: str, depth: int
    ) -> None:
        element, beside = pair
        self.no_text(node, path)
        text = node.get("value")
        value = None if text is None else to_value(text, element.kind)
        companion = self.companion(node, beside, path, depth)
        if value is None and not companion:
            raise FhirError(f"{path}: has neither a value nor an extension. Leave it out, or fill it.")
        if element.many:
            made.setdefault(element.name, []).append(value)
            made.setdefault(f"_{element.name}", []).append(companion or None)
            return
        if value is not None:
            made[element.name] = value
        if companion:
            made[f"_{element.name}"] = companion

    def companion(self, node: Any, element: Element | None, path: str, depth: int) -> JsonObject:
        extra = {key: value for key, value in node.attrib.items() if key != "value"}
        if not extra and not len(node):
            return {}
        if element is None or extra.keys() - {"id"}:
            raise FhirError(f"{path}: has attributes or extensions that FHIR does not allow here. Leave them out.")
        made: JsonObject = dict(extra)
        shape = shape_of_model(element.model)
        for child in node:
            self.child(child, shape, made, path, depth + 1)
        return made

    def no_text(self, node: Any, path: str) -> None:
        text = node.text or ""
        for child in node:
            text += child.tail or ""
        if text and not text.isspace():
            raise FhirError(f"{path}: holds bare text. FHIR writes values in the attribute `value`.")


def to_value(text: str, kind: str) -> Any:
    """The JSON value of a `value` attribute; what is not written as its kind stays text, for the check to refuse."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "decimal" and _DECIMAL.fullmatch(text):
        return int(text) if _WHOLE.fullmatch(text) else Decimal(text)
    if kind in {"integer", "positiveInt", "unsignedInt", "integer64"} and _WHOLE.fullmatch(text):
        return int(text)
    return text


def _tag(node: Any, path: str) -> tuple[str, str]:
    """Namespace and name of an element."""
    tag = node.tag
    if not isinstance(tag, str):
        raise FhirError(f"{path}: holds something else than elements. Leave it out.")
    namespace, _, name = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
    return namespace, name


def _in_namespace(namespace: str, wanted: str, path: str) -> None:
    if namespace != wanted:
        raise FhirError(f"{path}: is not in the namespace {wanted}. Declare it.")


def _drop_empty_companions(made: JsonObject, shape: Shape) -> None:
    """Of a repeating primitive, leave out the side (values or companions) that holds only nulls."""
    for key in [k for k, v in made.items() if isinstance(v, list) and shape.elements[k].kind != "complex"]:
        if all(item is None for item in made[key]):
            del made[key]
