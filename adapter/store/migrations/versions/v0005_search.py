"""What the FHIR endpoint keeps: who waits for which dossier, blind identifiers of resources, subscriptions."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = max(p.stem[1:5] for p in Path(__file__).parent.glob("v0*.py") if p.stem[1:5] < revision)

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "awaited",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("reference", sa.Text, primary_key=True),
        sa.Column("woman", sa.Text, primary_key=True),
    )
    op.create_table(
        "resource_identifiers",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("woman", sa.Text),
    )
    op.create_index("resource_identifiers_record", "resource_identifiers", ["source", "woman"])
    op.create_table(
        "identifier_progress",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("position", _POSITION, nullable=False),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("fhir_version", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
