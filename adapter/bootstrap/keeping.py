"""What the commands of operations work on: the store and its master keys, without the rest of the application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.access import SYSTEM, Action, AuditLog, Context, Entity, EventType, Purpose
from adapter.bootstrap.settings import load
from adapter.bootstrap.wire import DEFAULT_CONFIG, _keys, key_file
from adapter.model.sources import Problem
from adapter.service.port import ConfigurationError
from adapter.store import KeyRing, Store, StoreError

_DAYS_IN_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Keeping:
    """An open store. `key_file`: where its master keys stand, None where the environment holds them."""

    store: Store
    ring: KeyRing
    key_file: Path | None
    log_years: int

    def prune(self, now: datetime | None = None) -> int:
        """Take out of the audit log what is older than it must be kept; gives how many lines. Raises `StoreError`."""
        at = now or datetime.now(UTC)
        before = at - timedelta(days=self.log_years * _DAYS_IN_YEAR)
        gone = self.store.prune_audit(before, at)
        if gone:
            audit = AuditLog(self.store)
            context = Context(SYSTEM, Purpose.HOPERAT)
            entities = [Entity("audit", f"before {before.isoformat(timespec='seconds')}")]
            audit.record(
                audit.event(context, EventType.REMOVE, Action.DELETE, at, entities=entities, query=f"lines={gone}")
            )
        return gone


@contextmanager
def keeping(config: Path | None) -> Iterator[Keeping]:
    """The store of a configuration. Raises `ConfigurationError`."""
    path = config or DEFAULT_CONFIG
    settings = load(path)
    years = settings.access.limits.log_years if settings.access else 5
    try:
        ring = _keys(settings.store)
        store = Store.open(settings.store.url, ring)
    except StoreError as error:
        raise ConfigurationError([Problem(None, f"{path}: store", str(error))]) from error
    with store:
        yield Keeping(store, ring, key_file(settings.store), years)
