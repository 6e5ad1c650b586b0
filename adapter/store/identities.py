"""Find records by identifiers that stand nowhere in clear, with what is needed to tell whether they are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from adapter.model.sources import RecordKey
from adapter.store import plain
from adapter.store.keys import Wrapped
from adapter.store.many import insert_many
from adapter.store.records import Part
from adapter.store.tables import identity_index, identity_profiles, microseconds
from adapter.store.text import chunks
from adapter.store.vault import Sealer

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

    `explanation` is that of the link, given where it was asked for. `key`: the number of its key in this store.
    """

    record: RecordKey
    profile: bytes | None
    target: str | None
    how: str | None
    explanation: bytes = b""
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Who was found, and which tokens were left out because so many records share them (token: how many)."""

    found: tuple[Neighbour, ...]
    crowded: dict[str, int]


class Identities(Part):
    """The index of identity tokens (a BSN, a name with a birth date): HMAC-SHA256 under a key of this store.

    Beside it stands what each record is weighed by, sealed under the key of the record and unreadable once that is
    gone; what it was before stays, so that it can be said later what a link was made on. A record of which nothing was
    ever kept has no key, and is not indexed.
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
        with self._database.writing() as connection:
            self._index(connection, records, self._tokens(found.tokens for found in records.values()), at)

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
        hide = self._vault.short_token
        return {token: hide(token) for some in tokens for token in some}

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
        own = self._own(connection, records)
        keys = {one.stands.key: r for r, one in own.items() if one.stands.key is not None}
        wanted = {(hidden[token], key) for key, record in keys.items() for token in records[record].tokens}
        there = {tuple(row) for some in chunks(keys) for row in plain.rows(connection, _THERE, keys=some)}
        for token, key in sorted(there - wanted):
            plain.rows(connection, _GONE, token=token, key=key)
        insert_many(connection, identity_index, ("token", "record"), sorted(wanted - there))
        before = {r: one.stands for r, one in own.items()}
        new = {r: packed for r in keys.values() if (packed := records[r].profile) and packed != before[r].profile}
        if at is not None:
            sealers = {r: sealer for r in new if (sealer := own[r].sealer) is not None}
            sealed = {r: sealer.seal_loose(new[r], _bound(r, "profile")) for r, sealer in sealers.items()}
            rows = [(before[r].key, profile, microseconds(at)) for r, profile in sealed.items()]
            insert_many(connection, identity_profiles, ("record", "profile", "made_at"), rows)
        return before | {r: replace(before[r], profile=packed) for r, packed in new.items()}

    def find(self, tokens: Collection[str]) -> dict[str, list[RecordKey]]:
        """The records that each token leads to; every token that was asked for is in the answer."""
        hidden = {hide: token for token, hide in self._tokens([tokens]).items()}
        found: dict[str, list[RecordKey]] = {token: [] for token in tokens}
        with self._database.reading() as connection:
            for some in chunks(hidden):
                for token, source, woman in sorted(plain.rows(connection, _NAMED, tokens=some)):
                    found[hidden[token]].append(RecordKey(source, woman))
        return found

    def neighbours(self, tokens: Collection[str], at_most: int) -> Neighbours:
        """The records that share a token with these, each with its profile and link, in a fixed order.

        A token that more than `at_most` records share is left out, and said: it tells nobody apart.
        """
        hidden = self._tokens([tokens])
        crowded: dict[str, int] = {}
        with self._database.reading() as connection:
            by_token = self._sharing(connection, list(hidden.values()), at_most, crowded, _MANY)
            details = self._details(connection, {key for keys in by_token.values() for key in keys})
        found = sorted(details.values(), key=_record)
        return Neighbours(tuple(found), {token: crowded[hide] for token, hide in hidden.items() if hide in crowded})

    def neighbours_of(
        self, tokens: Mapping[RecordKey, Collection[str]], at_most: int
    ) -> tuple[dict[RecordKey, tuple[RecordKey, ...]], dict[RecordKey, Neighbour], dict[RecordKey, dict[str, int]]]:
        """The same for several records at once, themselves included: who shares a token with whom, who they are (the
        link of the records asked about with its explanation), and which tokens were left out.
        """
        with self._database.reading() as connection:
            own = {record: one.stands for record, one in self._own(connection, tokens).items()}
            return self._around(connection, tokens, self._tokens(tokens.values()), at_most, own)

    def _around(
        self,
        connection: Connection,
        tokens: Mapping[RecordKey, Collection[str]],
        hidden: Mapping[str, str],
        at_most: int,
        own: Mapping[RecordKey, Neighbour],
    ) -> tuple[dict[RecordKey, tuple[RecordKey, ...]], dict[RecordKey, Neighbour], dict[RecordKey, dict[str, int]]]:
        by_token: dict[str, list[int]] = {}
        crowded: dict[str, int] = {}
        for some in chunks(sorted(set(hidden.values()))):
            by_token |= self._sharing(connection, some, at_most, crowded, _FLOOD)
        known = {n.key: n for n in own.values() if n.key is not None}
        known |= self._details(connection, {key for keys in by_token.values() for key in keys} - known.keys())
        shared: dict[RecordKey, tuple[RecordKey, ...]] = {}
        left_out: dict[RecordKey, dict[str, int]] = {}
        for record, mine in tokens.items():
            near = {key for token in mine for key in by_token.get(hidden[token], ())}
            shared[record] = tuple(sorted(known[key].record for key in near))
            left_out[record] = {t: crowded[hidden[t]] for t in mine if hidden[t] in crowded} if crowded else {}
        return shared, {n.record: n for n in known.values()} | dict(own), left_out

    def _sharing(
        self, connection: Connection, hidden: Collection[str], at_most: int, crowded: dict[str, int], flood: int
    ) -> dict[str, list[int]]:
        """The keys of the records that each of these tokens leads to; those that too many share go to `crowded`."""
        found = plain.rows(connection, _SHARING, tokens=hidden, most=flood)
        if len(found) >= flood:
            crowded |= {t: many for t, many in plain.rows(connection, _COUNT, tokens=hidden) if many > at_most}
            left = [t for t in hidden if t not in crowded]
            found = plain.rows(connection, _SHARING, tokens=left, most=_ALL) if left else []
        by_token: defaultdict[str, list[int]] = defaultdict(list)
        for token, key in found:
            by_token[token].append(key)
        for token in [t for t, some in by_token.items() if len(some) > at_most]:
            crowded[token] = len(by_token.pop(token))
        return by_token

    def linked_to(self, *targets: str) -> tuple[Neighbour, ...]:
        """The records that are linked to these women now, each with its profile."""
        found: dict[RecordKey, Neighbour] = {}
        with self._database.reading() as connection:
            for some in chunks(sorted(set(targets))):
                for row in plain.rows(connection, _LINKED, targets=some):
                    one = self._neighbour(row)
                    found[one.record] = one
        return tuple(sorted((n for n in found.values() if n.target in targets), key=_record))

    def _details(self, connection: Connection, keys: Collection[int]) -> dict[int, Neighbour]:
        found: dict[int, Neighbour] = {}
        for some in chunks(keys):
            found |= {row[2]: self._neighbour(row) for row in plain.rows(connection, _DETAILS, keys=some)}
        return found

    def _own(self, connection: Connection, records: Collection[RecordKey]) -> dict[RecordKey, _Own]:
        """How each of these stands, with the explanation of its link, and its key."""
        found: dict[RecordKey, _Own] = {}
        for some in chunks(records):
            for row in plain.rows(connection, _OWN, records=some):
                one = self._neighbour(row)
                explanation = self._explanation(one.record, row) if row[9] else b""
                sealer = None if one.key is None else self._sealer_of(row)
                found[one.record] = _Own(replace(one, explanation=explanation) if explanation else one, sealer)
        return found

    def _neighbour(self, row: Any) -> Neighbour:
        record = RecordKey(row[0], row[1])
        packed = None if row[5] is None else self._sealer_of(row).open(row[5], _bound(record, "profile"))
        return Neighbour(record, packed, row[6], row[7], b"", row[2])

    def _explanation(self, record: RecordKey, row: Any) -> bytes:
        """What its link holds; empty where that was made before the record was removed."""
        made_with, sealed = row[8:]
        if made_with is None:
            return self._vault.own.open(sealed, _bound(record, "woman"))
        return self._sealer_of(row).open(sealed, _bound(record, "woman")) if made_with == row[2] else b""

    def _sealer_of(self, row: Any) -> Sealer:
        source, woman, key, master, wrapped = row[:5]
        return self._vault.sealer(key, source, woman, partial(Wrapped, master, wrapped))


@dataclass(frozen=True, slots=True)
class _Own:
    """A record that is asked about: how it stands, and its key (None: it was removed, or nothing was ever kept)."""

    stands: Neighbour
    sealer: Sealer | None


_record = attrgetter("record")


def _bound(record: RecordKey, kind: str) -> bytes:
    return f"links\n{kind}\n{record.source}\n{record.woman}".encode()


_THERE = "SELECT i.token, i.record FROM <#keys> r CROSS JOIN identity_index i WHERE i.record = r.id"
_GONE = "DELETE FROM identity_index WHERE token = :token AND record = :key"
_SHARING = "SELECT i.token, i.record FROM identity_index i WHERE i.token IN <tokens> LIMIT :most"
_COUNT = "SELECT i.token, count(*) FROM identity_index i WHERE i.token IN <tokens> GROUP BY i.token"
_NAMED = (
    "SELECT i.token, k.source, k.woman FROM identity_index i JOIN record_keys k ON k.id = i.record"
    " WHERE i.token IN <tokens>"
)
_PROFILE = (
    " LEFT JOIN identity_profiles p"
    " ON p.position = (SELECT max(q.position) FROM identity_profiles q WHERE q.record = k.id)"
)
_LINK = (
    " LEFT JOIN links l ON l.position = (SELECT max(m.position) FROM links m WHERE m.kind = 'woman'"
    " AND m.source = r.source AND m.reference = r.woman)"
)
_STANDS = "SELECT r.source, r.woman, k.id, k.master, k.wrapped, p.profile, l.target, l.how"
_KEY = " LEFT JOIN record_keys k ON k.source = r.source AND k.woman = r.woman AND k.destroyed_at IS NULL"
_OWN = f"{_STANDS}, l.key_id, l.explanation FROM <<records>> r{_KEY}{_PROFILE}{_LINK}"
_DETAILS = (
    "SELECT k.source, k.woman, k.id, k.master, k.wrapped, p.profile, l.target, l.how"  # noqa: S608 - our own text
    f" FROM <#keys> r CROSS JOIN record_keys k{_PROFILE}{_LINK.replace('r.', 'k.')} WHERE k.id = r.id"
)
_LINKED = (  # not distinct: SQLite would walk every link
    f"{_STANDS} FROM (SELECT h.source, h.reference AS woman FROM links h WHERE h.kind = 'woman'"  # noqa: S608
    f" AND h.target IN <targets>) r{_KEY}{_PROFILE}{_LINK}"
)
