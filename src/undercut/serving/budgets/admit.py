"""Requests let in one by one: an amount taken from the balances, and a row until it is settled.

Included volume is given to the first requests let in; what a failing request gives back goes to
the next one. What a day has let in is not given back (see :mod:`undercut.serving.daily`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from undercut.economics.charges import UNITS, Quantities
from undercut.serving.budgets.amounts import FREE, Ask, Ticket, period_of, summed
from undercut.serving.budgets.balances import row_of, take
from undercut.serving.daily import give_texts_back, take_texts
from undercut.serving.problems import ApiError
from undercut.serving.tables import balances, reservations, stamp, usage

_COLUMNS = tuple(c.name for c in reservations.c)
_NEW_RESERVATION = sa.text(  # SQLAlchemy compiles an INSERT with ON CONFLICT again each time
    f"INSERT INTO {reservations.name} ({', '.join(_COLUMNS)}) "  # noqa: S608 -- names of our own
    f"VALUES ({', '.join(f':{c}' for c in _COLUMNS)}) ON CONFLICT DO NOTHING"
)


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
        if not take(db, first.key_id, first.limits, summed(each), now):
            reserve(db, server, asks, each, now)
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
    if ask.again and not reserve(db, server, [ask], [amounts], now):
        return _seen(db, ask) or ApiError(503, "store-unavailable", "asked twice at once", "", 1)
    if refusal := take(db, ask.key_id, ask.limits, amounts, now):
        if ask.again:
            mine = reservations.c.request_id == ask.request_id
            db.execute(sa.delete(reservations).where(mine))
        return refusal
    if not ask.again:
        reserve(db, server, [ask], [amounts], now)
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
    mine = row_of(ask.key_id, period_of("month", now))
    row = db.execute(sa.select(*columns).where(*mine).with_for_update()).first()
    given = Quantities(**{u: getattr(row, f"free_{u}") if row else 0 for u in UNITS})
    return ask.used.within(ask.included.less(given))


def reserve(
    db: sa.Connection,
    server: str,
    asks: Sequence[Ask],
    amounts: Sequence[Mapping[str, int]],
    now: datetime,
) -> int:
    """Write reservations; return how many were new."""
    rows = [
        row_for(a.request_id, a.key_id, server, taken, now)
        for a, taken in zip(asks, amounts, strict=True)
    ]
    return write(db, rows)


def row_for(
    name: str, key_id: str, server: str, amounts: Mapping[str, int], now: datetime
) -> dict[str, object]:
    """Return a row of ``reservations``."""
    when = {"month": period_of("month", now), "at": stamp(now)}
    who = {"request_id": name, "key_id": key_id, "server": server, "holders": 1}
    return when | who | dict(amounts)


def write(db: sa.Connection, rows: Sequence[Mapping[str, object]]) -> int:
    """Write rows of ``reservations``; return how many were new."""
    return db.execute(_NEW_RESERVATION, rows).rowcount
