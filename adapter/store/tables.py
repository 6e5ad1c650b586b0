"""The tables. They are made and changed by the migrations only; a test holds the two equal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970 in UTC: exact, ordered, and the same in both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To microseconds. Raises `ValueError` for an instant without a zone."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From microseconds."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970. Raises `ValueError` for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant!r}")
    return (instant - _EPOCH) // _MICROSECOND


_Position = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself in SQLite

record_keys = Table(
    "record_keys",
    metadata,
    Column("id", _Position, primary_key=True),
    Column("source", Text, nullable=False),
    Column("woman", Text, nullable=False),  # Patient reference; empty: the directory resources of the source
    Column("master", Text, nullable=False),
    Column("wrapped", LargeBinary),  # empty once destroyed
    Column("created_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
    Column("reason", Text),
    sqlite_autoincrement=True,
)
Index(
    "record_keys_gone",
    record_keys.c.destroyed_at,
    sqlite_where=record_keys.c.destroyed_at.is_not(None),
    postgresql_where=record_keys.c.destroyed_at.is_not(None),
)
Index("record_keys_record", record_keys.c.source, record_keys.c.woman)
Index(
    "record_keys_active",
    record_keys.c.source,
    record_keys.c.woman,
    unique=True,
    sqlite_where=record_keys.c.destroyed_at.is_(None),
    postgresql_where=record_keys.c.destroyed_at.is_(None),
)

source_versions = Table(
    "source_versions",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("source_version", Text),
    Column("hash", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("fhir_version", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("woman", Text),
    Column("subject", Text),
    Column("problem", Text),
    Column("body", LargeBinary, nullable=False),
    Column("key_id", _Position, ForeignKey("record_keys.id"), nullable=False),
    UniqueConstraint("source", "type", "id", "seq", name="source_versions_version"),
    sqlite_autoincrement=True,
)
Index("source_versions_record", source_versions.c.source, source_versions.c.woman)

identity_index = Table(
    "identity_index",
    metadata,
    Column("token", Text, primary_key=True),  # HMAC, never the identifier itself
    Column("record", _Position, primary_key=True, autoincrement=False),  # the number of its key
    sqlite_with_rowid=False,
)
Index("identity_index_of", identity_index.c.record)

identity_profiles = Table(  # what records are weighed by; the latest of a record holds
    "identity_profiles",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("record", _Position, ForeignKey("record_keys.id"), nullable=False),
    Column("profile", LargeBinary, nullable=False),  # sealed with the key of the record
    Column("made_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
Index("identity_profiles_record", identity_profiles.c.record)

links = Table(
    "links",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("woman", Text),  # the record that the reference is part of, where the store knows it
    Column("target", Text),
    Column("how", Text, nullable=False),
    Column("explanation", LargeBinary, nullable=False),
    Column("key_id", _Position, ForeignKey("record_keys.id")),  # empty: sealed under the key of the store
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text),
    Column("proposals", Integer),  # how many its explanation holds; empty: not counted, look inside
    sqlite_autoincrement=True,
)
LINK_COLUMNS = tuple(c.name for c in links.columns if c.name != "position")
"""The columns of a link, in the order of the table."""
Index("links_proposals", links.c.kind, links.c.proposals)
Index("links_reference", links.c.kind, links.c.source, links.c.reference)
Index("links_target", links.c.kind, links.c.target)
Index("links_woman", links.c.kind, links.c.source, links.c.woman)

judgements = Table(
    "judgements",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("pair", Text, nullable=False),  # HMAC of the two, in the order of the alphabet
    Column("source_a", Text, nullable=False),
    Column("reference_a", Text, nullable=False),
    Column("woman_a", Text, nullable=False),  # the record that the reference is, or stands in
    Column("source_b", Text, nullable=False),
    Column("reference_b", Text, nullable=False),
    Column("woman_b", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("key_a", _Position, ForeignKey("record_keys.id")),
    Column("key_b", _Position, ForeignKey("record_keys.id")),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("judgements_pair", judgements.c.pair)
Index("judgements_decision", judgements.c.decision)
Index("judgements_a", judgements.c.source_a, judgements.c.woman_a)
Index("judgements_b", judgements.c.source_b, judgements.c.woman_b)

answers = Table(
    "answers",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("source", Text, nullable=False),
    Column("woman", Text),
    Column("bsn", Text),  # HMAC
    Column("state", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("problem", Text),
    sqlite_autoincrement=True,
)
_WHOLE = text("woman IS NULL AND bsn IS NULL")
Index("answers_whole", answers.c.source, answers.c.at, sqlite_where=_WHOLE, postgresql_where=_WHOLE)
Index("answers_woman_at", answers.c.source, answers.c.woman, answers.c.at)
Index("answers_bsn_at", answers.c.bsn, answers.c.source, answers.c.at)

decisions = Table(
    "decisions",
    metadata,
    Column("position", _Position, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("pregnancy", Text, nullable=False),
    Column("known_at", Instant, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("decisions_pregnancy", decisions.c.pregnancy, decisions.c.decided_at)

audit = Table(
    "audit",
    metadata,
    Column("position", _Position, primary_key=True, autoincrement=False),  # 1, 2, …: without a hole
    Column("recorded", Instant, nullable=False),
    Column("patient", Text),
    Column("body", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("actor", Text),  # HMAC; this and what follows repeats what is sealed, to find it by; empty in older lines
    Column("kind", Text),
    Column("action", Text),
    Column("outcome", Text),
    Column("emergency", Integer),
)
Index("audit_patient", audit.c.patient, audit.c.recorded)
Index("audit_recorded", audit.c.recorded)
Index("audit_actor", audit.c.actor, audit.c.position)
Index("audit_emergency", audit.c.position, sqlite_where=text("emergency = 1"), postgresql_where=text("emergency = 1"))

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Position, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
Index("outbox_key", outbox.c.kind, outbox.c.key)

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("master", Text),  # set where `value` is a wrapped key
)

APPEND_ONLY = ("source_versions", "links", "judgements", "answers", "decisions", "audit")
"""The database itself refuses to change or delete a row of these (triggers)."""
