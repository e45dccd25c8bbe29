"""Customers, plans, limits, charges, balances, reservations, sealed feedback, audit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COUNTED = ("requests", "inputs", "tokens", "micro_usd")
FREE = ("free_requests", "free_inputs", "free_tokens")
ADDED = ("api_keys", "usage", "feedback")
INDEXES = (("usage", "at"), ("usage", "segment"), ("feedback", "key_id"), ("feedback", "at"))


def added(table: str) -> list[sa.Column[Any]]:
    """Return new columns of a table that was there."""
    columns: dict[str, list[sa.Column[Any]]] = {
        "api_keys": [
            sa.Column("customer", sa.Text, nullable=False, server_default=""),
            sa.Column("models", sa.Text, nullable=False, server_default="[]"),
            sa.Column("plan", sa.Text),
            sa.Column("limits", sa.Text, nullable=False, server_default="{}"),
        ],
        "usage": [
            sa.Column("plan", sa.Text),
            sa.Column("micro_usd", Number),
            sa.Column("segment", sa.Text),
        ],
        "feedback": [
            sa.Column("text", sa.Text, nullable=False, server_default=""),
            sa.Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()),
        ],
    }
    return columns[table]


def upgrade() -> None:
    """Add what money needs; a key that was there is its own customer."""
    for table in ADDED:
        for column in added(table):
            op.add_column(table, column)
    op.execute("UPDATE api_keys SET customer = name")
    for table, name in INDEXES:
        op.create_index(f"ix_{table}_{name}", table, [name])
    op.create_table(
        "balances",
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        *(sa.Column(c, Number, nullable=False, server_default="0") for c in (*COUNTED, *FREE)),
    )
    op.create_table(
        "reservations",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("holders", Number, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        *(sa.Column(c, Number, nullable=False) for c in (*COUNTED, *FREE)),
    )
    op.create_index("ix_reservations_server", "reservations", ["server"])
    op.create_table(
        "audit",
        sa.Column("id", Number, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take it away again. Sealed feedback cannot be read without its column, so it goes."""
    op.execute("DELETE FROM feedback WHERE sealed")
    for table in ("audit", "reservations", "balances"):
        op.drop_table(table)
    for table, name in INDEXES:
        op.drop_index(f"ix_{table}_{name}", table)
    for table in ADDED:
        for column in added(table):
            op.drop_column(table, str(column.name))
