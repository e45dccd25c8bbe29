"""Blocks: part of a key's budget taken ahead by one server, as the store keeps it.

A block is a row of ``reservations`` whose amounts are counted in the balances like any other
reservation's. The server that holds it lets requests in against it without asking the store; each
names the block in its line of the journal, and settling takes what it used out of the block. So
after a crash the journal says what was drawn, and what is left is given back with the rest.

A block says in ``holders`` whether its server may still draw from it. Another server that would
have to refuse a request asks for it to be given back (``RECALLED``) and waits until it is
(``SHUT``: what is still in it was drawn). A server says every few seconds that it lives, in
``at``; the block of one that does not is spent until it starts again, or a day has passed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from undercut.serving.budgets.admit import row_for, write
from undercut.serving.budgets.amounts import COUNTED, EMPTY, Counts, columns, period_of
from undercut.serving.budgets.balances import add, take
from undercut.serving.plans import KeyLimits
from undercut.serving.tables import balances, reservations, stamp

OPEN, RECALLED, SHUT = 1, 0, -1
PREFIX = "blk_"
PARTS = 16
"""A block is at most one part in so many of what is left of a budget."""

_is_block = sa.func.substr(reservations.c.request_id, 1, len(PREFIX)) == PREFIX
_empty = sa.and_(*(reservations.c[name] <= 0 for name in COUNTED))
_row = reservations.c.request_id == sa.bindparam("block")


def room(db: sa.Connection, key_id: str, limits: KeyLimits, now: datetime) -> dict[str, int]:
    """Return what is left of a key's budget in each column that has a bound."""
    bounds = {period_of(k, now): limits.of_period(k) for k in ("month", "total")}
    periods = list(bounds)
    mine = (balances.c.key_id == key_id, balances.c.period.in_(periods))
    found = {r.period: r._mapping for r in db.execute(sa.select(balances).where(*mine))}
    left: dict[str, int] = {}
    for period, of in bounds.items():
        for name, most in of.items():
            here = most - (found[period][name] if period in found else 0)
            left[name] = min(left.get(name, here), here)
    return left


def enlarge(
    db: sa.Connection,
    server: str,
    key_id: str,
    block: str | None,
    limits: KeyLimits,
    more: Counts,
    now: datetime,
) -> str | None:
    """Take an amount into a block, or into a new one where that is gone or of another month.

    Returns:
        The block's id; ``None`` when the budget does not allow it.
    """
    amounts = columns(more)
    mine: Mapping[str, Any] = {"block": block, "of": server, "during": period_of("month", now)}
    known = block is not None and db.execute(_touch(), {**mine, "now": stamp(now)}).rowcount
    if take(db, key_id, limits, amounts, now):
        return None
    if known and block is not None:
        _change(db, block, more, OPEN)
        return block
    name = PREFIX + secrets.token_hex(8)
    write(db, [row_for(name, key_id, server, amounts, now)])
    return name


@cache
def _touch() -> sa.Update:
    server = reservations.c.server == sa.bindparam("of")
    month = reservations.c.month == sa.bindparam("during")
    return sa.update(reservations).where(_row, server, month).values(at=sa.bindparam("now"))


@cache
def _changed() -> sa.Update:
    more = {c: reservations.c[c] + sa.bindparam(f"add_{c}", type_=sa.BigInteger) for c in COUNTED}
    state: dict[str, Any] = {"holders": sa.bindparam("state", type_=sa.BigInteger)}
    values = more | state
    return sa.update(reservations).where(_row).values(values).returning(reservations.c.month)


def _change(db: sa.Connection, block: str, more: Counts, state: int) -> str | None:
    """Add to a block; return its month, ``None`` when it is gone."""
    values = {f"add_{c}": n for c, n in zip(COUNTED, more, strict=True)}
    found: str | None = db.execute(_changed(), {"block": block, "state": state, **values}).scalar()
    return found


def give_back(db: sa.Connection, key_id: str, block: str, left: Counts) -> None:
    """Give back what was not drawn of a block; nothing more will be drawn from it.

    Nothing happens when the store gave it back already.
    """
    less: Counts = tuple(-n for n in left)  # type: ignore[assignment]
    month = _change(db, block, less, SHUT)
    if month is not None:
        for period in (month, "total"):
            if any(left):
                add(db, key_id, period, columns(less), {})
    sweep(db, [block])


def drawn_from(
    db: sa.Connection, rows: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[str, dict[str, int]]]:
    """Take what answered requests used out of the blocks they were let in against.

    Returns:
        Request id -> month of the block, and what the block covered of it.
    """
    if not rows:
        return {}
    mine = reservations.c.request_id.in_({r["block"] for r in rows})
    query = sa.select(reservations).where(mine).order_by(reservations.c.request_id)
    held = {b.request_id: dict(b._mapping) for b in db.execute(query.with_for_update())}
    taken = {name: [0, 0, 0, 0] for name in held}
    found = {}
    for row in rows:
        block = held.get(row["block"])
        if block is None:
            continue
        used = (1, row["inputs"], row["tokens"], row["micro_usd"] or 0)
        covered = dict(EMPTY)
        for i, name in enumerate(COUNTED):  # a column without a bound has nothing in the block
            covered[name] = min(used[i], block[name])
            block[name] -= covered[name]
            taken[row["block"]][i] += covered[name]
        found[row["request_id"]] = (block["month"], covered)
    for name in sorted(taken):
        less: Counts = tuple(-n for n in taken[name])  # type: ignore[assignment]
        _change(db, name, less, held[name]["holders"])
    sweep(db, list(taken))
    return found


def sweep(db: sa.Connection, names: Sequence[str]) -> None:
    """Delete blocks that nothing is in and nothing will be drawn from."""
    done = (reservations.c.request_id.in_(names), _empty, reservations.c.holders == SHUT)
    db.execute(sa.delete(reservations).where(*done))


def live(db: sa.Connection, server: str, names: Sequence[str], now: datetime) -> dict[str, int]:
    """Say that a server lives; return the state of those of its blocks that are still there."""
    found = states(db, server, names, lock=True)
    mine = reservations.c.request_id.in_(found)
    db.execute(sa.update(reservations).where(mine).values(at=stamp(now)))
    return found


def states(
    db: sa.Connection, server: str, names: Sequence[str], *, lock: bool = False
) -> dict[str, int]:
    """Return the state of those of a server's blocks that are still there."""
    mine = (reservations.c.server == server, reservations.c.request_id.in_(names))
    query = sa.select(reservations.c.request_id, reservations.c.holders).where(*mine)
    if lock:  # in the order of ids, as everywhere
        query = query.order_by(reservations.c.request_id).with_for_update()
    return {row.request_id: row.holders for row in db.execute(query)}


def others(db: sa.Connection, server: str, key_id: str, since: str) -> list[str]:
    """Return blocks of a key that other servers, alive since a time, may still draw from."""
    theirs = (reservations.c.key_id == key_id, reservations.c.server != server, _is_block)
    alive = (reservations.c.holders != SHUT, reservations.c.at >= since)
    return list(db.execute(sa.select(reservations.c.request_id).where(*theirs, *alive)).scalars())


def recall(db: sa.Connection, names: Sequence[str]) -> None:
    """Ask for blocks to be given back."""
    for name in sorted(names):
        mine = (reservations.c.request_id == name, reservations.c.holders == OPEN)
        db.execute(sa.update(reservations).where(*mine).values(holders=RECALLED))
