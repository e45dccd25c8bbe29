"""Balances: what a key has used and holds in a period, changed by one conditional UPDATE.

That statement both checks a limit and takes from it, whatever other threads, processes or machines
do. Rows are touched in one order (second, day, month, total; any reservation before them), so that
no two transactions wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from undercut.serving.budgets.amounts import EMPTY, PERIODS, Kind, period_of
from undercut.serving.daily import over_the_day
from undercut.serving.database import insert
from undercut.serving.plans import KeyLimits
from undercut.serving.problems import ApiError
from undercut.serving.tables import balances, stamp

_WORDS = {"requests": "requests", "tokens": "tokens", "micro_usd": "micro-dollars"}
Change = dict[tuple[str, str], dict[str, int]]
"""What is added to balances, by key and period, by column."""


def row_of(
    key_id: str | sa.BindParameter[str], period: str | sa.BindParameter[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions of one balance."""
    return (balances.c.key_id == key_id, balances.c.period == period)


@cache
def _more(columns: tuple[str, ...], bounded: tuple[str, ...]) -> sa.Update:
    """Return the UPDATE that adds to some columns unless a bound would be passed.

    Made once: to build and to compile a statement takes longer than SQLite takes to run it.
    """
    add = {c: sa.bindparam(f"add_{c}", type_=sa.BigInteger) for c in columns}
    most = {c: sa.bindparam(f"most_{c}", type_=sa.BigInteger) for c in bounded}
    fits = [balances.c[c] + add[c] <= most[c] for c in bounded]
    mine = row_of(sa.bindparam("of"), sa.bindparam("during"))
    return (
        sa.update(balances).where(*mine, *fits).values({c: balances.c[c] + add[c] for c in columns})
    )


def add(
    db: sa.Connection,
    key_id: str,
    period: str,
    amounts: Mapping[str, int],
    bounds: Mapping[str, int],
) -> bool:
    """Add to a balance unless a bound would be passed; return whether it was added."""
    more = _more(tuple(amounts), tuple(bounds))
    values = {"of": key_id, "during": period} | {f"add_{c}": n for c, n in amounts.items()}
    values |= {f"most_{c}": most for c, most in bounds.items()}
    if db.execute(more, values).rowcount:
        return True
    fresh = insert(db, balances).values(key_id=key_id, period=period).on_conflict_do_nothing()
    return bool(db.execute(fresh).rowcount and db.execute(more, values).rowcount)


def take(
    db: sa.Connection, key_id: str, limits: KeyLimits, amounts: Mapping[str, int], now: datetime
) -> ApiError | None:
    """Take an amount from every period of a key, or from none."""
    taken: list[str] = []
    for kind in PERIODS:
        bounds = limits.of_period(kind)
        if kind in ("second", "day") and not bounds:
            continue
        period = period_of(kind, now)
        if not add(db, key_id, period, amounts, bounds):
            for earlier in taken:
                add(db, key_id, earlier, {c: -n for c, n in amounts.items()}, {})
            return _refusal(db, key_id, kind, period, amounts, bounds, now)
        taken.append(period)
    return None


def apply(db: sa.Connection, changes: Mapping[tuple[str, str], dict[str, int]]) -> None:
    """Change balances whatever their bounds."""
    for key_id, period in sorted(changes):  # a month sorts before "total"
        change = changes[key_id, period]
        if any(change.values()):
            add(db, key_id, period, change, {})


def _refusal(
    db: sa.Connection,
    key_id: str,
    kind: Kind,
    period: str,
    amounts: Mapping[str, int],
    bounds: Mapping[str, int],
    now: datetime,
) -> ApiError:
    if kind == "second":
        most = bounds["requests"]
        return ApiError(
            429, "rate-limit", f"expected at most {most} requests a second", "Slow down.", 1
        )
    row = db.execute(sa.select(balances).where(*row_of(key_id, period))).one()._mapping
    if kind == "day":
        over = next(c for c, most in bounds.items() if row[c] + amounts[c] > most)
        return over_the_day({"inputs": "texts"}.get(over, over), bounds[over], now)
    words = [
        f"{most} {_WORDS[c]}, of which {max(0, most - row[c])} are left; it needs {amounts[c]}"
        for c, most in bounds.items()
        if row[c] + amounts[c] > most
    ]
    span = "in all" if kind == "total" else f"in {period}"
    fix = "Ask for a higher limit." + (" Or wait for next month." if kind == "month" else "")
    return ApiError(402, "budget-spent", f"this key may use {span} {'; '.join(words)}", fix)


def forget_seconds(db: sa.Connection, before: datetime) -> None:
    """Delete the balances of seconds that are over."""
    second = sa.func.length(balances.c.period) == 19
    db.execute(sa.delete(balances).where(second, balances.c.period < stamp(before)[:19]))


def balance_of(database: sa.Engine, key_id: str, period: str) -> dict[str, int]:
    """Return what a key has used and holds in a period, by column."""
    with database.connect() as db:
        row = db.execute(sa.select(balances).where(*row_of(key_id, period))).first()
    return {name: row._mapping[name] if row else 0 for name in EMPTY}
