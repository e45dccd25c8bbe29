"""What is counted against a budget, and in which period: the words of this room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from undercut.economics.charges import NOTHING, UNITS, Price, Quantities, charge
from undercut.serving.plans import KeyLimits
from undercut.serving.tables import stamp

Kind = Literal["second", "day", "month", "total"]
PERIODS: tuple[Kind, ...] = ("second", "day", "month", "total")
COUNTED = (*UNITS, "micro_usd")
FREE = tuple(f"free_{u}" for u in UNITS)
EMPTY: Mapping[str, int] = dict.fromkeys((*COUNTED, *FREE), 0)

Counts = tuple[int, int, int, int]
"""An amount of each of ``COUNTED``, in that order."""
NONE: Counts = (0, 0, 0, 0)


class Ticket(NamedTuple):
    """Leave to answer one request.

    Attributes:
        plan: of its key.
        micro_usd: what it is charged; ``None`` when it is not for sale.
        held: whether an amount is reserved for it.
        block: the block the amount was drawn from; ``None`` when it has a row of its own.
        key_id: whose block.
        drawn: how much of the block.
    """

    request_id: str
    plan: str | None
    micro_usd: int | None
    held: bool
    block: str | None = None
    key_id: str = ""
    drawn: Counts = NONE


class Ask(NamedTuple):
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


def summed(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of amounts, by column."""
    total = dict(EMPTY)
    for one in each:
        for name in total:
            total[name] += one[name]
    return total


def columns(counts: Counts) -> dict[str, int]:
    """Return an amount by column of a balance."""
    return dict(EMPTY) | dict(zip(COUNTED, counts, strict=True))
