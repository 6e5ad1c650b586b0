"""One woman's record at one source, decoded and indexed: what refers to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from adapter import fhir
from adapter.facts.dialect import Code, Dialect
from adapter.model.evidence import Evidence
from adapter.model.moments import Moment, Span, parse_moment
from adapter.model.sources import Problem, RecordKey, SourceInfo, StoredVersion

T = TypeVar("T")


class Item(NamedTuple):
    """One resource of the record: as stored, and decoded."""

    version: StoredVersion
    json: fhir.JsonObject
    reference: str
    type: str


@dataclass(slots=True)
class Record:
    """The decoded record. Filled while reading; `dossier_of` and `pregnancies` come from the dossiers step."""

    key: RecordKey
    source: SourceInfo
    dialect: Dialect
    items: list[Item]
    directory: dict[str, StoredVersion]  # decoded when referred to: it is the same for every woman
    by_reference: dict[str, Item]
    set_aside: list[str]
    problems: list[Problem] = field(default_factory=list)
    dossiers: set[str] = field(default_factory=set)  # EpisodeOfCares that are the dossier of a pregnancy
    other_episodes: set[str] = field(default_factory=set)  # EpisodeOfCares that are something else
    pregnancies: dict[str, str | None] = field(default_factory=dict)  # pregnancy Condition -> its dossier
    _normal: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, list[Code]] = field(default_factory=dict)

    def of_type(self, *types: str) -> list[Item]:
        """The resources of these types, in the order received."""
        return [item for item in self.items if item.type in types]

    def find(self, reference: Any) -> Item | None:
        """The resource that a reference points to, None when the source never sent it."""
        if type(reference) is not str:
            return None
        target = self.normal(reference) or ""
        found = self.by_reference.get(target)
        if found is None and target in self.directory:
            found = decode(self.directory[target])
            if found is not None:
                self.by_reference[target] = found
        return found

    def codes(self, item: Item) -> list[Code]:
        """The codes of `item.code`, in any position; worked out once."""
        found = self._codes.get(item.reference)
        if found is None:
            found = self._codes[item.reference] = self.dialect.codes_of(item.json.get("code"))
        return found

    def everything(self, kind: str) -> list[Item]:
        """All resources of a type, those of the directory too."""
        own = self.of_type(kind)
        known = {item.reference for item in own}
        wanted = [r for r, v in self.directory.items() if v.received.type == kind and r not in known]
        return [*own, *(item for item in map(self.find, wanted) if item is not None)]

    def normal(self, reference: Any) -> str | None:
        """`Type/id` for any kind of literal reference, the text itself when it is no such thing."""
        if type(reference) is not str or not reference:
            return None
        found = self._normal.get(reference)
        if found is None:
            found = reference if reference in self.by_reference else fhir.relative(reference) or reference
            self._normal[reference] = found
        return found

    def counts(self, item: Item) -> bool:
        """Whether the resource's status lets it count (not entered-in-error, cancelled …)."""
        status, _ = self.dialect.text(item.json, "status")
        return status is None or self.dialect.states.get(item.type, {}).get(status, status) is not None

    def evidence(self, item: Item, path: str, organisation: str | None) -> Evidence:
        """The place in this resource version."""
        return Evidence(self.source.id, item.reference, item.version.version, path, organisation)

    def moment(self, item: Item, part: str) -> Moment | None:
        """The first readable moment under a structural name."""
        for value in self.dialect.part(item.json, part):
            found = moment_of(value)
            if found is not None:
                return found
        return None

    def span(self, item: Item) -> Span | None:
        """The period of a resource, None when it gives neither start nor end."""
        start, end = self.moment(item, "start"), self.moment(item, "end")
        return None if start is None and end is None else Span(start, end)

    def guarded(self, item: Item, read: Callable[[Item], T]) -> T | None:
        """The result of reading one resource; None, and the resource set aside, when its shape defeats us.

        What a source sends may have any shape, and one resource never stops the others.
        """
        try:
            return read(item)
        except Exception:
            if item.reference not in self.set_aside:
                self.set_aside.append(item.reference)
            return None

    def note(self, item: Item, what: str, advice: str = "") -> None:
        """Keep a remark about a value that was not used."""
        self.problems.append(Problem(self.source.id, item.reference, what, advice, severity="warning"))


def moment_of(value: Any) -> Moment | None:
    """A FHIR date, dateTime or instant as a moment; None for anything else, odd dates included."""
    return _moment(value) if type(value) is str else None


@lru_cache(maxsize=16384)
def _moment(text: str) -> Moment | None:
    """One text is read several times in a resource, and many resources share it."""
    try:
        return parse_moment(text)
    except ValueError:
        return None


def open_record(
    key: RecordKey,
    versions: Sequence[StoredVersion],
    directory: Sequence[StoredVersion],
    source: SourceInfo,
    dialect: Dialect,
) -> Record:
    """Decode every resource once and index it. What cannot be decoded, or was set aside on receipt, is set aside."""
    set_aside: list[str] = []
    items = list(_decoded(versions, set_aside))
    by_reference = {item.reference: item for item in items}
    others = {v.received.reference: v for v in directory if v.received.problem is None}
    return Record(key, source, dialect, items, others, by_reference, set_aside)


def _decoded(versions: Iterable[StoredVersion], set_aside: list[str]) -> Iterable[Item]:
    for version in versions:
        received = version.received
        item = None if received.problem is not None else decode(version)
        if item is None:
            set_aside.append(received.reference)
        else:
            yield item


def decode(version: StoredVersion) -> Item | None:
    """One stored version decoded; None when its bytes are not the resource they are stored as."""
    received = version.received
    try:
        resource = fhir.read(received.body, received.media, received.fhir_version)
    except fhir.FhirError:
        return None
    if not isinstance(resource, dict) or resource.get("resourceType") != received.type:
        return None
    return Item(version, resource, received.reference, received.type)
