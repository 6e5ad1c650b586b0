"""Find the latest answer of each source about one woman, and about all, without going through those of before."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = max(p.stem[1:5] for p in Path(__file__).parent.glob("v0*.py") if p.stem[1:5] < revision)


def upgrade() -> None:
    """Other indexes in place of the two that there were."""
    op.drop_index("answers_woman", "answers")
    op.drop_index("answers_bsn", "answers")
    whole = sa.text("woman IS NULL AND bsn IS NULL")
    op.create_index("answers_whole", "answers", ["source", "at"], sqlite_where=whole, postgresql_where=whole)
    op.create_index("answers_woman_at", "answers", ["source", "woman", "at"])
    op.create_index("answers_bsn_at", "answers", ["bsn", "source", "at"])
