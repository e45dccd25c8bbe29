"""Which texts a key sent today, as keyed hashes: for limits of different texts a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "seen_texts",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("mark", sa.Text, primary_key=True),
    )


def downgrade() -> None:
    """Take it away again; the day's count of each key goes with it."""
    op.drop_table("seen_texts")
    op.execute("DELETE FROM balances WHERE length(period) IN (10, 16)")
