"""Keys, usage and feedback, as the first servers made them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False, unique=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text),
        sa.Column("revoked_at", sa.Text),
    )
    op.create_table(
        "usage",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("key_id", sa.Text),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("inputs", Number, nullable=False),
        sa.Column("tokens", Number, nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("ix_usage_key_id", "usage", ["key_id"])
    op.create_table(
        "feedback",
        sa.Column("id", Number, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text),
        sa.Column("position", Number, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("ix_feedback_request_id", "feedback", ["request_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("feedback", "usage", "api_keys"):
        op.drop_table(table)
