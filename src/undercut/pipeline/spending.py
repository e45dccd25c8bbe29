"""What a command has cost so far, for the progress line: processor seconds at today's rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from undercut.core.contracts import Progress
from undercut.ledger.meter import tree_cpu_seconds
from undercut.ledger.price import Rates, total

EVERY_SECONDS = 0.5


def usd_of(seconds: Decimal | float, rates: Rates, when: Any) -> float:
    """Return USD for CPU-seconds."""
    return float(total([("cpu_second", Decimal(str(seconds)), when)], rates))


def with_cost(
    tick: Callable[[Progress], None], rates: Rates, when: Any
) -> Callable[[Progress], None]:
    """Return ``tick`` with the cost so far and to the end of the stage added to each progress.

    Processor seconds are read twice a second; the rest of a stage costs what its part done has.
    """
    read, usd = 0.0, 0.0
    begun = Progress("", 0, 0, usd=0.0)

    def priced(progress: Progress) -> None:
        nonlocal read, usd, begun
        if time.monotonic() - read > EVERY_SECONDS:
            usd = usd_of(tree_cpu_seconds(), rates, when)
            read = time.monotonic()
        same = (progress.stage, progress.total) == (begun.stage, begun.total)
        if not same or progress.done < begun.done:
            begun = replace(progress, usd=usd)
        tick(replace(progress, usd=usd, usd_left=_left(progress, begun, usd)))

    return priced


def _left(progress: Progress, begun: Progress, usd: float) -> float | None:
    """Return USD to the end of a stage, or ``None`` before anything of it is done and paid."""
    gone, paid = progress.done - begun.done, usd - (begun.usd or 0.0)
    if gone <= 0 or paid <= 0:
        return None
    return paid / gone * max(progress.total - progress.done, 0.0)
