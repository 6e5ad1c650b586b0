"""Keep the index of identities in one tree less, where the database is SQLite: linking writes to it most."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = max(p.stem[1:5] for p in Path(__file__).parent.glob("v0*.py") if p.stem[1:5] < revision)


def upgrade() -> None:
    """Copy it into a table that is its own index."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ALTER TABLE identity_index RENAME TO identity_index_before")
    op.execute(
        "CREATE TABLE identity_index (token TEXT NOT NULL, source TEXT NOT NULL, woman TEXT NOT NULL,"
        " PRIMARY KEY (token, source, woman)) WITHOUT ROWID"
    )
    op.execute("INSERT INTO identity_index SELECT token, source, woman FROM identity_index_before ORDER BY 1, 2, 3")
    op.execute("DROP TABLE identity_index_before")
    op.execute("CREATE INDEX identity_index_record ON identity_index (source, woman)")
