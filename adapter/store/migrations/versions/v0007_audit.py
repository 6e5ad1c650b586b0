"""Find audit lines by who, what and noodtoegang; take out what is older than it must be kept, behind a checkpoint."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = max(p.stem[1:5] for p in Path(__file__).parent.glob("v0*.py") if p.stem[1:5] < revision)

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the columns, the table of checkpoints, and triggers that let go only of what a checkpoint covers."""
    for name in ("actor", "kind", "action", "outcome"):
        op.add_column("audit", sa.Column(name, sa.Text))
    op.add_column("audit", sa.Column("emergency", sa.Integer))
    op.create_index("audit_actor", "audit", ["actor", "position"])
    op.create_index(
        "audit_emergency",
        "audit",
        ["position"],
        sqlite_where=sa.text("emergency = 1"),
        postgresql_where=sa.text("emergency = 1"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("position", _POSITION, primary_key=True, autoincrement=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_checkpoints_no_{event.lower()} BEFORE {event} ON audit_checkpoints"
            " BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END"
        )
    op.execute("DROP TRIGGER audit_no_delete")
    op.execute(
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
        " WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE position >= OLD.position)"
        " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    )


def _postgresql() -> None:
    op.execute(
        "CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE FUNCTION refuse_unproven() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM audit_checkpoints WHERE position >= OLD.position)"
        " THEN RETURN OLD; END IF;"
        " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute("DROP TRIGGER audit_append_only ON audit")
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION refuse_unproven()"
    )
    op.execute(
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
