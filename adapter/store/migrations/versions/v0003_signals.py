"""Signals of care outside the EPDs: append-only, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and the triggers that keep it append-only."""
    op.create_table(
        "signals",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("pregnancy", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("signals_pregnancy", "signals", ["pregnancy", "received_at"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER signals_no_{event.lower()} BEFORE {event} ON signals"
                " BEGIN SELECT RAISE(ABORT, 'signals is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER signals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signals"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
