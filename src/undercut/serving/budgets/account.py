"""What a server has taken ahead of one key's budget and may let in against, in memory.

An account asks for more before it is empty, twice as much each time it emptied soon,
and gives everything back when it has not been used for a while.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from undercut.serving.budgets.amounts import COUNTED, NONE, Counts
from undercut.serving.budgets.terms import Terms

SMALLEST, LARGEST = 16, 4_096
"""Requests' worth of a block."""
QUICK_SECONDS, SLOW_SECONDS = 4.0, 16.0
"""A block emptied sooner is followed by one twice as large; one that lasted longer, by half."""


class Account:
    """The block of one key; the till's lock guards it.

    Attributes:
        block: its id in the store; ``None`` before there is one.
        open: whether it may be drawn from.
        growing: whether more has been asked for.
        left: what is not drawn yet.
        giving: what a transaction that is not through yet gives back.
        ends: when it may no longer be drawn from: its month is over, or the store did not hear of
            this server for too long.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.block: str | None = None
        self.open = self.growing = False
        self.left: Counts = NONE
        self.giving: Counts = NONE
        self.low: Counts = NONE
        self.ends = datetime.min.replace(tzinfo=UTC)
        self.used_at = self.grown_at = 0.0
        self.requests = 0
        self._worth, self._mean = SMALLEST, NONE

    def draw(self, drawn: Counts, now: datetime) -> bool:
        """Take what a request needs, if it is there."""
        if not self.open or now >= self.ends:
            return False
        a, b, c, d = drawn
        w, x, y, z = self.left
        if a > w or b > x or c > y or d > z:
            return False
        self.left = (w - a, x - b, y - c, z - d)
        self.requests += 1
        return True

    @property
    def wants(self) -> bool:
        """Whether it is time to ask for more."""
        return (
            self.open
            and not self.growing
            and any(n < m for n, m in zip(self.left, self.low, strict=True))
        )

    def put_back(self, drawn: Counts) -> None:
        """Put back what a request without an answer had drawn."""
        self.left = plus(self.left, drawn)

    def more(self, need: Counts, asks: int, room: Mapping[str, int], parts: int) -> Counts | None:
        """Return how much to take besides what waits; ``None`` near the end of the budget.

        Args:
            need: what waits.
            asks: requests that wait.
            room: what is left of the budget, by bounded column.
            parts: a block is at most one part in so many of it.
        """
        if asks:
            self._mean = tuple(-(-n // asks) for n in need)  # type: ignore[assignment]
        lasted = time.monotonic() - self.grown_at
        if lasted < QUICK_SECONDS:
            self._worth = min(LARGEST, self._worth * 2)
        elif lasted > SLOW_SECONDS:
            self._worth = max(SMALLEST, self._worth // 2)
        found = []
        for name, n, mean in zip(COUNTED, need, self._mean, strict=True):
            if name not in self.terms.bounded:
                found.append(0)
                continue
            most = (room[name] - n) // parts
            if most < SMALLEST * mean:
                return None
            found.append(min(self._worth * mean, most))
        return tuple(found)  # type: ignore[return-value]

    def grown(self, block: str, extra: Counts, ends: datetime) -> None:
        """Enter what the store let this server take."""
        if block != self.block:
            self.block, self.left = block, NONE
        self.left = plus(self.left, extra)
        self.low = tuple(n // 2 for n in extra)  # type: ignore[assignment]
        self.open, self.growing, self.ends = True, False, ends
        self.grown_at = self.used_at = time.monotonic()

    def shut(self) -> Counts:
        """Let nothing more be drawn; return what is to be given back."""
        left, self.left = self.left, NONE
        self.open = self.growing = False
        return left

    def used(self) -> bool:
        """Whether anything was drawn since this was asked last; counts the seconds without."""
        if self.requests:
            self.requests, self.used_at = 0, time.monotonic()
            return True
        return False


def plus(a: Counts, b: Counts) -> Counts:
    """Return the sum of two amounts."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def ends_at(now: datetime, lease: timedelta) -> datetime:
    """Return the end of a lease, or of the month where that is sooner."""
    month = (now.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return min(now + lease, month)
