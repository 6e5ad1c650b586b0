"""The first tables: versions under a key per record, links, answers, decisions, audit, outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_APPEND_ONLY = ("source_versions", "links", "answers", "decisions", "audit")


def upgrade() -> None:
    """Make the tables, their indexes, and the triggers that keep them append-only."""
    _record_keys()
    _source_versions()
    _identity_index()
    _links()
    _answers()
    _decisions()
    _audit()
    _outbox()
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("master", sa.Text),
    )
    _append_only()


def _record_keys() -> None:
    op.create_table(
        "record_keys",
        sa.Column("id", _POSITION, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("woman", sa.Text, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("destroyed_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("record_keys_record", "record_keys", ["source", "woman"])
    active = sa.text("destroyed_at IS NULL")
    op.create_index(
        "record_keys_active",
        "record_keys",
        ["source", "woman"],
        unique=True,
        sqlite_where=active,
        postgresql_where=active,
    )


def _source_versions() -> None:
    op.create_table(
        "source_versions",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("source_version", sa.Text),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("fhir_version", sa.Text, nullable=False),
        sa.Column("media", sa.Text, nullable=False),
        sa.Column("woman", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("key_id", _POSITION, sa.ForeignKey("record_keys.id"), nullable=False),
        sa.UniqueConstraint("source", "type", "id", "seq", name="source_versions_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("source_versions_record", "source_versions", ["source", "woman"])


def _identity_index() -> None:
    op.create_table(
        "identity_index",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("woman", sa.Text, primary_key=True),
    )
    op.create_index("identity_index_record", "identity_index", ["source", "woman"])


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("woman", sa.Text),
        sa.Column("target", sa.Text),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("explanation", sa.LargeBinary, nullable=False),
        sa.Column("key_id", _POSITION, sa.ForeignKey("record_keys.id")),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("links_reference", "links", ["kind", "source", "reference"])
    op.create_index("links_target", "links", ["kind", "target"])
    op.create_index("links_woman", "links", ["kind", "source", "woman"])


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("woman", sa.Text),
        sa.Column("bsn", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("problem", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("answers_woman", "answers", ["source", "woman"])
    op.create_index("answers_bsn", "answers", ["bsn"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("pregnancy", sa.Text, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("decisions_pregnancy", "decisions", ["pregnancy", "decided_at"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("position", _POSITION, primary_key=True, autoincrement=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("patient", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
    )
    op.create_index("audit_patient", "audit", ["patient", "recorded"])
    op.create_index("audit_recorded", "audit", ["recorded"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _POSITION, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_key", "outbox", ["kind", "key"])


def _append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
