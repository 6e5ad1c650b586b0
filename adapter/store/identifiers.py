"""Find resources by an identifier that stands in them, without opening them.

Beside the sealed bodies stands a token for each identifier: an HMAC of its value, so that the value itself is nowhere.
What is found by it is a candidate: its latest version is read and compared. Tokens are written with each new version;
what was there before this index was is taken in afterwards, newest first, in steps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from lxml import etree
from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from adapter.model.sources import Media, StoredVersion
from adapter.store.database import Database
from adapter.store.errors import TamperedError
from adapter.store.records import Part
from adapter.store.search import Row, Search
from adapter.store.search_tables import identifier_progress, resource_identifiers
from adapter.store.tables import source_versions
from adapter.store.text import chunks
from adapter.store.vault import Vault

_ALL = ""  # the one row of `identifier_progress`: versions up to its position are still to be taken in
_FHIR = "{http://hl7.org/fhir}"
_XML = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
_COLUMNS = (
    "INSERT INTO resource_identifiers (token, source, type, id, woman) VALUES (:token, :source, :type, :id, :woman)"
)
_ADD = text(f"{_COLUMNS} ON CONFLICT (token, source, type, id) DO UPDATE SET woman = excluded.woman")
_ADD_OLDER = text(f"{_COLUMNS} ON CONFLICT (token, source, type, id) DO NOTHING")
_TO_DO = select(identifier_progress.c.position).where(identifier_progress.c.source == _ALL)
_PROGRESS = "SELECT position FROM identifier_progress WHERE source = :of"
_DONE = update(identifier_progress).where(identifier_progress.c.source == _ALL).values(position=bindparam("to"))
_FIND = (
    select(resource_identifiers.c.source, resource_identifiers.c.id)
    .where(
        resource_identifiers.c.token.in_(bindparam("tokens", expanding=True)),
        resource_identifiers.c.type == bindparam("of_type"),
    )
    .distinct()
)


class _Held(msgspec.Struct):
    identifier: Any = None


_DECODE = msgspec.json.Decoder(_Held).decode


def values_in(body: bytes, media: Media) -> set[str]:
    """The values of the identifiers of a resource; none where it cannot be read."""
    if b"identifier" not in body:
        return set()
    try:
        found = _json(body) if media is Media.JSON else _xml(body)
        return {value for value in found if value}
    except (msgspec.MsgspecError, etree.LxmlError, UnicodeDecodeError):
        return set()


def _json(body: bytes) -> Iterator[str]:
    held = _DECODE(body.removeprefix(b"\xef\xbb\xbf")).identifier
    for one in held if isinstance(held, list) else [held]:
        value = one.get("value") if isinstance(one, dict) else None
        if isinstance(value, str):
            yield value


def _xml(body: bytes) -> Iterator[str]:
    for one in etree.fromstring(body, _XML).iterchildren(f"{_FHIR}identifier"):
        value = one.find(f"{_FHIR}value")
        if value is not None:
            yield value.get("value", "")


def begin(connection: Connection) -> None:
    """Note, once, up to where the store was filled before there was this index."""
    if connection.execute(_TO_DO).first() is None:
        last = connection.execute(select(func.max(source_versions.c.position))).scalar() or 0
        connection.execute(insert(identifier_progress).values(source=_ALL, position=last))


def index(connection: Connection, vault: Vault, versions: Iterable[StoredVersion]) -> None:
    """Take in the identifiers of new versions."""
    rows = []
    for version in versions:
        one = version.received
        if one.problem is None:
            key = {"source": one.source, "type": one.type, "id": one.id, "woman": one.woman}
            rows += [{"token": _token(vault, value), **key} for value in values_in(one.body, one.media)]
    if rows:
        connection.execute(_ADD, rows)


def _token(vault: Vault, value: str) -> str:
    return vault.token(f"identifier\n{value}")


class Identifiers(Part):
    """Looks up; and takes in what is older than the index."""

    def __init__(self, database: Database, vault: Vault, search: Search) -> None:
        super().__init__(database, vault)
        self._search = search
        self._complete = False

    def complete(self) -> bool:
        """Whether every version is in; until then what is not found may still be there."""
        if not self._complete:  # by what is committed: a unit that this thread is in may yet be undone
            found = self._search.rows(_PROGRESS, {"of": _ALL})
            self._complete = not (found and found[0][0])
        return self._complete

    def find(self, kind: str, values: Collection[str]) -> set[tuple[str, str]]:
        """(source, id) of the resources of this type that hold, or held, an identifier with one of these values."""
        tokens = [_token(self._vault, value) for value in values]
        found: set[tuple[str, str]] = set()
        with self._database.reading() as connection:
            for some in chunks(tokens):
                found |= {(row[0], row[1]) for row in connection.execute(_FIND, {"tokens": some, "of_type": kind})}
        return found

    def catch_up(self, most: int) -> bool:
        """Take in up to so many older versions; whether that was all. Another process may do the same: no harm."""
        if self.complete():
            return True
        with self._database.writing() as connection:
            at = connection.execute(_TO_DO).scalar() or 0
            rows = self._search.before(at, most)
            tokens = self._tokens(rows)
            if tokens:
                connection.execute(_ADD_OLDER, tokens)
            connection.execute(_DONE, {"to": rows[-1].position - 1 if len(rows) == most else 0})
        return len(rows) < most

    def _tokens(self, rows: Sequence[Row]) -> list[dict[str, str | None]]:
        found: list[dict[str, str | None]] = []
        for row in rows:
            try:
                values = values_in(row.body(), Media(row.media)) if row.problem is None else ()
            except TamperedError:  # said where it is read; it must not stop the rest here
                continue
            key = {"source": row.source, "type": row.type, "id": row.id, "woman": row.woman}
            found += [{"token": _token(self._vault, value), **key} for value in values]
        return found
