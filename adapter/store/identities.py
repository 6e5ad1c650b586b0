"""Find records by identifiers that stand nowhere in clear."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, insert, select

from adapter.model.sources import RecordKey
from adapter.store.records import Part
from adapter.store.tables import identity_index, record_keys
from adapter.store.text import chunks


class Identities(Part):
    """The index of identity tokens (a BSN, a name with a birth date): HMAC-SHA256 under a key of this store."""

    def index(self, record: RecordKey, tokens: Collection[str]) -> None:
        """The tokens a record is found by from now on; those of before that are not among them go.

        Nothing for a record that was removed.
        """
        wanted = {self._vault.token(token) for token in tokens}
        mine = (identity_index.c.source == record.source) & (identity_index.c.woman == record.woman)
        key = (record_keys.c.source == record.source) & (record_keys.c.woman == record.woman)
        with self._database.writing() as connection:
            self._database.lock(connection, record.source)
            state = select(record_keys.c.destroyed_at).where(key).order_by(record_keys.c.id.desc()).limit(1)
            if connection.execute(state).scalar() is not None:
                return
            there = set(connection.execute(select(identity_index.c.token).where(mine)).scalars())
            for some in chunks(there - wanted):
                connection.execute(delete(identity_index).where(mine, identity_index.c.token.in_(some)))
            rows = [{"token": t, "source": record.source, "woman": record.woman} for t in sorted(wanted - there)]
            if rows:
                connection.execute(insert(identity_index), rows)

    def find(self, tokens: Collection[str]) -> dict[str, list[RecordKey]]:
        """The records that each token leads to; every token that was asked for is in the answer."""
        hidden = {self._vault.token(token): token for token in tokens}
        found: dict[str, list[RecordKey]] = {token: [] for token in tokens}
        with self._database.reading() as connection:
            for some in chunks(hidden):
                query = select(identity_index).where(identity_index.c.token.in_(some))
                order = (identity_index.c.source, identity_index.c.woman)
                for row in connection.execute(query.order_by(*order)):
                    found[hidden[row.token]].append(RecordKey(row.source, row.woman))
        return found
