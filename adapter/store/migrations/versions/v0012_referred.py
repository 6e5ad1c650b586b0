"""Keep to whom was referred in which record, so that a reader's women are known without reading all records.

Filled by the program, with what there is already too. And an index to count what was removed without going through all.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = max(p.stem[1:5] for p in Path(__file__).parent.glob("v0*.py") if p.stem[1:5] < revision)


def upgrade() -> None:
    """Two tables and two indexes."""
    position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "referred",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("woman", sa.Text, primary_key=True),
        sa.Column("receiver", sa.Text, primary_key=True),
    )
    op.create_index("referred_receiver", "referred", ["receiver"])
    op.create_table(
        "referred_progress",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("position", position, nullable=False),
    )
    gone = sa.text("destroyed_at IS NOT NULL")
    op.create_index("record_keys_gone", "record_keys", ["destroyed_at"], sqlite_where=gone, postgresql_where=gone)
