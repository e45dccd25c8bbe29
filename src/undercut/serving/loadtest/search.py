"""Which rates are tried: upwards by a factor until the promise breaks, then halving in between."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from undercut.pipeline.saturation import LoadPoint

Hold = Callable[[float], Awaitable[LoadPoint]]
MOST_LATE = 0.05
"""Share of requests sent late from which the sender, not the server, is what is measured."""

SENDER = (
    "this program could not send faster: the server may carry more; run the test on another "
    "machine, or several at once"
)


async def search(
    hold: Hold, start: float, factor: float, most: float, refine: int, slo_ms: float
) -> tuple[list[LoadPoint], str]:
    """Return the points tried, by rate, and a note on why it went no higher.

    Args:
        hold: measures one rate.
        start: first rate; where it fails already, lower ones are tried, down to 1/64 of it.
        factor: each rate over the one before, above 1.
        most: no higher rate.
        refine: halvings (geometric) between the last good rate and the first bad one.
        slo_ms: the promise.
    """
    tried: list[LoadPoint] = []
    rate, good, bad, note = start, None, None, ""
    while good is None or bad is None:
        seen = await hold(rate)
        if seen.late_share > MOST_LATE and not seen.keeps(slo_ms):
            note = SENDER
            break
        tried.append(seen)
        if seen.keeps(slo_ms):
            good = rate
            if bad is not None:
                break
            if rate >= most:
                note = f"the promise held at {most:g} a second, the highest rate asked for"
                break
            rate = min(rate * factor, most)
        else:
            bad = rate
            if good is not None or rate <= start / 64:
                break
            rate /= factor
    if good is not None and bad is not None:
        for _ in range(refine):
            seen = await hold(math.sqrt(good * bad))
            tried.append(seen)
            if seen.keeps(slo_ms):
                good = seen.per_second
            else:
                bad = seen.per_second
    return sorted(tried, key=lambda p: p.per_second), note
