"""Releases of served names, and the pairs of answers that their trials are compared by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "releases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("change", Number, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "pairs",
        sa.Column("trial", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("position", Number, primary_key=True, autoincrement=False),
        sa.Column("live", sa.Text),
        sa.Column("candidate", sa.Text),
        sa.Column("alike", sa.Boolean, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take them away; every server then serves what its command line names."""
    op.drop_table("pairs")
    op.drop_table("releases")
