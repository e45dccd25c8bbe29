"""Budgets as the store keeps them: reserve before the answer, settle after it, release otherwise.

A balance row holds what a key has used *and* what it has reserved, so that one conditional UPDATE
both checks a limit and takes from it, whatever other threads, processes or machines do. Each
reservation also has a row of its own until it is settled or released, so that a crash leaves
nothing taken for good. Rows are touched in one order (key; texts of the day, second, day, month,
total): no deadlocks. What a day has let in is not given back (see :mod:`.daily`).

Included volume is given to the first requests let in; what a failing request gives back goes to
the next one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from undercut.economics.charges import NOTHING, UNITS, Price, Quantities, charge
from undercut.serving.daily import give_texts_back, over_the_day, take_texts
from undercut.serving.database import insert
from undercut.serving.plans import KeyLimits
from undercut.serving.problems import ApiError
from undercut.serving.tables import balances, reservations, stamp, usage

Kind = Literal["second", "day", "month", "total"]
PERIODS: tuple[Kind, ...] = ("second", "day", "month", "total")
COUNTED = (*UNITS, "micro_usd")
FREE = tuple(f"free_{u}" for u in UNITS)
_CHUNK = 500
_COLUMNS = tuple(c.name for c in reservations.c)
_NEW_RESERVATION = sa.text(  # SQLAlchemy compiles an INSERT with ON CONFLICT again each time
    f"INSERT INTO {reservations.name} ({', '.join(_COLUMNS)}) "  # noqa: S608 -- names of our own
    f"VALUES ({', '.join(f':{c}' for c in _COLUMNS)}) ON CONFLICT DO NOTHING"
)
_NOTHING = dict.fromkeys((*COUNTED, *FREE), 0)
_WORDS = {"requests": "requests", "tokens": "tokens", "micro_usd": "micro-dollars"}


@dataclass(frozen=True)
class Ticket:
    """Leave to answer one request.

    Attributes:
        micro_usd: what it is charged; ``None`` when it is not for sale.
        held: whether an amount is reserved for it.
    """

    request_id: str
    plan: str | None
    micro_usd: int | None
    held: bool


@dataclass(frozen=True)
class Ask:
    """A request that wants to be let in.

    Attributes:
        used: what it will use.
        included: what its plan includes a month.
        again: whether its id can have been seen before (it came with an idempotency key).
        marks: keyed hashes of its texts, where different texts are limited.
    """

    key_id: str
    request_id: str
    plan: str | None
    price: Price | None
    limits: KeyLimits
    included: Quantities
    used: Quantities
    again: bool
    marks: tuple[str, ...] = ()

    def amounts(self, free: Quantities = NOTHING) -> dict[str, int]:
        """Return what it takes from each column of a balance."""
        taken = self.used.model_dump()
        given = {f"free_{u}": getattr(free, u) for u in UNITS}
        return taken | given | {"micro_usd": charge(self.price, self.used, free) or 0}


def period_of(kind: str, now: datetime) -> str:
    """Return the name of the period a moment lies in: ``2026-11``, a second or day, ``total``."""
    length = {"second": 19, "day": 10, "month": 7}.get(kind)
    return stamp(now)[:length] if length else "total"


def admit(
    db: sa.Connection, server: str, asks: Sequence[Ask], now: datetime
) -> Iterator[Ticket | ApiError]:
    """Let in what the limits of one key allow, in order.

    Args:
        db: a transaction of :func:`undercut.serving.database.writing`.
        server: who answers; its reservations are released when it starts again after a crash.
        asks: requests of one key.
        now: UTC.
    """
    first = asks[0]
    alike = all(a.limits == first.limits and not a.again and not a.marks for a in asks)
    if alike and not any(first.included.model_dump().values()):
        each = [a.amounts() for a in asks]
        if not _take(db, first.key_id, first.limits, _sum(each), now):
            _reserve(db, server, asks, each, now)
            yield from (_ticket(a, a.amounts()) for a in asks)
            return
    for ask in asks:
        yield _admit_one(db, server, ask, now)


def _admit_one(db: sa.Connection, server: str, ask: Ask, now: datetime) -> Ticket | ApiError:
    if ask.again and (earlier := _seen(db, ask)):
        return earlier
    most = ask.limits.distinct_texts_per_day
    if most is None:
        return _admit_counted(db, server, ask, now)
    new = take_texts(db, ask.key_id, ask.marks, most, now)
    if isinstance(new, ApiError):
        return new
    answer = _admit_counted(db, server, ask, now)
    if isinstance(answer, ApiError):
        give_texts_back(db, ask.key_id, new, now)
    return answer


def _admit_counted(db: sa.Connection, server: str, ask: Ask, now: datetime) -> Ticket | ApiError:
    amounts = ask.amounts(_free(db, ask, now))
    if ask.again and not _reserve(db, server, [ask], [amounts], now):
        return _seen(db, ask) or ApiError(503, "store-unavailable", "asked twice at once", "", 1)
    if refusal := _take(db, ask.key_id, ask.limits, amounts, now):
        if ask.again:
            mine = reservations.c.request_id == ask.request_id
            db.execute(sa.delete(reservations).where(mine))
        return refusal
    if not ask.again:
        _reserve(db, server, [ask], [amounts], now)
    return _ticket(ask, amounts)


def _ticket(ask: Ask, amounts: Mapping[str, int]) -> Ticket:
    priced = ask.price is not None and ask.price.known
    return Ticket(ask.request_id, ask.plan, amounts["micro_usd"] if priced else None, held=True)


def _seen(db: sa.Connection, ask: Ask) -> Ticket | None:
    """Return the ticket of a request that was answered, or is being answered, under this id."""
    done = db.execute(sa.select(usage).where(usage.c.request_id == ask.request_id)).first()
    if done is not None:
        return Ticket(ask.request_id, done.plan, done.micro_usd, held=False)
    mine = reservations.c.request_id == ask.request_id
    more = sa.update(reservations).where(mine).values(holders=reservations.c.holders + 1)
    row = db.execute(more.returning(reservations.c.micro_usd)).first()
    return _ticket(ask, {"micro_usd": row.micro_usd}) if row is not None else None


def _free(db: sa.Connection, ask: Ask, now: datetime) -> Quantities:
    """Return the part of a request that the month's included volume still covers."""
    if not any(ask.included.model_dump().values()):
        return Quantities()
    columns = [balances.c[name] for name in FREE]
    mine = _row(ask.key_id, period_of("month", now))
    row = db.execute(sa.select(*columns).where(*mine).with_for_update()).first()
    given = Quantities(**{u: getattr(row, f"free_{u}") if row else 0 for u in UNITS})
    return ask.used.within(ask.included.less(given))


def _row(
    key_id: str | sa.BindParameter[str], period: str | sa.BindParameter[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    return (balances.c.key_id == key_id, balances.c.period == period)


@cache
def _more(columns: tuple[str, ...], bounded: tuple[str, ...]) -> sa.Update:
    """Return the UPDATE that adds to some columns unless a bound would be passed.

    Made once: to build and to compile a statement takes longer than SQLite takes to run it.
    """
    add = {c: sa.bindparam(f"add_{c}", type_=sa.BigInteger) for c in columns}
    most = {c: sa.bindparam(f"most_{c}", type_=sa.BigInteger) for c in bounded}
    fits = [balances.c[c] + add[c] <= most[c] for c in bounded]
    mine = _row(sa.bindparam("of"), sa.bindparam("during"))
    return (
        sa.update(balances).where(*mine, *fits).values({c: balances.c[c] + add[c] for c in columns})
    )


def _add(
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


def _take(
    db: sa.Connection, key_id: str, limits: KeyLimits, amounts: Mapping[str, int], now: datetime
) -> ApiError | None:
    """Take an amount from every period of a key, or from none."""
    taken: list[str] = []
    for kind in PERIODS:
        bounds = limits.of_period(kind)
        if kind in ("second", "day") and not bounds:
            continue
        period = period_of(kind, now)
        if not _add(db, key_id, period, amounts, bounds):
            for earlier in taken:
                _add(db, key_id, earlier, {c: -n for c, n in amounts.items()}, {})
            return _refusal(db, key_id, kind, period, amounts, bounds, now)
        taken.append(period)
    return None


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
    row = db.execute(sa.select(balances).where(*_row(key_id, period))).one()._mapping
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


def _reserve(
    db: sa.Connection,
    server: str,
    asks: Sequence[Ask],
    amounts: Sequence[Mapping[str, int]],
    now: datetime,
) -> int:
    """Write reservations; return how many were new."""
    common = {"month": period_of("month", now), "server": server, "holders": 1, "at": stamp(now)}
    rows = [
        common | dict(taken) | {"request_id": a.request_id, "key_id": a.key_id}
        for a, taken in zip(asks, amounts, strict=True)
    ]
    return db.execute(_NEW_RESERVATION, rows).rowcount


def release(db: sa.Connection, request_ids: Iterable[str]) -> None:
    """Give back what requests without an answer had reserved."""
    ids = list(request_ids)
    for i in range(0, len(ids), _CHUNK):
        mine = reservations.c.request_id.in_(ids[i : i + _CHUNK])
        less = sa.update(reservations).where(mine)
        db.execute(less.values(holders=reservations.c.holders - 1))
        _give_back(db, sa.and_(mine, reservations.c.holders <= 0))


def release_lost(db: sa.Connection, server: str, before: str) -> None:
    """Give back what a server reserved before it died, and anything reserved before a time."""
    _give_back(db, sa.or_(reservations.c.server == server, reservations.c.at < before))


def _give_back(db: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    gone = _remove(db, which)
    changes: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict(_NOTHING))
    for row in gone:
        _less(changes, row)
    _apply(db, changes)


def _remove(db: sa.Connection, which: sa.ColumnElement[bool]) -> Sequence[Any]:
    return db.execute(sa.delete(reservations).where(which).returning(reservations)).all()


def settle(db: sa.Connection, rows: Sequence[Mapping[str, Any]], new: set[str]) -> None:
    """Replace what answered requests had reserved by what they used.

    Args:
        db: the transaction in which the usage was written.
        rows: usage rows.
        new: ids of those written now, and not at an earlier reading.
    """
    ids = [row["request_id"] for row in rows]
    which = reservations.c.request_id.in_(ids)
    gone = _remove(db, which)
    held = {row.request_id: row for row in gone}
    changes: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict(_NOTHING))
    for row in gone:
        _less(changes, row)
    for row in rows:
        if row["key_id"] is None or row["request_id"] not in new:
            continue
        mine = held.get(row["request_id"])
        month = mine.month if mine else row["at"][:7]
        used = {"requests": 1, "inputs": row["inputs"], "tokens": row["tokens"]}
        used["micro_usd"] = row["micro_usd"] or 0
        used |= {name: getattr(mine, name) if mine else 0 for name in FREE}
        for period in (month, "total"):
            change = changes[row["key_id"], period]
            for name, n in used.items():
                change[name] += n
    _apply(db, changes)


def _less(changes: dict[tuple[str, str], dict[str, int]], row: sa.Row[Any]) -> None:
    for period in (row.month, "total"):
        for name in _NOTHING:
            changes[row.key_id, period][name] -= getattr(row, name)


def _apply(db: sa.Connection, changes: Mapping[tuple[str, str], dict[str, int]]) -> None:
    for key_id, period in sorted(changes):  # a month sorts before "total"
        change = changes[key_id, period]
        if any(change.values()):
            _add(db, key_id, period, change, {})


def _sum(each: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(a[name] for a in each) for name in _NOTHING}


def forget_seconds(db: sa.Connection, before: datetime) -> None:
    """Delete the balances of seconds that are over."""
    second = sa.func.length(balances.c.period) == 19
    db.execute(sa.delete(balances).where(second, balances.c.period < stamp(before)[:19]))


def balance_of(database: sa.Engine, key_id: str, period: str) -> dict[str, int]:
    """Return what a key has used and holds in a period, by column."""
    with database.connect() as db:
        row = db.execute(sa.select(balances).where(*_row(key_id, period))).first()
    return {name: row._mapping[name] if row else 0 for name in _NOTHING}
