"""Cut what a source sent into single resources, each with the bytes it was sent as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from lxml import etree

from adapter.fhir.errors import FhirError
from adapter.fhir.jsontext import without_bom
from adapter.fhir.outcome import outcome_text
from adapter.fhir.salvage import items, members
from adapter.fhir.xmltext import FHIR, parse
from adapter.model.sources import FhirVersion, Media

_NS = f"{{{FHIR}}}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource as sent: `mode` is match, include or None (no search). Unchecked: type and id are as written."""

    body: bytes
    type: str | None
    id: str | None
    full_url: str | None
    mode: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """The resources of one answer. `next`: address of the next page. `problems`: what was left out, and why."""

    entries: tuple[Entry, ...]
    next: str | None
    total: int | None
    problems: tuple[str, ...]


class _Head(msgspec.Struct):
    resourceType: Any = None  # noqa: N815 - FHIR's name
    id: Any = None


class _Bundle(msgspec.Struct):
    resourceType: Any = None  # noqa: N815
    total: Any = None
    link: Any = None
    entry: msgspec.Raw = msgspec.Raw(b"[]")


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")
    fullUrl: Any = None  # noqa: N815
    search: Any = None
    request: Any = None
    response: Any = None


_S = TypeVar("_S", _Head, _Bundle, _Entry)
_BAD_JSON = (msgspec.MsgspecError, UnicodeError, RecursionError)
_HEAD = msgspec.json.Decoder(_Head)
_BUNDLE = msgspec.json.Decoder(_Bundle)
_ENTRIES = msgspec.json.Decoder(list[msgspec.Raw])
_ENTRY = msgspec.json.Decoder(_Entry)
_ANY = msgspec.json.Decoder()


def split(body: bytes, media: Media, version: FhirVersion) -> Page:
    """Cut a Bundle, or pass a single resource as one entry. Never raises on bad input: see `Page.problems`.

    An OperationOutcome, in a Bundle or alone, is told as a problem and is no entry.
    """
    try:
        return _split_json(without_bom(body)) if media is Media.JSON else _split_xml(body)
    except FhirError as error:
        return _nothing(str(error))


def split_ndjson(body: bytes) -> Page:
    """Cut NDJSON: one resource, or one Bundle, a line. A bad line is a problem that names its number."""
    entries: list[Entry] = []
    problems: list[str] = []
    for number, line in enumerate(without_bom(body).split(b"\n"), start=1):
        if not line.strip():
            continue
        page = split(line.strip(), Media.JSON, FhirVersion.STU3)
        entries.extend(page.entries)
        problems.extend(f"line {number}: {problem}" for problem in page.problems)
    return Page(tuple(entries), None, None, tuple(problems))


def _nothing(problem: str) -> Page:
    return Page((), None, None, (problem,))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _split_json(body: bytes) -> Page:
    if not body.strip():
        return _nothing("The text is empty. Send a FHIR resource or Bundle.")
    if _decoded(_HEAD, body).resourceType != "Bundle":
        return _page([_json_entry(body.strip(), None, None)], None, None)
    bundle = _decoded(_BUNDLE, body)
    cut: list[Entry | str] = []
    for at, raw in enumerate(_raw_entries(bytes(bundle.entry))):
        try:
            cut.extend(_cut_json(raw, at))
        except FhirError:
            cut.append(f"Bundle.entry[{at}]: cannot be read. Left out; send it as FHIR JSON.")
    return _page(cut, _next(bundle.link), bundle.total)


def _decoded(decoder: msgspec.json.Decoder[_S], body: bytes) -> _S:
    """What the decoder reads; where something inside is bad, what can still be cut out of it."""
    try:
        return decoder.decode(body)
    except _BAD_JSON:
        parts = members(body)
    made = decoder.type()
    for name in parts.keys() & set(made.__struct_fields__):
        kept = isinstance(getattr(made, name), msgspec.Raw)
        setattr(made, name, msgspec.Raw(parts[name]) if kept else _quiet(parts[name]))
    return made


def _quiet(value: bytes) -> Any:
    try:
        return _ANY.decode(value)
    except _BAD_JSON:
        return None


def _raw_entries(raw: bytes) -> list[bytes]:
    try:
        return [bytes(one) for one in _ENTRIES.decode(raw)]
    except _BAD_JSON:
        return items(raw)


def _cut_json(raw: bytes, at: int) -> Iterable[Entry | str]:
    entry = _decoded(_ENTRY, raw)
    body = bytes(entry.resource)
    if not body:
        # A deletion in a history, or the answer to one in a transaction, has no resource; anything else should.
        if entry.request is None and entry.response is None:
            yield f"Bundle.entry[{at}]: has no resource. Left out."
        return
    mode = entry.search.get("mode") if isinstance(entry.search, dict) else None
    yield _json_entry(body, _text(entry.fullUrl), _text(mode))


def _json_entry(body: bytes, full_url: str | None, mode: str | None) -> Entry:
    head = _decoded(_HEAD, body)
    return Entry(body, _text(head.resourceType), _text(head.id), full_url, mode)


def _next(links: object) -> str | None:
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            return _text(link.get("url"))
    return None


def _page(cut: Iterable[Entry | str], following: str | None, total: object, problems: Iterable[str] = ()) -> Page:
    entries: list[Entry] = []
    told = list(problems)
    for item in cut:
        if isinstance(item, str):
            told.append(item)
        elif item.type == "OperationOutcome":
            told.extend(_outcome(item))
        else:
            entries.append(item)
    good = total if type(total) is int and total >= 0 else None
    return Page(tuple(entries), following, good, tuple(told))


def _outcome(entry: Entry) -> Iterable[str]:
    if entry.body.lstrip()[:1] != b"<":
        return outcome_text(_quiet(entry.body))
    issues = [
        {name: _value(issue, name) for name in ("severity", "code")} for issue in parse(entry.body).iter(f"{_NS}issue")
    ]
    return outcome_text({"issue": issues})


def _split_xml(body: bytes) -> Page:
    root = parse(body)
    if root.tag != f"{_NS}Bundle":
        return _page([_xml_entry(root, without_bom(body), None, None)], None, None)
    following = next(
        (_value(k, "url") for k in root.iterchildren(f"{_NS}link") if _value(k, "relation") == "next"), None
    )
    total = _value(root, "total")
    cut: list[Entry | str] = []
    for at, entry in enumerate(root.iterchildren(f"{_NS}entry")):
        cut.extend(_cut_xml(entry, at))
    return _page(
        cut, following, int(total) if total and total.isascii() and total.isdigit() and len(total) < 10 else None
    )


def _cut_xml(entry: Any, at: int) -> Iterable[Entry | str]:
    resource = entry.find(f"{_NS}resource")
    if resource is None or not len(resource):
        if entry.find(f"{_NS}request") is None and entry.find(f"{_NS}response") is None:
            yield f"Bundle.entry[{at}]: has no resource. Left out."
        return
    search = entry.find(f"{_NS}search")
    mode = None if search is None else _value(search, "mode")
    # Written as an element of its own, with the namespaces it uses declared again.
    body = etree.tostring(resource[0], encoding="UTF-8", with_tail=False)
    yield _xml_entry(resource[0], bytes(body), _value(entry, "fullUrl"), mode)


def _xml_entry(node: Any, body: bytes, full_url: str | None, mode: str | None) -> Entry:
    name = etree.QName(node.tag)
    kind = str(name.localname) if name.namespace == FHIR else None
    return Entry(body, kind, _value(node, "id"), full_url, mode)


def _value(node: Any, name: str) -> str | None:
    child = node.find(f"{_NS}{name}")
    return None if child is None else child.get("value")
