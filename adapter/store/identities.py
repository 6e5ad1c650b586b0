"""Find records by identifiers that stand nowhere in clear, with what is needed to tell whether they are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from adapter.model.sources import RecordKey
from adapter.store import plain
from adapter.store.keys import Wrapped
from adapter.store.many import insert_many
from adapter.store.records import ActiveKey, Part, keys_of
from adapter.store.tables import LINK_COLUMNS, identity_index, links, microseconds
from adapter.store.text import chunks

WOMAN_LINK = "woman"  # kinds of link whose reference is the record itself
PROFILE = "profile"

_ALL = 2**31 - 1
_FLOOD = 20_000  # rows for one batch of tokens: beyond that they are counted first
_MANY = 1000  # the same, for the tokens of one record


@dataclass(frozen=True, slots=True)
class Indexed:
    """What a record is found by, and what it is weighed by."""

    tokens: Collection[str]
    profile: bytes | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A record that shares a token: what it is weighed by (None: never kept), and where it is linked to now.

    `explanation` is that of the link, given where it was asked for.
    """

    record: RecordKey
    profile: bytes | None
    target: str | None
    how: str | None
    explanation: bytes = b""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who was found, and which tokens were left out because so many records share them (token: how many)."""

    found: tuple[Neighbour, ...]
    crowded: dict[str, int]


class Identities(Part):
    """The index of identity tokens (a BSN, a name with a birth date): HMAC-SHA256 under a key of this store.

    Beside it stands what each record is weighed by, sealed under the key of the record and removed with it. It is kept
    as a link of its own kind, so that it can be said later what a link was made on.
    """

    def index(
        self,
        record: RecordKey,
        tokens: Collection[str],
        profile: bytes | None = None,
        at: datetime | None = None,
    ) -> None:
        """The tokens a record is found by from now on; those of before that are not among them go.

        `profile`, with the instant `at`, is what it is weighed by; kept when it differs from the one before. Nothing
        for a record that was removed.
        """
        self.index_all({record: Indexed(tokens, profile)}, at)

    def index_all(self, records: Mapping[RecordKey, Indexed], at: datetime | None = None) -> None:
        """The same for several records, in one transaction."""
        hidden = self._tokens(found.tokens for found in records.values())
        with self._database.writing() as connection:
            self._index(connection, records, hidden, at)

    def arrive(
        self, records: Mapping[RecordKey, Indexed], at_most: int, at: datetime
    ) -> tuple[dict[RecordKey, tuple[RecordKey, ...]], dict[RecordKey, Neighbour], dict[RecordKey, dict[str, int]]]:
        """`index_all`, and what `neighbours_of` then says of these records."""
        hidden = self._tokens(found.tokens for found in records.values())
        with self._database.writing() as connection:
            own = self._index(connection, records, hidden, at)
        with self._database.reading() as connection:
            return self._around(connection, {r: found.tokens for r, found in records.items()}, hidden, at_most, own)

    def _tokens(self, tokens: Iterable[Collection[str]]) -> dict[str, str]:
        return {token: self._vault.token(token) for some in tokens for token in some}

    def _index(
        self,
        connection: Connection,
        records: Mapping[RecordKey, Indexed],
        hidden: Mapping[str, str],
        at: datetime | None,
    ) -> dict[RecordKey, Neighbour]:
        """Index them; gives how each stands, its profile being the one given."""
        for source in sorted({r.source for r in records}):
            self._database.lock(connection, source)
        keys = keys_of(connection, self._vault, records)
        before = self._details(connection, records, records)
        here = [r for r in records if r not in keys or keys[r] is not None]
        wanted = {(hidden[token], r.source, r.woman) for r in here for token in records[r].tokens}
        there = {tuple(row) for some in chunks(here) for row in plain.rows(connection, _THERE, records=some)}
        for token, source, woman in sorted(there - wanted):
            plain.rows(connection, _GONE, token=token, source=source, woman=woman)
        insert_many(connection, identity_index, ("token", "source", "woman"), sorted(wanted - there))
        new = {r: packed for r in here if (packed := records[r].profile) and packed != before[r].profile}
        if at is not None:
            self._keep_profiles(connection, {r: (packed, key) for r, packed in new.items() if (key := keys.get(r))}, at)
        return {r: replace(n, profile=new[r]) if r in new else n for r, n in before.items()}

    def _keep_profiles(
        self, connection: Connection, given: Mapping[RecordKey, tuple[bytes, ActiveKey]], at: datetime
    ) -> None:
        rows = []
        for record, (profile, key) in sorted(given.items()):
            named = (PROFILE, record.source, record.woman, record.woman, None, "automatic")
            rows.append((*named, key.sealer.seal(profile, _bound(record)), key.id, microseconds(at), None, 0))
        insert_many(connection, links, LINK_COLUMNS, rows)

    def find(self, tokens: Collection[str]) -> dict[str, list[RecordKey]]:
        """The records that each token leads to; every token that was asked for is in the answer."""
        hidden = {self._vault.token(token): token for token in tokens}
        found: dict[str, list[RecordKey]] = {token: [] for token in tokens}
        with self._database.reading() as connection:
            for some in chunks(hidden):
                for token, source, woman in sorted(plain.rows(connection, _SHARING, tokens=some, most=_ALL)):
                    found[hidden[token]].append(RecordKey(source, woman))
        return found

    def neighbours(self, tokens: Collection[str], at_most: int) -> Neighbours:
        """The records that share a token with these, each with its profile and link, in a fixed order.

        A token that more than `at_most` records share is left out, and said: it tells nobody apart.
        """
        hidden = {self._vault.token(token): token for token in tokens}
        crowded: dict[str, int] = {}
        with self._database.reading() as connection:
            by_token = self._sharing(connection, list(hidden), at_most, crowded, _MANY)
            details = self._details(connection, {r for found in by_token.values() for r in found})
        return Neighbours(
            tuple(details[r] for r in sorted(details)), {hidden[token]: many for token, many in crowded.items()}
        )

    def neighbours_of(
        self, tokens: Mapping[RecordKey, Collection[str]], at_most: int
    ) -> tuple[dict[RecordKey, tuple[RecordKey, ...]], dict[RecordKey, Neighbour], dict[RecordKey, dict[str, int]]]:
        """The same for several records at once, themselves included: who shares a token with whom, who they are (the
        link of the records asked about with its explanation), and which tokens were left out.
        """
        with self._database.reading() as connection:
            return self._around(connection, tokens, self._tokens(tokens.values()), at_most, {})

    def _around(
        self,
        connection: Connection,
        tokens: Mapping[RecordKey, Collection[str]],
        hidden: Mapping[str, str],
        at_most: int,
        own: Mapping[RecordKey, Neighbour],
    ) -> tuple[dict[RecordKey, tuple[RecordKey, ...]], dict[RecordKey, Neighbour], dict[RecordKey, dict[str, int]]]:
        by_token: dict[str, list[RecordKey]] = {}
        crowded: dict[str, int] = {}
        for some in chunks(sorted(set(hidden.values()))):
            by_token |= self._sharing(connection, some, at_most, crowded, _FLOOD)
        everyone = {r for found in by_token.values() for r in found} | tokens.keys()
        details = self._details(connection, everyone - own.keys(), tokens) | dict(own)
        shared: dict[RecordKey, tuple[RecordKey, ...]] = {}
        left_out: dict[RecordKey, dict[str, int]] = {}
        for record, mine in tokens.items():
            shared[record] = tuple(sorted({r for t in mine for r in by_token.get(hidden[t], ())}))
            left_out[record] = {t: crowded[hidden[t]] for t in mine if hidden[t] in crowded}
        return shared, details, left_out

    def _sharing(
        self, connection: Connection, hidden: Collection[str], at_most: int, crowded: dict[str, int], flood: int
    ) -> dict[str, list[RecordKey]]:
        """The records that each of these tokens leads to; those that too many share go to `crowded`."""
        found = plain.rows(connection, _SHARING, tokens=hidden, most=flood)
        if len(found) >= flood:
            crowded |= {t: many for t, many in plain.rows(connection, _COUNT, tokens=hidden) if many > at_most}
            left = [t for t in hidden if t not in crowded]
            found = plain.rows(connection, _SHARING, tokens=left, most=_ALL) if left else []
        by_token: defaultdict[str, list[RecordKey]] = defaultdict(list)
        records: dict[tuple[str, str], RecordKey] = {}
        for token, *named in found:
            key = (named[0], named[1])
            by_token[token].append(records.get(key) or records.setdefault(key, RecordKey(*key)))
        for token in [t for t, some in by_token.items() if len(some) > at_most]:
            crowded[token] = len(by_token.pop(token))
        return by_token

    def _details(
        self, connection: Connection, records: Collection[RecordKey], explained: Collection[RecordKey] = ()
    ) -> dict[RecordKey, Neighbour]:
        found = {r: Neighbour(r, None, None, None) for r in records}
        for some in chunks(records):
            found |= {n.record: n for n in self._near(plain.rows(connection, _DETAILS, records=some), explained)}
        return found

    def linked_to(self, *targets: str) -> tuple[Neighbour, ...]:
        """The records that are linked to these women now, each with its profile."""
        rows: list[Any] = []
        with self._database.reading() as connection:
            for some in chunks(sorted(set(targets))):
                rows += plain.rows(connection, _LINKED, targets=some)
        return tuple(n for n in self._near(rows) if n.target in targets)

    def _near(self, rows: Iterable[Any], explained: Collection[RecordKey] = ()) -> list[Neighbour]:
        """One entry per record from its links, of which the latest of each kind holds."""
        profiles: dict[tuple[str, str], Any] = {}
        women: dict[tuple[str, str], Any] = {}
        for row in sorted(rows, key=_POSITION):
            (profiles if row[3] == PROFILE else women)[row[0], row[1]] = row
        found: list[Neighbour] = []
        for key in sorted(profiles.keys() | women.keys()):
            record, profile, woman = RecordKey(*key), profiles.get(key), women.get(key)
            packed = None if profile is None else self._unsealed(record, PROFILE, profile)
            said = None if woman is None or record not in explained else self._unsealed(record, WOMAN_LINK, woman)
            target, how = (None, None) if woman is None else (woman[4], woman[5])
            found.append(Neighbour(record, packed, target, how, said or b""))
        return found

    def _unsealed(self, record: RecordKey, kind: str, row: Any) -> bytes | None:
        """What a link holds; None once its record was removed."""
        sealed, key_id, source, woman, master, wrapped = row[6:]
        if key_id is None:
            return self._vault.own.open(sealed, _bound(record, kind))
        if wrapped is None:
            return None
        sealer = self._vault.sealer(key_id, source, woman, partial(Wrapped, master, wrapped))
        return sealer.open(sealed, _bound(record, kind))


def _bound(record: RecordKey, kind: str = PROFILE) -> bytes:
    return f"links\n{kind}\n{record.source}\n{record.woman}".encode()


_POSITION = itemgetter(2)
_THERE = (
    "SELECT i.token, i.source, i.woman FROM <<records>> r CROSS JOIN identity_index i"
    " WHERE i.source = r.source AND i.woman = r.woman"
)
_GONE = "DELETE FROM identity_index WHERE token = :token AND source = :source AND woman = :woman"
_SHARING = "SELECT i.token, i.source, i.woman FROM identity_index i WHERE i.token IN <tokens> LIMIT :most"
_COUNT = "SELECT i.token, count(*) FROM identity_index i WHERE i.token IN <tokens> GROUP BY i.token"
_OF_LINK = (
    "l.source, l.reference, l.position, l.kind, l.target, l.how, l.explanation, l.key_id, k.source, k.woman, k.master,"
    " k.wrapped"
)
_KINDS = f"l.kind IN ('{WOMAN_LINK}', '{PROFILE}')"
_WITH_KEY = "LEFT JOIN record_keys k ON k.id = l.key_id"
_DETAILS = (
    f"SELECT {_OF_LINK} FROM <<records>> r CROSS JOIN links l {_WITH_KEY}"  # noqa: S608 - our own text
    f" WHERE {_KINDS} AND l.source = r.source AND l.reference = r.woman"
)
_LINKED = (  # not distinct: SQLite would walk every link
    f"SELECT {_OF_LINK} FROM (SELECT h.source, h.reference FROM links h WHERE h.kind = '{WOMAN_LINK}'"  # noqa: S608
    f" AND h.target IN <targets>) h CROSS JOIN links l {_WITH_KEY}"
    f" WHERE {_KINDS} AND l.source = h.source AND l.reference = h.reference"
)
