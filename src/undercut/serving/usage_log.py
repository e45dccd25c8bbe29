"""The request log as it is billed: months, sums by key and model, and every row for export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from undercut.core.errors import UndercutError
from undercut.core.specs_serving import StoreSpec
from undercut.ledger.book import Book
from undercut.serving.meter import open_meter
from undercut.serving.tables import api_keys, usage


def month_after(month: str) -> str:
    """Return the month after one such as ``2026-12``."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return (first + timedelta(days=31)).strftime("%Y-%m")


def last_whole_month(now: datetime) -> str:
    """Return the month before the one a moment lies in."""
    return (now.astimezone(UTC).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def within(month: str | None) -> sa.ColumnElement[bool]:
    """Return the condition that a request lies in a UTC month; any when ``None``."""
    if month is None:
        return sa.true()
    return sa.and_(usage.c.at >= f"{month}-01", usage.c.at < f"{month_after(month)}-01")


def catch_up(spec: StoreSpec, database: sa.Engine) -> None:
    """Read the journal of a server that died here; one that runs reads its own every 10 s."""
    folder = spec.state / "journal"
    if any(folder.glob("*.jsonl")):
        with suppress(UndercutError):  # busy: a server is at work
            open_meter(database, folder, Book(spec.ledger_file)).close()


_joined = usage.outerjoin(api_keys, api_keys.c.id == usage.c.key_id)
_who = (
    sa.func.coalesce(api_keys.c.customer, "").label("customer"),
    usage.c.key_id,
    sa.func.coalesce(api_keys.c.name, "").label("key_name"),
)


def sums(database: sa.Engine, month: str | None, key_id: str | None = None) -> list[dict[str, Any]]:
    """Return requests, inputs, tokens and charges by key, plan and model.

    ``micro_usd`` is of the priced requests alone; ``unpriced`` counts the others.
    """
    by = (*_who, usage.c.plan, usage.c.model)
    query = (
        sa.select(
            *by,
            sa.func.count().label("requests"),
            sa.func.sum(usage.c.inputs).label("inputs"),
            sa.func.sum(usage.c.tokens).label("tokens"),
            sa.func.coalesce(sa.func.sum(usage.c.micro_usd), 0).label("micro_usd"),
            (sa.func.count() - sa.func.count(usage.c.micro_usd)).label("unpriced"),
        )
        .select_from(_joined)
        .where(within(month), sa.true() if key_id is None else usage.c.key_id == key_id)
        .group_by(api_keys.c.customer, usage.c.key_id, api_keys.c.name, *by[3:])
        .order_by(api_keys.c.customer, usage.c.key_id, *by[3:])
    )
    whole = ("requests", "inputs", "tokens", "micro_usd", "unpriced")
    with database.connect() as db:
        rows = [dict(row._mapping) for row in db.execute(query)]
    return [row | {name: int(row[name]) for name in whole} for row in rows]


def log(
    database: sa.Engine, month: str | None, key_id: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield every request in the order of time."""
    query = (
        sa.select(*_who, *(c for c in usage.c if c is not usage.c.key_id))
        .select_from(_joined)
        .where(within(month), sa.true() if key_id is None else usage.c.key_id == key_id)
        .order_by(usage.c.at, usage.c.request_id)
    )
    with database.connect() as db:
        for row in db.execution_options(yield_per=1_000).execute(query):
            yield dict(row._mapping)
