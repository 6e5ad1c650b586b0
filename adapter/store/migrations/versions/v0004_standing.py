"""What stands for each pregnancy, decision runs, overrides by persons, claims that were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_APPEND_ONLY = ("decision_runs", "decisions_upheld", "overrides", "claims_made")


def upgrade() -> None:
    """Make the tables, and the triggers that keep all but `standing` append-only."""
    op.create_table(
        "standing",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("pregnancy", sa.Text, nullable=False, unique=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("key_ids", sa.Text, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.Column("projection", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    _kept("decision_runs", sa.Column("run", sa.Text, nullable=False))
    op.create_table(
        "decisions_upheld",
        sa.Column("decision", sa.Text, primary_key=True),
        sa.Column("run", _POSITION, sa.ForeignKey("decision_runs.position"), primary_key=True),
    )
    _kept("overrides", sa.Column("override", sa.Text, nullable=False), _of_whom())
    op.create_index("overrides_pregnancy", "overrides", ["pregnancy", "position"])
    _kept("claims_made", sa.Column("id", sa.Text, nullable=False, unique=True), _of_whom())
    op.create_index("claims_made_pregnancy", "claims_made", ["pregnancy", "position"])
    _append_only()


def _of_whom() -> sa.Column[str]:
    return sa.Column("pregnancy", sa.Text, nullable=False)


def _kept(name: str, *columns: sa.Column[str]) -> None:
    op.create_table(
        name,
        sa.Column("position", _POSITION, primary_key=True),
        *columns,
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )


def _append_only() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in _APPEND_ONLY:
        if sqlite:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
