"""A resource as it is served: as its source sent it, with a few declared edits.

The edits: `id` and references where another source uses the same id, `meta.versionId` and `meta.lastUpdated` (ours, as
of every FHIR server), a `meta.tag` that names the source, in R4 `meta.source`. For a caller for whom the woman is
implied by the token, a BSN is masked the way Nictiz masks it (`data-absent-reason`). Nothing else is touched: JSON that
needs no other edit keeps its very bytes. Of a resource that comes back the edits to `meta` are taken off (`taken_off`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from adapter import fhir
from adapter.fhir import JsonObject
from adapter.model.identifiers import System, system_of
from adapter.model.sources import FhirVersion, Media
from adapter.service.endpoint.names import Names
from adapter.service.endpoint.scope import Caller
from adapter.store.search import Row

SOURCE_TAGS = "urn:uuid:6a1d3d1e-6c0f-4b57-9a67-0d6a3a0f4f21"
"""System of the tag that names the source; made once, it means nothing else. This project has no web domain."""
_MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
_SPLIT: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VERSION, _UPDATED = "f6b0c1de-version", "f6b0c1de-updated"  # stand in a meta until it is known what goes there
_OURS = frozenset({"versionId", "lastUpdated"})
_JSON = Media.JSON.value
_BOM = b"\xef\xbb\xbf"
_META = msgspec.json.Decoder()
_ENCODE = msgspec.json.Encoder().encode


class _Top(msgspec.Struct):
    meta: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_TOP = msgspec.json.Decoder(_Top).decode


@lru_cache(4096)
def _instant(microseconds: int) -> str:
    at = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000 // 1000:03d}Z"


@lru_cache(4096)
def _written_instant(microseconds: int) -> bytes:
    return _instant(microseconds).encode()


class Served:
    """Makes the served form of what is stored."""

    def __init__(self, names: Names, titles: Mapping[str, str], version: FhirVersion) -> None:
        self._names = names
        self._version = version
        self._tags = {source: {"system": SOURCE_TAGS, "code": source, "display": titles[source]} for source in titles}
        self._meta_of = lru_cache(2048)(self._template)
        self._uris = {source: _uri(source) for source in titles}

    def id(self, row: Row, caller: Caller) -> str:
        """The id under which this resource is served."""
        return self._names.public(row.source, row.type, row.id, caller.source, caller.sees)

    def body(self, row: Row, caller: Caller, body: bytes | None = None) -> bytes:
        """JSON."""
        sent = row.body() if body is None else body
        if caller.masked or row.media != _JSON or row.source in self._names.touched:
            return fhir.to_json(self.resource(row, caller, sent))
        sent = sent.removeprefix(_BOM)
        held = _TOP(sent).meta
        old = b"" if held is msgspec.UNSET else bytes(held)
        first, second, third = self._meta_of(old, row.source)
        meta = b"%b%d%b%b%b" % (first, row.seq, second, _written_instant(row.received_us), third)
        if not old:
            end = sent.rindex(b"}")
            return b'%b,"meta":%b%b' % (sent[:end], meta, sent[end:])
        before, _, after = sent.partition(old)
        if old not in after:
            return b"".join((before, meta, after))
        parts = _SPLIT.decode(sent)  # the same stands elsewhere in it too
        parts["meta"] = msgspec.Raw(meta)
        return _ENCODE(parts)

    def resource(self, row: Row, caller: Caller, body: bytes | None = None) -> JsonObject:
        """As an object, its decimals exact."""
        sent = row.body() if body is None else body
        media = Media.JSON if row.media == Media.JSON.value else Media.XML
        resource = fhir.read_exact(sent, media, self._version)
        resource["id"] = self.id(row, caller)
        resource["meta"] = self._meta(row, resource.get("meta"))
        if row.source in self._names.touched:
            self._rename(resource, row.source, caller)
        return masked(resource) if caller.masked else resource

    def _meta(self, row: Row, given: Any) -> dict[str, Any]:
        return self._made(given, row.source, str(row.seq), _instant(row.received_us))

    def _template(self, given: bytes, source: str) -> tuple[bytes, bytes, bytes]:
        """Most resources of a source say the same in `meta`: made once, but for the version and then the instant."""
        text = _ENCODE(self._made(_META.decode(given) if given else None, source, _VERSION, _UPDATED))
        first, _, rest = text.partition(_VERSION.encode())
        second, _, third = rest.partition(_UPDATED.encode())
        return first, second, third

    def _made(self, given: Any, source: str, version: str, updated: str) -> dict[str, Any]:
        meta = {key: given[key] for key in given if key not in _OURS} if isinstance(given, dict) else {}
        meta["versionId"] = version
        meta["lastUpdated"] = updated
        tags = meta.get("tag")
        meta["tag"] = [*(tags if isinstance(tags, list) else ()), self._tag(source)]
        if self._version is FhirVersion.R4:
            meta.setdefault("source", self._uris.get(source, SOURCE_TAGS))
        return meta

    def _tag(self, source: str) -> dict[str, str]:
        return self._tags.get(source) or {"system": SOURCE_TAGS, "code": source}

    def _rename(self, value: Any, source: str, caller: Caller) -> None:
        if isinstance(value, list):
            for item in value:
                self._rename(item, source, caller)
        elif isinstance(value, dict):
            reference = value.get("reference")
            if isinstance(reference, str) and (relative := fhir.relative(reference)):
                kind, _, id = relative.partition("/")
                public = self._names.public(source, kind, id, caller.source, caller.sees)
                if public != id:
                    value["reference"] = f"{kind}/{public}"
            for item in value.values():
                self._rename(item, source, caller)


def taken_off(resource: JsonObject) -> bool:
    """Take off what serving added to the meta of a resource that comes back; whether it carried our tag."""
    meta: Any = resource.get("meta")
    tags: Any = meta.get("tag") if isinstance(meta, dict) else None
    ours = [tag for tag in tags if _is_ours(tag)] if isinstance(tags, list) else []
    if not ours:
        return False
    kept = {name: value for name, value in meta.items() if name not in (*_OURS, "tag")}
    if others := [tag for tag in tags if not _is_ours(tag)]:
        kept["tag"] = others
    if kept.get("source") in [SOURCE_TAGS, *(_uri(str(tag.get("code"))) for tag in ours)]:
        del kept["source"]
    resource["meta"] = kept
    if not kept:
        del resource["meta"]
    return True


def _is_ours(tag: Any) -> bool:
    return isinstance(tag, dict) and tag.get("system") == SOURCE_TAGS


def _uri(source: str) -> str:
    """What `meta.source` says of a source, where it says nothing itself."""
    return f"urn:uuid:{uuid.uuid5(uuid.UUID(SOURCE_TAGS[9:]), source)}"


def masked(resource: JsonObject) -> JsonObject:
    """The resource without any BSN: identifiers masked, and the same digits gone from every text."""
    found: set[str] = set()
    _mask(resource, found)
    if not found:
        return resource
    text = fhir.to_json(resource)
    for bsn in found:
        text = text.replace(bsn.encode(), b"*********")
    return fhir.read_exact(text, Media.JSON, FhirVersion.STU3)


def _mask(value: Any, found: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _mask(item, found)
    elif isinstance(value, dict):
        system = value.get("system")
        if isinstance(system, str) and system_of(system) is System.BSN and isinstance(value.get("value"), str):
            found.add(value.pop("value"))
            value["_value"] = dict(_MASKED)
        for item in value.values():
            _mask(item, found)
