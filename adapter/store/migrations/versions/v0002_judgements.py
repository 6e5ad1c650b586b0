"""What persons say of two records or dossiers (append-only), and which links hold a proposal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table with its triggers, and the count of proposals to links (empty: not counted, look inside)."""
    op.create_table(
        "judgements",
        sa.Column("position", _POSITION, primary_key=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("pair", sa.Text, nullable=False),
        sa.Column("source_a", sa.Text, nullable=False),
        sa.Column("reference_a", sa.Text, nullable=False),
        sa.Column("woman_a", sa.Text, nullable=False),
        sa.Column("source_b", sa.Text, nullable=False),
        sa.Column("reference_b", sa.Text, nullable=False),
        sa.Column("woman_b", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("key_a", _POSITION, sa.ForeignKey("record_keys.id")),
        sa.Column("key_b", _POSITION, sa.ForeignKey("record_keys.id")),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("judgements_pair", "judgements", ["pair"])
    op.create_index("judgements_decision", "judgements", ["decision"])
    op.create_index("judgements_a", "judgements", ["source_a", "woman_a"])
    op.create_index("judgements_b", "judgements", ["source_b", "woman_b"])
    op.add_column("links", sa.Column("proposals", sa.Integer))
    op.create_index("links_proposals", "links", ["kind", "proposals"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER judgements_no_{event.lower()} BEFORE {event} ON judgements"
                " BEGIN SELECT RAISE(ABORT, 'judgements is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER judgements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON judgements"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
