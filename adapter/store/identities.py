"""Find records by identifiers that stand nowhere in clear, with what is needed to tell whether they are the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
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
_MANY = 200  # records at once; from there on the tokens that are shared by too many are left out

_I = identity_index.c
_L = links.c


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A record that shares a token: what it is weighed by (None: never kept), and where it is linked to now."""

    record: RecordKey
    profile: bytes | None
    target: str | None
    how: str | None


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
        wanted = {self._vault.token(token) for token in tokens}
        with self._database.writing() as connection:
            self._database.lock(connection, record.source)
            keys = active_keys(connection, self._vault, record.source, [record.woman], None)
            key = keys.get(record.woman)
            if key is None and record.woman in keys:
                return
            asked = {"of_source": record.source, "of_woman": record.woman}
            there = set(connection.execute(_MINE, asked).scalars())
            for some in chunks(there - wanted):
                connection.execute(_UNLESS, {**asked, "gone": some})
            rows = [{"token": t, "source": record.source, "woman": record.woman} for t in sorted(wanted - there)]
            if rows:
                connection.execute(_ADD, rows)
            if profile is not None and key is not None and at is not None:
                self._keep_profile(connection, record, key, profile, at)

    def _keep_profile(
        self, connection: Connection, record: RecordKey, key: ActiveKey, profile: bytes, at: datetime
    ) -> None:
        bound = _bound(record)
        before = connection.execute(_PROFILE, {"of_source": record.source, "of_woman": record.woman}).first()
        if before is not None and before.key_id == key.id and key.sealer.open(before.explanation, bound) == profile:
            return
        row = {
            "kind": PROFILE,
            "source": record.source,
            "reference": record.woman,
            "woman": record.woman,
            "target": None,
            "how": "automatic",
            "explanation": key.sealer.seal(profile, bound),
            "key_id": key.id,
            "made_at": at,
            "made_by": None,
            "proposals": 0,
        }
        connection.execute(_KEEP, [row])

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

    def linked_to(self, target: str) -> tuple[Neighbour, ...]:
        """The records that are linked to a woman now, each with its profile."""
        with self._database.reading() as connection:
            rows = connection.execute(_LINKED, {"of_target": target}).all()
        return tuple(n for n in self._near(rows) if n.target == target)

    def _near(self, rows: Iterable[Any]) -> list[Neighbour]:
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
        return [self._neighbour(r, profiles.get(r), women.get(r)) for r in records]

    def _neighbour(self, record: RecordKey, profile: Any, woman: Any) -> Neighbour:
        packed = None
        if profile is not None and profile.wrapped is not None:
            packed = self._sealer(profile).open(profile.explanation, _bound(record))
        return Neighbour(record, packed, None if woman is None else woman.target, None if woman is None else woman.how)


def _bound(record: RecordKey) -> bytes:
    return f"links\n{PROFILE}\n{record.source}\n{record.woman}".encode()


def _details(hits: Any) -> Select[Any]:
    """The links of these records, with the keys that open them."""
    of_record = _L.kind.in_((WOMAN_LINK, PROFILE)) & (_L.source == hits.c.source) & (_L.reference == hits.c.woman)
    columns = (hits.c.source, hits.c.woman, _L.position, _L.kind, _L.target, _L.how, _L.explanation, _L.key_id)
    joined = hits.outerjoin(links, of_record).outerjoin(record_keys, _L.key_id == record_keys.c.id)
    return select(*columns, *KEY_COLUMNS).select_from(joined)


# Built once: making a statement costs more than running it.
_OF_RECORD = (_I.source == bindparam("of_source"), _I.woman == bindparam("of_woman"))
_MINE = select(_I.token).where(*_OF_RECORD)
_UNLESS = delete(identity_index).where(*_OF_RECORD, _I.token.in_(bindparam("gone", expanding=True)))
_ADD = insert(identity_index)
_KEEP = insert(links)
_PROFILE = (
    select(_L.explanation, _L.key_id)
    .where(_L.kind == PROFILE, _L.source == bindparam("of_source"), _L.reference == bindparam("of_woman"))
    .order_by(_L.position.desc())
    .limit(1)
)
_SHARING = _I.token.in_(bindparam("tokens", expanding=True))
_FIND = select(identity_index).where(_SHARING).order_by(_I.source, _I.woman)
_COUNT = select(_I.token, func.count()).where(_SHARING).group_by(_I.token)
_NEAR = _details(
    select(_I.source, _I.woman).where(_SHARING).distinct().limit(bindparam("limit", type_=Integer)).subquery("near")
)
_LINKED = _details(
    select(_L.source, _L.reference.label("woman"))
    .where(_L.kind == WOMAN_LINK, _L.target == bindparam("of_target"))
    .distinct()
    .subquery("near")
)
