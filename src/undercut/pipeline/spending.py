"""What a command has cost so far, for the progress line: processor seconds at today's rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from undercut.core.types import Progress
from undercut.ledger.meter import tree_cpu_seconds
from undercut.ledger.price import Rates, total

EVERY_SECONDS = 0.5


def usd_of(seconds: Decimal | float, rates: Rates, when: Any) -> float:
    """Return USD for CPU-seconds."""
    return float(total([("cpu_second", Decimal(str(seconds)), when)], rates))


def with_cost(
    tick: Callable[[Progress], None], rates: Rates, when: Any
) -> Callable[[Progress], None]:
    """Return ``tick`` with the cost so far added to each progress, read twice a second."""
    read, usd = 0.0, 0.0

    def priced(progress: Progress) -> None:
        nonlocal read, usd
        if time.monotonic() - read > EVERY_SECONDS:
            usd = usd_of(tree_cpu_seconds(), rates, when)
            read = time.monotonic()
        tick(replace(progress, usd=usd))

    return priced
