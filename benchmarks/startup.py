"""How long ``undercut --help`` takes with everything installed."""

from __future__ import annotations

from typing import Any

from benchmarks.ours import executable
from benchmarks.part import execute

TIMES = 10
SETTINGS = {"command": "undercut --help", "times": TIMES, "warm_up": 1, "figure": "median"}


def measure(threads: int) -> list[dict[str, Any]]:
    """Return the seconds of ten starts after one that fills the disk cache."""
    taken = [execute([executable(), "--help"], threads, timeout=60)[1] for _ in range(TIMES + 1)]
    kept = taken[1:]
    return [
        {
            "command": "undercut --help",
            "wall_seconds": [t["wall_seconds"] for t in kept],
            "cpu_seconds": [t["cpu_seconds"] for t in kept],
        }
    ]
