"""What stands behind a pruned audit log: where it begins now, provably."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, Table

from adapter.store.tables import Instant, _Position, metadata

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("position", _Position, primary_key=True, autoincrement=False),  # the last line that was taken out
    Column("chain", LargeBinary, nullable=False),  # its hash: the next line goes on from there
    Column("until", Instant, nullable=False),  # every line before this instant was taken out
    Column("lines", Integer, nullable=False),  # how many that were
    Column("made_at", Instant, nullable=False),
    Column("seal", LargeBinary, nullable=False),  # keyed, so that nobody without the key can make one
)
