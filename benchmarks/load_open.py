"""The generator of a soak: one window of an open loop, as ``undercut loadtest`` holds a rate."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from benchmarks.part import serve
from undercut.serving.loadtest.step import hold
from undercut.serving.loadtest.wire import Wires


async def held(asked: dict[str, Any]) -> dict[str, Any]:
    """Hold the rate; return what was seen."""
    wires = Wires(asked["url"], asked["headers"], seconds=10.0)
    draw = random.Random(asked["seed"])
    for text in asked["texts"][:64]:  # opens connections and wakes the model
        await wires.ask(text)
    seen = await hold(wires.ask, asked["texts"], asked["rate"], asked["seconds"], draw)
    wires.close()
    return {
        "per_second": seen.answered_per_second,
        "p50_ms": seen.p50_ms,
        "p99_ms": seen.p99_ms,
        "failed": seen.failed,
        "late_share": seen.late_share,
    }


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Hold a rate against a server."""
    return asyncio.run(held(asked))


if __name__ == "__main__":
    serve(run)
