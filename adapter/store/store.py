"""The store: one object over all its parts."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from types import TracebackType
from typing import Self

from sqlalchemy import func, select, text

from adapter.store import identifiers
from adapter.store.answers import Answers
from adapter.store.audit_keeping import AuditKeeping
from adapter.store.consents import Consents, consents
from adapter.store.database import Database
from adapter.store.decisions import Decisions
from adapter.store.identities import Identities
from adapter.store.judgements import Judgements
from adapter.store.kept import Kept
from adapter.store.keys import KeyRing
from adapter.store.links import Links
from adapter.store.notes import Notes
from adapter.store.outbox import Outbox
from adapter.store.records import DIRECTORY, Records
from adapter.store.referred import Referred
from adapter.store.related import Related
from adapter.store.search import Search
from adapter.store.signals import Signals, signals
from adapter.store.standing import Standings
from adapter.store.subscriptions import Subscriptions
from adapter.store.tables import answers, audit, decisions, judgements, links, outbox, record_keys, source_versions
from adapter.store.vault import Vault
from adapter.store.versions import Versions

_POSITIONS = select(
    *(
        select(func.max(table.c.position)).scalar_subquery()
        for table in (source_versions, links, judgements, answers, signals, consents)
    ),
    select(func.max(record_keys.c.id)).scalar_subquery(),
    select(func.count()).where(record_keys.c.destroyed_at.is_not(None)).scalar_subquery(),
)


class Store(
    Versions,
    Records,
    Identities,
    Links,
    Judgements,
    Answers,
    Decisions,
    AuditKeeping,
    Outbox,
    Standings,
    Notes,
    Signals,
    Kept,
):
    """Everything that is kept, in SQLite or PostgreSQL. Safe to share between threads; every method is one transaction.

    Every method raises `StoreError` (`StoreUnavailableError` where trying again may help).
    """

    @classmethod
    def open(cls, url: str, keys: KeyRing) -> Self:
        """Open, making or migrating the tables first.

        `url`: `sqlite:///path` (four slashes: absolute) or `postgresql+psycopg://user:password@host/database`. Raises
        `StoreUrlError`, `StoreUnavailableError`, `NewerDatabaseError`, `WrongMasterKeyError`.
        """
        database = Database(url)
        vault = Vault(keys)
        try:
            with database.writing() as connection:
                database.migrate(connection)
                vault.unlock(connection)
                identifiers.begin(connection)
        except BaseException:
            database.close()
            raise
        return cls(database, vault)

    def close(self) -> None:
        """Give every connection back. What was kept is kept already."""
        self.search.close()
        if self._kept_apart is not None:
            self._kept_apart.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def unit(self) -> AbstractContextManager[None]:
        """Join what this thread does meanwhile into one transaction, where the database gains by it (SQLite)."""
        return self._database.unit()

    def alone(self, names: Collection[str]) -> AbstractContextManager[None]:
        """Keep others that are alone with one of these names out meanwhile; in a unit, where the database is SQLite."""
        if self._database.is_sqlite:
            return nullcontext()
        return self._database.alone({self._vault.token(f"alone {name}") for name in names})

    @cached_property
    def search(self) -> Search:
        """Reading for the FHIR endpoint."""
        return Search(self._database, self._vault)

    @cached_property
    def identifiers(self) -> identifiers.Identifiers:
        """Finding resources by an identifier in them."""
        return identifiers.Identifiers(self._database, self._vault, self.search)

    @cached_property
    def related(self) -> Related:
        """Which women stand where, for narrowing."""
        return Related(self.search)

    @cached_property
    def referred(self) -> Referred:
        """Which records hold a referral to whom."""
        return Referred(self._database, self._vault)

    @cached_property
    def consents(self) -> Consents:
        """What women permit and forbid."""
        return Consents(self._database, self._vault)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who wants to be told of changes."""
        return Subscriptions(self._database, self._vault)

    def looking(self) -> AbstractContextManager[None]:
        """Read what this thread reads meanwhile in one transaction. What it writes is not seen by it until the end."""
        return self._database.looking()

    def ping(self) -> None:
        """Whether the database answers. Raises `StoreUnavailableError`."""
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def positions(self) -> tuple[int, ...]:
        """Numbers of which one moves with whatever a view is made from: versions, links, what persons said, answers,
        signals, consents, and records that were removed or readmitted. Cheap: one statement.
        """
        with self._database.reading() as connection:
            return tuple(number or 0 for number in connection.execute(_POSITIONS).one())

    def counts(self) -> dict[str, int]:
        """How much is kept: versions (`invalid`: those set aside), records, removed, and rows of the other parts."""
        hers = record_keys.c.woman != DIRECTORY
        queries = {
            "versions": select(func.count()).select_from(source_versions),
            "invalid": select(func.count()).where(source_versions.c.problem.is_not(None)),
            "records": select(func.count()).where(hers, record_keys.c.destroyed_at.is_(None)),
            "removed": select(func.count()).where(hers, record_keys.c.destroyed_at.is_not(None)),
            "links": select(func.count()).select_from(links),
            "answers": select(func.count()).select_from(answers),
            "decisions": select(func.count()).select_from(decisions),
            "outbox": select(func.count()).select_from(outbox),
        }
        with self._database.reading() as connection:
            found = {name: connection.execute(query).scalar_one() for name, query in queries.items()}
        with self._ledger.reading() as connection:
            return {**found, "audit": connection.execute(select(func.count()).select_from(audit)).scalar_one()}
