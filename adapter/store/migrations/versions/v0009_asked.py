"""What the decision that stands asked of the rule tables, so that other tables are asked the same instead of all."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = max(p.stem[1:5] for p in Path(__file__).parent.glob("v0*.py") if p.stem[1:5] < revision)


def upgrade() -> None:
    """One column; empty for what was decided before, which is decided in full the first time."""
    op.add_column("standing", sa.Column("asked", sa.LargeBinary, nullable=True))
