"""Tables of the serving room: one schema for SQLite and PostgreSQL.

The tables are made and changed by the steps in ``migrations``, never from here; a test holds both
to be the same. Money is integer micro-dollars. Times are UTC text of one width (see :func:`stamp`),
so that they sort and compare as text in any database.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

metadata = sa.MetaData()
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text),
    sa.Column("revoked_at", sa.Text),
    sa.Column("customer", sa.Text, nullable=False, server_default=""),
    sa.Column("models", sa.Text, nullable=False, server_default="[]"),  # JSON list of names
    sa.Column("plan", sa.Text),
    sa.Column("limits", sa.Text, nullable=False, server_default="{}"),  # JSON, over the plan's own
)
usage = sa.Table(
    "usage",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, index=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("inputs", Number, nullable=False),
    sa.Column("tokens", Number, nullable=False),
    sa.Column("latency_ms", sa.Float, nullable=False),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("plan", sa.Text),
    sa.Column("micro_usd", Number),  # what the request is charged; null: not for sale
    sa.Column("segment", sa.Text, index=True),  # of the journal it came from
)
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("request_id", sa.Text, nullable=False, index=True),
    sa.Column("key_id", sa.Text, index=True),
    sa.Column("position", Number, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()),
)
_COUNTED = ("requests", "inputs", "tokens", "micro_usd")
_FREE = ("free_requests", "free_inputs", "free_tokens")
balances = (
    sa.Table(  # what a key has used and holds in reserve, in a month, a second, a day, in all
        "balances",
        metadata,
        sa.Column("key_id", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True),
        *(sa.Column(c, Number, nullable=False, server_default="0") for c in (*_COUNTED, *_FREE)),
    )
)
reservations = sa.Table(  # requests let in and not yet settled; their amounts are in `balances`
    "reservations",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("server", sa.Text, nullable=False, index=True),
    sa.Column("holders", Number, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    *(sa.Column(c, Number, nullable=False) for c in (*_COUNTED, *_FREE)),
)
seen_texts = sa.Table(  # keyed hashes of the texts a key sent today, where it has such a limit
    "seen_texts",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, primary_key=True),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # JSON; never a text or a secret
)

releases = sa.Table(  # what is served under each name, what was, and what is on trial
    "releases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("change", Number, nullable=False),  # servers look whether it has grown
    sa.Column("state", sa.Text, nullable=False),  # JSON of releasing.record.Release
)
pairs = sa.Table(  # what both variants of a trial answered to one input; labels, never texts
    "pairs",
    metadata,
    sa.Column("trial", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("position", Number, primary_key=True, autoincrement=False),
    sa.Column("live", sa.Text),  # null where the answer is no single label
    sa.Column("candidate", sa.Text),
    sa.Column("alike", sa.Boolean, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
)


def stamp(when: datetime | None = None) -> str:
    """Return a time, now by default, as ``2026-01-31T12:00:00.000000Z``."""
    when = (when or datetime.now(UTC)).astimezone(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
