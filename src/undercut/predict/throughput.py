"""How many inputs a second something answers, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any


def throughput(
    predict: Callable[[Sequence[Any]], object],
    inputs: Sequence[Any],
    seconds: float,
    least: int = 2,
) -> tuple[float, int]:
    """Time passes over inputs.

    Args:
        predict: answers a list.
        inputs: what is answered in each pass.
        seconds: how long passes are made.
        least: passes that are made however long they take.

    Returns:
        Inputs a second (median of the passes), and cores used.
    """
    passes, cpu0, begin = 0, time.process_time(), time.perf_counter()
    rates = []
    while time.perf_counter() - begin < seconds or passes < least:
        t = time.perf_counter()
        predict(inputs)
        rates.append(len(inputs) / (time.perf_counter() - t))
        passes += 1
    used = (time.process_time() - cpu0) / (time.perf_counter() - begin)
    return sorted(rates)[len(rates) // 2], max(1, -int(-(used - 0.15) // 1))
