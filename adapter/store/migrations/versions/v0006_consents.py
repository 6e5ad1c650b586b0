"""What women permit and forbid, as recorded here or told by the national consent service: append-only, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and the triggers that keep it append-only."""
    op.create_table(
        "consents",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("woman", sa.Text),
        sa.Column("bsn", sa.Text),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("key_id", _POSITION, sa.ForeignKey("record_keys.id")),
        sqlite_autoincrement=True,
    )
    op.create_index("consents_id", "consents", ["id"])
    op.create_index("consents_record", "consents", ["source", "woman"])
    op.create_index("consents_bsn", "consents", ["bsn"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER consents_no_{event.lower()} BEFORE {event} ON consents"
                " BEGIN SELECT RAISE(ABORT, 'consents is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consents"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
