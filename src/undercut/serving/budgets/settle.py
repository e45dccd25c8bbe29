"""After an answer, or without one: reservations replaced by what was used, or given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from undercut.serving.budgets import blocks
from undercut.serving.budgets.amounts import COUNTED, EMPTY, FREE
from undercut.serving.budgets.balances import Change, apply
from undercut.serving.tables import reservations

_CHUNK = 500


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
    changes = _changes()
    for row in _remove(db, which):
        _less(changes, row)
    apply(db, changes)


def _remove(db: sa.Connection, which: sa.ColumnElement[bool]) -> Sequence[Any]:
    return db.execute(sa.delete(reservations).where(which).returning(reservations)).all()


def settle(db: sa.Connection, rows: Sequence[Mapping[str, Any]], new: set[str]) -> None:
    """Replace what answered requests had reserved by what they used.

    What was drawn from a block leaves the block and stays in the balance, as used.

    Args:
        db: the transaction in which the usage was written.
        rows: usage rows, with the ``block`` of each.
        new: ids of those written now, and not at an earlier reading.
    """
    changes = _changes()
    drawn = blocks.drawn_from(db, [r for r in rows if r["block"] and r["request_id"] in new])
    single = [r["request_id"] for r in rows if not r["block"] and r["key_id"] is not None]
    gone = _remove(db, reservations.c.request_id.in_(single)) if single else ()
    held = {row.request_id: row for row in gone}
    for row in gone:
        _less(changes, row)
    for row in rows:
        if row["key_id"] is None or row["request_id"] not in new:
            continue
        mine = held.get(row["request_id"])
        month, paid = drawn.get(row["request_id"], (mine.month if mine else row["at"][:7], EMPTY))
        used = {"requests": 1, "inputs": row["inputs"], "tokens": row["tokens"]}
        used["micro_usd"] = row["micro_usd"] or 0
        used |= {name: getattr(mine, name) if mine else 0 for name in FREE}
        for period in (month, "total"):
            change = changes[row["key_id"], period]
            for name, n in used.items():
                change[name] += n - paid[name]
    apply(db, changes)


def _changes() -> Change:
    return defaultdict(lambda: dict(EMPTY))


def _less(changes: Change, row: sa.Row[Any]) -> None:
    for period in (row.month, "total"):
        for name in (*COUNTED, *FREE):
            changes[row.key_id, period][name] -= getattr(row, name)
