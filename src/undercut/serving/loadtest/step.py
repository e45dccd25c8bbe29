"""One rate, held: when each request is due, how late its answer came, and the quantiles.

Arrivals are Poisson and do not wait for answers (an open loop): a caller who waits for the last
answer before the next question slows down with the server and hides its queue. Latency counts from
when a request was *due*, not from when it left ("coordinated omission": Tene 2013).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from scipy.stats import binom

from undercut.pipeline.saturation import LoadPoint

LATE_SECONDS = 0.005
MOST_WAITING = 20_000
"""Unanswered requests after which a step ends: the queue grows without end by then."""

Ask = Callable[[str], Awaitable[bool]]


def due(per_second: float, seconds: float, draw: random.Random) -> list[float]:
    """Return when requests are due, seconds from the start: gaps are exponential."""
    moments, at = [], draw.expovariate(per_second)
    while at < seconds:
        moments.append(at)
        at += draw.expovariate(per_second)
    return moments


async def hold(
    ask: Ask, texts: Sequence[str], per_second: float, seconds: float, draw: random.Random
) -> LoadPoint:
    """Send at a rate for some seconds, wait for the answers, and return what was seen.

    Args:
        ask: sends one text; returns whether it was answered well. It never raises.
        texts: sent in random order, repeated as often as needed.
        per_second: mean rate.
        seconds: how long.
        draw: randomness of arrivals and texts.
    """
    moments = due(per_second, seconds, draw) or [0.0]
    latencies: list[float] = []
    failed = late = 0
    waiting: set[asyncio.Task[None]] = set()
    begin = time.perf_counter()

    async def one(text: str, at: float) -> None:
        nonlocal failed
        good = await ask(text)
        if good:
            latencies.append(time.perf_counter() - begin - at)
        else:
            failed += 1

    sent = 0
    for at in moments:
        ahead = at - (time.perf_counter() - begin)
        # A pause of 0 lets the answers in: a sender behind its schedule must not starve them.
        await asyncio.sleep(max(ahead, 0.0))
        if time.perf_counter() - begin - at > LATE_SECONDS:
            late += 1
        task = asyncio.ensure_future(one(draw.choice(texts), at))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
        sent += 1
        if len(waiting) > MOST_WAITING:
            break
    if waiting:
        await asyncio.wait(set(waiting))
    lasted = max(seconds, time.perf_counter() - begin)
    return point(per_second, lasted, sent, failed, late, latencies)


def point(
    per_second: float, seconds: float, sent: int, failed: int, late: int, latencies: list[float]
) -> LoadPoint:
    """Return the figures of one rate; latencies in seconds."""
    found = np.sort(np.asarray(latencies)) * 1e3
    n = len(found)
    quantile = (lambda q: float(np.quantile(found, q))) if n else (lambda q: None)
    low = high = None
    if n:
        # The interval's ends are the order statistics that the binomial puts around the quantile.
        ends = binom.ppf([0.025, 0.975], n, 0.95).astype(int)
        low, high = float(found[max(ends[0] - 1, 0)]), float(found[min(ends[1], n - 1)])
    return LoadPoint(
        per_second=per_second,
        answered_per_second=n / seconds,
        sent=sent,
        failed=failed,
        p50_ms=quantile(0.5),
        p95_ms=quantile(0.95),
        p99_ms=quantile(0.99),
        p95_low_ms=low,
        p95_high_ms=high,
        late_share=late / max(sent, 1),
    )
