"""Minutes at 80 % of what the server can do: its memory and its p99 stay where they were.

The rate is of an open loop: arrivals are Poisson and do not wait for answers.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import datasets, serving, serving_servers, throughput
from benchmarks.part import call
from benchmarks.servers import environment

SHARE, WINDOW_SECONDS = 0.8, 10.0
SETTINGS = {"share_of_capacity": SHARE, "window_seconds": WINDOW_SECONDS, "arrivals": "Poisson"}


def thirds(windows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the medians of the first, second and last third of the windows."""
    found = {}
    for name, part in zip(
        ("first", "second", "last"), np.array_split(np.arange(len(windows)), 3), strict=True
    ):
        of = [windows[i] for i in part]
        found[name] = {
            k: statistics.median(w[k] for w in of) for k in ("per_second", "p50_ms", "p99_ms", "mb")
        }
    return found


def measure(data: Path, work: Path, threads: int, minutes: float) -> list[dict[str, Any]]:
    """Return one row: the windows, their thirds, and the rate held."""
    split = datasets.read("banking77", data)
    facts, place = throughput.finished_run(split, work, threads, fresh=False)
    model, folder = next(iter(serving.models(place, facts).items()))
    windows: list[dict[str, Any]] = []
    generator, servers = serving.cores()
    with serving.pinned(servers), serving_servers.ours(folder, work, keyed=True) as told:
        most = serving.window(told, split.test.texts, serving.TUNED_AT, 3.0, 0)["per_second"]
        server = psutil.Process(told.pid)
        for seed in range(max(3, round(minutes * 60 / WINDOW_SECONDS))):
            asked = {"url": told.url, "headers": told.headers, "texts": split.test.texts}
            asked |= {"rate": SHARE * most, "seconds": WINDOW_SECONDS, "seed": seed}
            with serving.pinned(generator):
                found = call("benchmarks.load_open", asked, 1, timeout=WINDOW_SECONDS + 120)
            windows.append(found | {"mb": server.memory_info().rss / 1e6})
            last = windows[-1]
            print(f"{seed}: {last['p99_ms']:.1f} ms, {last['mb']:.0f} MB", file=sys.stderr)
    row = {"model": model, "minutes": minutes, "rate": SHARE * most, "windows": windows}
    row |= {"generator_cores": sorted(generator), "server_cores": sorted(servers)}
    return [row | {"thirds": thirds(windows)} | environment()]
