"""Limits of a day, which make it slow to copy a model by asking it: different texts a key.

A text is kept as a keyed hash and until its day is over. Nothing of a day is given back: a request
that failed may be sent again, and its texts count once however often they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from undercut.serving.database import insert
from undercut.serving.problems import ApiError
from undercut.serving.tables import balances, seen_texts, stamp

_CHUNK = 500


def day_of(now: datetime) -> str:
    """Return the UTC day of a moment, ``2026-11-24``."""
    return stamp(now)[:10]


def over_the_day(limit: str, most: int, now: datetime) -> ApiError:
    """Return the refusal of a key that reached a limit of the day."""
    midnight = datetime.fromisoformat(f"{day_of(now)}T00:00:00+00:00") + timedelta(days=1)
    seconds = max(1, int((midnight - now).total_seconds()) + 1)
    return ApiError(
        429,
        "daily-cap",
        f"this key may send {most} {limit} a day (UTC), and they are used up",
        "Wait for the next day, or ask for a higher limit.",
        seconds,
    )


def take_texts(
    db: sa.Connection, key_id: str, marks: Sequence[str], most: int, now: datetime
) -> list[str] | ApiError:
    """Count the texts that are new today; return their marks, or a refusal that counts none.

    Args:
        db: a transaction of :func:`undercut.serving.database.writing`.
        key_id: whose.
        marks: keyed hashes of the texts of a request.
        most: different texts a day.
        now: UTC.
    """
    mine = _row(key_id, now)
    period = f"{day_of(now)} texts"
    fresh = insert(db, balances).values(key_id=key_id, period=period).on_conflict_do_nothing()
    db.execute(fresh)
    db.execute(sa.select(balances.c.inputs).where(*mine).with_for_update())  # one at a time a key
    asked = sorted(set(marks))
    known = set[str]()
    for i in range(0, len(asked), _CHUNK):
        here = (*_seen(key_id, now), seen_texts.c.mark.in_(asked[i : i + _CHUNK]))
        known.update(db.execute(sa.select(seen_texts.c.mark).where(*here)).scalars())
    new = [m for m in asked if m not in known]
    fits = balances.c.inputs + len(new) <= most
    more = sa.update(balances).where(*mine, fits).values(inputs=balances.c.inputs + len(new))
    if new and not db.execute(more).rowcount:
        return over_the_day("different texts", most, now)
    if new:
        common = {"key_id": key_id, "day": day_of(now)}
        db.execute(sa.insert(seen_texts), [common | {"mark": m} for m in new])
    return new


def give_texts_back(db: sa.Connection, key_id: str, new: Sequence[str], now: datetime) -> None:
    """Undo :func:`take_texts` in its own transaction, when another limit refuses."""
    for i in range(0, len(new), _CHUNK):
        here = (*_seen(key_id, now), seen_texts.c.mark.in_(new[i : i + _CHUNK]))
        db.execute(sa.delete(seen_texts).where(*here))
    less = sa.update(balances).where(*_row(key_id, now))
    db.execute(less.values(inputs=balances.c.inputs - len(new)))


def forget_days(db: sa.Connection, now: datetime) -> None:
    """Delete what was counted on days before yesterday."""
    before = day_of(now - timedelta(days=1))
    daily = sa.func.length(balances.c.period).in_((10, 16))
    db.execute(sa.delete(balances).where(daily, balances.c.period < before))
    db.execute(sa.delete(seen_texts).where(seen_texts.c.day < before))


def _row(key_id: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (balances.c.key_id == key_id, balances.c.period == f"{day_of(now)} texts")


def _seen(key_id: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (seen_texts.c.key_id == key_id, seen_texts.c.day == day_of(now))
