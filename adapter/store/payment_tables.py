"""The tables around decisions: what stands for each pregnancy, runs, overrides by persons, claims that were made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from adapter.store.tables import Instant, metadata

_Position = BigInteger().with_variant(Integer, "sqlite")

standing = Table(
    "standing",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("pregnancy", Text, nullable=False, unique=True),
    Column("decision", Text, nullable=False),
    Column("key_ids", Text, nullable=False),  # the records that went in, in order
    Column("line", LargeBinary, nullable=False),  # sealed with the key of the store
    Column("projection", LargeBinary, nullable=False),  # sealed with the keys of all those records together
    Column("asked", LargeBinary),  # what was asked of the rule tables, sealed with the key of the store
    sqlite_autoincrement=True,
)
"""Derived from sources and decisions, and replaced at will: the one table here that is not append-only."""

decision_runs = Table(
    "decision_runs",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("run", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

decisions_upheld = Table(
    "decisions_upheld",
    metadata,
    Column("decision", Text, primary_key=True),
    Column("run", _Position, ForeignKey("decision_runs.position"), primary_key=True),
)

overrides = Table(
    "overrides",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("override", Text, nullable=False),
    Column("pregnancy", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("overrides_pregnancy", overrides.c.pregnancy, overrides.c.position)

claims_made = Table(
    "claims_made",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("pregnancy", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("claims_made_pregnancy", claims_made.c.pregnancy, claims_made.c.position)
