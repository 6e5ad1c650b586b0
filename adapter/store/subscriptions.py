"""Who wants to be told of changes, and up to where each was told."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from adapter.model.sources import FhirVersion
from adapter.store.records import Part
from adapter.store.search_tables import subscriptions
from adapter.store.text import chunks


@dataclass(frozen=True, slots=True)
class Subscribed:
    """One subscription. `upto`: the position of the last version (or decision) it was told of.

    `failures`: since it last went.
    """

    id: str
    version: FhirVersion
    owner: str
    status: str
    upto: int
    failures: int
    created_at: datetime
    resource: dict[str, Any]


class Subscriptions(Part):
    """Add, read, change and remove."""

    def add(self, one: Subscribed, most: int) -> bool:
        """Keep a subscription; what it says is sealed, for it may hold a secret of the receiver. False, and not kept,
        where its owner has so many already.
        """
        body = self._vault.own.seal(json.dumps(one.resource).encode(), _bound(one.id))
        row: dict[str, object] = {
            "id": one.id,
            "fhir_version": one.version.value,
            "owner": one.owner,
            "status": one.status,
        }
        row |= {"seq": one.upto, "failures": one.failures, "created_at": one.created_at, "body": body}
        held = select(func.count()).where(subscriptions.c.owner == one.owner)
        with self._database.writing() as connection:
            self._database.lock(connection, f"subscriptions {one.owner}")
            if (connection.execute(held).scalar() or 0) >= most:
                return False
            connection.execute(insert(subscriptions).values(row))
        return True

    def all(self) -> list[Subscribed]:
        """Every subscription, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(subscriptions).order_by(subscriptions.c.created_at)).all()
        return [self._read(row) for row in rows]

    def get(self, id: str) -> Subscribed | None:
        """The subscription of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(subscriptions).where(subscriptions.c.id == id)).first()
        return None if row is None else self._read(row)

    def told(self, one: Subscribed, upto: int, failures: int, status: str) -> Subscribed:
        """Remember up to where it was told, or that telling failed."""
        changed = {"seq": upto, "failures": failures, "status": status}
        with self._database.writing() as connection:
            connection.execute(update(subscriptions).where(subscriptions.c.id == one.id).values(changed))
        return replace(one, upto=upto, failures=failures, status=status)

    def passed(self, ids: Collection[str], upto: int) -> None:
        """Remember that up to here there was nothing for these."""
        with self._database.writing() as connection:
            for some in chunks(sorted(ids)):
                connection.execute(update(subscriptions).where(subscriptions.c.id.in_(some)).values(seq=upto))

    def remove(self, id: str) -> None:
        """Tell no more."""
        with self._database.writing() as connection:
            connection.execute(delete(subscriptions).where(subscriptions.c.id == id))

    def _read(self, row: Any) -> Subscribed:
        resource = json.loads(self._vault.own.open(row.body, _bound(row.id)))
        version = FhirVersion(row.fhir_version)
        return Subscribed(row.id, version, row.owner, row.status, row.seq, row.failures, row.created_at, resource)


def _bound(id: str) -> bytes:
    return f"subscriptions\n{id}".encode()
