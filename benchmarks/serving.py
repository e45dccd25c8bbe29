"""Requests a second and their latency, side by side: our server, its peers, and the HTTP ceiling.

Every server runs on the same core (or cores), the generator on another; both are said in the
rows. All ask the same predictor on one thread. Peers that batch are tuned first: the wait at which
they answer most at 64 connections. Windows of all contenders are taken in turn, so that a slow
minute meets all; those with processes that work while idle (LitServe, BentoML, Ray) are up only
for their own windows.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import datasets, serving_servers, throughput
from benchmarks.part import PartFailed, call
from benchmarks.servers import environment
from benchmarks.serving_servers import Told

CONNECTIONS = (1, 16, 64, 256)
TUNED_AT = 64
ROUNDS, SECONDS, WARM = 2, 1.5, 0.4
WAITS_MS = {"litserve": (0.0, 2.0, 10.0), "bentoml": (20.0, 100.0), "ray": (0.0, 2.0, 10.0)}
TOGETHER = ("ours", "ours, no keys", "no-op", "fastapi, thread", "fastapi, loop")
SETTINGS = {
    "connections": list(CONNECTIONS),
    "rounds": ROUNDS,
    "seconds_a_window": SECONDS,
    "texts": "all of Banking77 test, in an order drawn anew a window",
    "generator": "closed loop of kept connections, raw sockets on asyncio, a process of its own",
    "waits_tried_ms": {k: list(v) for k, v in WAITS_MS.items()},
    "ours": "keys, a budget in USD, metering and its journal, SQLite",
}


@cache
def cores() -> tuple[set[int], set[int]]:
    """Return the generator's cores and the servers': apart where there are two, else the same."""
    able = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return ({able[0]}, {able[1]}) if len(able) > 1 else (set(able), set(able))


@contextmanager
def pinned(to: set[int]) -> Iterator[None]:
    """Run what is started inside on some cores."""
    if not to:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def models(place: Path, facts: dict[str, Any]) -> dict[str, Path]:
    """Return the run's choice, and the linear rung, where the server is the load."""
    linear = next((v["folder"] for v in facts["variants"] if v["rung"] == "linear"), None)
    found = {facts["promoted"]: place / facts["artefact"]}
    return found | ({"linear": place / linear} if linear else {})


def window(told: Told, texts: list[str], connections: int, seconds: float, seed: int) -> Any:
    """Return what one window showed."""
    asked = {
        "url": told.url,
        "headers": told.headers,
        "body": told.body,
        "texts": texts,
        "connections": connections,
        "warm": WARM,
        "seconds": seconds,
        "seed": seed,
    }
    with pinned(cores()[0]):
        return call("benchmarks.load_generator", asked, 1, timeout=seconds + 120)


def backend(folder: Path, texts: list[str], seconds: float) -> dict[str, Any]:
    """Return texts a second of the predictor alone on the servers' core, singly and in batches."""
    with pinned(cores()[1]):
        asked = {"folder": str(folder), "texts": texts, "seconds": seconds}
        return call("benchmarks.serving_peers.backend", asked, 1)


def tuned(name: str, folder: Path, texts: list[str], libs: Path | None, seconds: float) -> float:
    """Return the wait of a peer's batches at which it answers most, milliseconds."""
    best: list[tuple[float, float]] = []
    for wait in WAITS_MS[name]:
        with pinned(cores()[1]), serving_servers.peer(name, folder, libs, wait_ms=wait) as told:
            best.append((window(told, texts, TUNED_AT, seconds, 0)["per_second"], wait))
    return max(best)[1]


def measure(
    data: Path,
    work: Path,
    threads: int,
    libs: Path | None,
    quick: bool = False,
    only: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Return a row a model, contender and number of connections, with medians over windows.

    Args:
        data: folder of public data sets.
        work: scratch; a finished ``auto`` run on Banking77 is used when it is there.
        threads: cores to train on when it is not.
        libs: ``libs/<peer>`` holds a peer installed apart, with ``pip install --target``.
        quick: one short window each, to try it; figures mean nothing.
        only: models to serve, all by default.
    """
    where = {"generator_cores": sorted(cores()[0]), "server_cores": sorted(cores()[1])}
    split = datasets.read("banking77", data)
    facts, place = throughput.finished_run(split, work, threads, fresh=False)
    rounds, seconds = (1, 0.5) if quick else (ROUNDS, SECONDS)
    rows: list[dict[str, Any]] = []
    for model, folder in models(place, facts).items():
        if only and model not in only:
            continue
        alone = backend(folder, split.test.texts, seconds)
        for name, found in contend(folder, split.test.texts, work, libs, rounds, seconds).items():
            rows.extend(row | {"model": model, "contender": name} for row in found)
        rows.append({"model": model, "contender": "backend"} | alone)
    return [row | where | environment() for row in rows]


def contend(
    folder: Path, texts: list[str], work: Path, libs: Path | None, rounds: int, seconds: float
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every contender on one model."""
    seen: dict[str, list[dict[str, Any]]] = {}

    def take(name: str, told: Told, seed: int) -> None:
        for connections in CONNECTIONS:
            found = window(told, texts, connections, seconds, seed)
            seen.setdefault(name, []).append({"connections": connections} | found)
            print(
                f"{name}, {connections}: {found['per_second']:.0f}/s", file=sys.stderr, flush=True
            )

    notes: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack, pinned(cores()[1]):
        up = {
            name: stack.enter_context(serving_servers.start(name, folder, work, libs))
            for name in TOGETHER
        }
        for seed in range(rounds):
            for name, told in up.items():
                take(name, told, seed)
    for name in WAITS_MS:
        try:
            wait = tuned(name, folder, texts, libs, seconds)
            with pinned(cores()[1]), serving_servers.peer(name, folder, libs, wait_ms=wait) as told:
                for seed in range(rounds):
                    take(name, told, seed)
            notes[name] = {"wait_ms": wait}
        except PartFailed as e:
            notes[name] = {"failed": str(e).strip().splitlines()[-1][:300]}
    rows = {name: [r | notes.get(name, {}) for r in middle(of)] for name, of in seen.items()}
    return rows | {name: [note] for name, note in notes.items() if "failed" in note}


def middle(windows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row a number of connections: medians, and the rate of each window."""
    rows = []
    for connections in dict.fromkeys(w["connections"] for w in windows):
        of = [w for w in windows if w["connections"] == connections]
        row: dict[str, Any] = {"connections": connections}
        for name in ("per_second", "p50_ms", "p99_ms", "generator_share"):
            values = [w[name] for w in of if w[name] is not None]
            row[name] = statistics.median(values) if values else None
        row["rounds"] = [round(w["per_second"], 1) for w in of]
        row["failed_requests"] = sum(w["failed"] for w in of)
        rows.append(row)
    return rows
