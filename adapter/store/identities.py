"""Find records by identifiers that stand nowhere in clear, with what is needed to tell whether they are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from adapter.model.sources import RecordKey
from adapter.store.records import KEY_COLUMNS, ActiveKey, Part, active_keys
from adapter.store.tables import identity_index, links, record_keys
from adapter.store.text import chunks

WOMAN_LINK = "woman"  # kinds of link whose reference is the record itself
PROFILE = "profile"

_ALL = 2**31 - 1
_FLOOD = 20_000  # rows for one batch of tokens: beyond that they are counted first
_MANY = 200  # records at once; from there on the tokens that are shared by too many are left out

_I = identity_index.c
_L = links.c


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
        with self._database.writing() as connection:
            for source in sorted({r.source for r in records}):
                self._database.lock(connection, source)
                mine = {r.woman: found for r, found in records.items() if r.source == source}
                for some in chunks(sorted(mine)):
                    self._index(connection, source, {woman: mine[woman] for woman in some}, at)

    def _index(self, connection: Connection, source: str, records: Mapping[str, Indexed], at: datetime | None) -> None:
        keys = active_keys(connection, self._vault, source, list(records), None)
        wanted = {
            (self._vault.token(token), woman)
            for woman, found in records.items()
            if woman not in keys or keys[woman] is not None
            for token in found.tokens
        }
        women = sorted(w for w in records if w not in keys or keys[w] is not None)
        if not women:
            return
        there = {(r.token, r.woman) for r in connection.execute(_THERE, {"of_source": source, "women": women})}
        for token, woman in sorted(there - wanted):
            connection.execute(_GONE, {"of_token": token, "of_source": source, "of_woman": woman})
        if rows := [{"token": t, "source": source, "woman": w} for t, w in sorted(wanted - there)]:
            connection.execute(_ADD, rows)
        profiles = {w: (records[w].profile, key) for w in women if (key := keys.get(w)) is not None}
        self._keep_profiles(connection, source, profiles, at)

    def _keep_profiles(
        self,
        connection: Connection,
        source: str,
        profiles: Mapping[str, tuple[bytes | None, ActiveKey]],
        at: datetime | None,
    ) -> None:
        given = {w: (profile, key) for w, (profile, key) in profiles.items() if profile is not None}
        if at is None or not given:
            return
        before = {
            row.reference: row for row in connection.execute(_PROFILES, {"of_source": source, "women": sorted(given)})
        }
        rows = []
        for woman, (profile, key) in sorted(given.items()):
            bound, held = _bound(RecordKey(source, woman)), before.get(woman)
            if held is not None and held.key_id == key.id and key.sealer.open(held.explanation, bound) == profile:
                continue
            rows.append(
                {
                    "kind": PROFILE,
                    "source": source,
                    "reference": woman,
                    "woman": woman,
                    "target": None,
                    "how": "automatic",
                    "explanation": key.sealer.seal(profile or b"", bound),
                    "key_id": key.id,
                    "made_at": at,
                    "made_by": None,
                    "proposals": 0,
                }
            )
        if rows:
            connection.execute(_KEEP, rows)

    def find(self, tokens: Collection[str]) -> dict[str, list[RecordKey]]:
        """The records that each token leads to; every token that was asked for is in the answer."""
        hidden = {self._vault.token(token): token for token in tokens}
        found: dict[str, list[RecordKey]] = {token: [] for token in tokens}
        with self._database.reading() as connection:
            for some in chunks(hidden):
                for row in connection.execute(_FIND, {"tokens": some}):
                    found[hidden[row.token]].append(RecordKey(row.source, row.woman))
        return found

    def neighbours(self, tokens: Collection[str], at_most: int) -> Neighbours:
        """The records that share a token with these, each with its profile and link, in a fixed order.

        A token that more than `at_most` records share is left out, and said: it tells nobody apart.
        """
        hidden = {self._vault.token(token): token for token in tokens}
        crowded: dict[str, int] = {}
        if not hidden:
            return Neighbours((), crowded)
        with self._database.reading() as connection:
            rows = connection.execute(_NEAR, {"tokens": list(hidden), "limit": _MANY}).all()
            if len({(r.source, r.woman) for r in rows}) >= _MANY:
                counted = connection.execute(_COUNT, {"tokens": list(hidden)}).all()
                crowded = {hidden[token]: many for token, many in counted if many > at_most}
                left = [token for token, clear in hidden.items() if clear not in crowded]
                rows = connection.execute(_NEAR, {"tokens": left, "limit": _ALL}).all() if left else []
        return Neighbours(tuple(self._near(rows)), crowded)

    def neighbours_of(
        self, tokens: Mapping[RecordKey, Collection[str]], at_most: int
    ) -> tuple[dict[RecordKey, tuple[RecordKey, ...]], dict[RecordKey, Neighbour], dict[RecordKey, dict[str, int]]]:
        """The same for several records at once, themselves included: who shares a token with whom, who they are (the
        link of the records asked about with its explanation), and which tokens were left out.
        """
        hidden = {token: self._vault.token(token) for mine in tokens.values() for token in mine}
        asked = sorted(set(hidden.values()))
        by_token: defaultdict[str, list[RecordKey]] = defaultdict(list)
        crowded: dict[str, int] = {}
        details: dict[RecordKey, Neighbour] = {}
        with self._database.reading() as connection:
            for some in chunks(asked):
                rows = connection.execute(_SOME, {"tokens": some, "limit": _FLOOD}).all()
                if len(rows) >= _FLOOD:
                    counted = connection.execute(_COUNT, {"tokens": some}).all()
                    crowded |= {token: many for token, many in counted if many > at_most}
                    left = [t for t in some if t not in crowded]
                    rows = connection.execute(_SOME, {"tokens": left, "limit": _ALL}).all() if left else []
                for row in rows:
                    by_token[row.token].append(RecordKey(row.source, row.woman))
            crowded |= {token: len(found) for token, found in by_token.items() if len(found) > at_most}
            everyone = {r for t, found in by_token.items() if t not in crowded for r in found} | tokens.keys()
            for source in sorted({r.source for r in everyone}):
                for some in chunks(sorted(r.woman for r in everyone if r.source == source)):
                    rows = connection.execute(_OF_THESE, {"of_source": source, "women": some}).all()
                    details |= {n.record: n for n in self._near(rows, tokens)}
        for record in everyone - details.keys():
            details[record] = Neighbour(record, None, None, None)
        shared: dict[RecordKey, tuple[RecordKey, ...]] = {}
        left_out: dict[RecordKey, dict[str, int]] = {}
        for record, mine in tokens.items():
            near = {r for t in mine if hidden[t] not in crowded for r in by_token.get(hidden[t], ())}
            shared[record] = tuple(sorted(near))
            left_out[record] = {t: crowded[hidden[t]] for t in mine if hidden[t] in crowded}
        return shared, details, left_out

    def linked_to(self, *targets: str) -> tuple[Neighbour, ...]:
        """The records that are linked to these women now, each with its profile."""
        rows: list[Any] = []
        with self._database.reading() as connection:
            for some in chunks(sorted(set(targets))):
                rows += connection.execute(_LINKED, {"targets": some}).all()
        return tuple(n for n in self._near(rows) if n.target in targets)

    def _near(self, rows: Iterable[Any], explained: Collection[RecordKey] = ()) -> list[Neighbour]:
        """One entry per record from its links, of which the latest of each kind holds."""
        profiles: dict[RecordKey, Any] = {}
        women: dict[RecordKey, Any] = {}
        records: dict[RecordKey, None] = {}
        for row in sorted(rows, key=lambda r: (r.source, r.woman, r.position or 0)):
            record = RecordKey(row.source, row.woman)
            records[record] = None
            if row.kind == PROFILE:
                profiles[record] = row
            elif row.kind == WOMAN_LINK:
                women[record] = row
        return [self._neighbour(r, profiles.get(r), women.get(r), r in explained) for r in records]

    def _neighbour(self, record: RecordKey, profile: Any, woman: Any, explained: bool) -> Neighbour:
        packed = None
        if profile is not None and profile.wrapped is not None:
            packed = self._sealer(profile).open(profile.explanation, _bound(record))
        return Neighbour(record, packed, None if woman is None else woman.target, None if woman is None else woman.how)


def _bound(record: RecordKey, kind: str = PROFILE) -> bytes:
    return f"links\n{kind}\n{record.source}\n{record.woman}".encode()


def _details(hits: Any) -> Select[Any]:
    """The links of these records, with the keys that open them."""
    of_record = _L.kind.in_((WOMAN_LINK, PROFILE)) & (_L.source == hits.c.source) & (_L.reference == hits.c.woman)
    columns = (hits.c.source, hits.c.woman, _L.position, _L.kind, _L.target, _L.how, _L.explanation, _L.key_id)
    joined = hits.outerjoin(links, of_record).outerjoin(record_keys, _L.key_id == record_keys.c.id)
    return select(*columns, *KEY_COLUMNS).select_from(joined)


# Built once: making a statement costs more than running it.
_OF_RECORD = (_I.source == bindparam("of_source"), _I.woman == bindparam("of_woman"))
_WOMEN: BindParameter[list[str]] = bindparam("women", expanding=True)
_THERE = select(_I.token, _I.woman).where(_I.source == bindparam("of_source"), _I.woman.in_(_WOMEN))
_GONE = delete(identity_index).where(*_OF_RECORD, _I.token == bindparam("of_token"))
_ADD = insert(identity_index)
_KEEP = insert(links)
_PROFILES = (
    select(_L.reference, _L.explanation, _L.key_id)
    .where(_L.kind == PROFILE, _L.source == bindparam("of_source"), _L.reference.in_(_WOMEN))
    .order_by(_L.position)
)
_OF_THESE = (
    select(
        _L.source,
        _L.reference.label("woman"),
        *(_L.position, _L.kind, _L.target, _L.how, _L.explanation, _L.key_id, *KEY_COLUMNS),
    )
    .select_from(links.outerjoin(record_keys, _L.key_id == record_keys.c.id))
    .where(_L.kind.in_((WOMAN_LINK, PROFILE)), _L.source == bindparam("of_source"), _L.reference.in_(_WOMEN))
)
_SHARING = _I.token.in_(bindparam("tokens", expanding=True))
_FIND = select(identity_index).where(_SHARING).order_by(_I.source, _I.woman)
_SOME = select(identity_index).where(_SHARING).limit(bindparam("limit", type_=Integer))
_COUNT = select(_I.token, func.count()).where(_SHARING).group_by(_I.token)
_NEAR = _details(
    select(_I.source, _I.woman).where(_SHARING).distinct().limit(bindparam("limit", type_=Integer)).subquery("near")
)
_LINKED = _details(
    select(_L.source, _L.reference.label("woman"))
    .where(
        _L.kind == WOMAN_LINK, _L.target.in_(bindparam("targets", expanding=True))
    )  # not distinct: SQLite would walk every link
    .subquery("near")
)
