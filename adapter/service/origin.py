"""Where a value on the page came from: the stored resource behind it. And when a page is out of date."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol

from adapter.access import Context
from adapter.model.evidence import Evidence
from adapter.model.sources import RecordKey, StoredVersion

MOST = 40
"""Origins that are given out at once."""


@dataclass(frozen=True, slots=True)
class VersionNote:
    """One version of a resource as the store holds it: the source's name for it, and when it came."""

    version: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Original:
    """One piece of evidence with the resource it points into, as its source sent it.

    `stored` is None where the store no longer holds it: the record was removed. `versions` are all of this resource,
    newest first.
    """

    evidence: Evidence
    source_name: str
    stored: StoredVersion | None
    versions: tuple[VersionNote, ...] = ()


class Origins(Protocol):
    """The origin of values of one pregnancy."""

    def originals(
        self,
        ctx: Context,
        pregnancy: str,
        keys: Collection[str],
        *,
        as_of: date | None = None,
        known_at: datetime | None = None,
    ) -> list[Original]:
        """What stands behind the evidence with these keys (`key_of`), in the order asked, unknown keys left out.

        Only evidence of this pregnancy's own care path is given. Raises `UnknownPregnancyError`, `DeniedError`.
        """
        ...


class Changes(Protocol):
    """Whether anything changed, cheaply, whichever process changed it."""

    def watch(self, ctx: Context, pregnancy: str) -> frozenset[RecordKey] | None:
        """Say who is going to watch; gives the records of which news may be told, None for all.

        Raises `UnknownPregnancyError`, `DeniedError`.
        """
        ...

    def narrowed(self, ctx: Context, pregnancy: str) -> frozenset[RecordKey] | None:
        """The same while it is watched, as it is now: no further line in the log.

        Raises `UnknownPregnancyError`, `DeniedError`.
        """
        ...

    def anything(self) -> str:
        """A text that changes whenever the store got anything new; the cost does not depend on its size."""
        ...

    def of(self, pregnancy: str, only: frozenset[RecordKey] | None = None) -> str:
        """A text that changes whenever what is known of this pregnancy (in these records) does, and at midnight."""
        ...


def key_of(evidence: Evidence) -> str:
    """A short name of a piece of evidence, for addresses: no reference, so no identifier of a source, is in it."""
    said = f"{evidence.source}\n{evidence.reference}\n{evidence.version}\n{evidence.path}"
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def evidence_in(value: object) -> Iterator[Evidence]:
    """Every piece of evidence in a model value, wherever it stands in it."""
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from evidence_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from evidence_in(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _names(type(value)):
            yield from evidence_in(getattr(value, name))


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
