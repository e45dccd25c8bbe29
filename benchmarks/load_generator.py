"""The generator of load: a closed loop of kept connections, in a process of its own.

Each connection sends its next request when the last is answered. Raw sockets on asyncio: see
:mod:`undercut.serving.loadtest.wire`; about 20,000 requests a second on one core.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.part import serve
from undercut.serving.loadtest.wire import Wire, post


async def closed(
    url: str, requests: list[bytes], connections: int, warm: float, seconds: float, seed: int
) -> dict[str, Any]:
    """Keep so many requests under way; return what was answered within the window.

    Args:
        url: address.
        requests: sent in an order drawn anew, again and again.
        connections: requests under way at once.
        warm: seconds before the window.
        seconds: the window.
        seed: of the order.
    """
    loop = asyncio.get_running_loop()
    order = random.Random(seed).sample(range(len(requests)), len(requests))
    latencies: list[float] = []
    sent_at: dict[Wire, float] = {}
    failed = sent = 0
    statuses: dict[int, int] = {}
    begin = time.perf_counter() + warm
    end = begin + seconds

    def send(wire: Wire) -> None:
        nonlocal sent
        sent_at[wire] = time.perf_counter()
        wire.send(requests[order[sent % len(order)]])
        sent += 1

    def answered(wire: Wire, status: int, body: bytes) -> None:
        nonlocal failed
        now = time.perf_counter()
        if begin <= now < end:
            if status == 200:
                latencies.append(now - sent_at[wire])
            else:
                failed += 1
                statuses[status] = statuses.get(status, 0) + 1
        if now >= end:
            return
        if wire.open:
            send(wire)
        else:
            again.append(loop.create_task(another()))

    async def another() -> None:
        try:
            _, wire = await loop.create_connection(
                lambda: Wire(answered), parts.hostname, parts.port
            )
        except OSError:
            return
        wires.append(wire)
        send(wire)

    parts = urlsplit(url)
    wires: list[Wire] = []
    again: list[asyncio.Task[None]] = []
    cpu = time.process_time()
    await asyncio.gather(*(another() for _ in range(connections)))
    await asyncio.sleep(max(end - time.perf_counter(), 0) + 0.01)
    cpu = time.process_time() - cpu
    for wire in wires:
        if wire.transport is not None:
            wire.transport.abort()
    found = np.sort(np.asarray(latencies)) * 1e3
    return {
        "per_second": len(found) / seconds,
        "p50_ms": float(np.quantile(found, 0.5)) if len(found) else None,
        "p99_ms": float(np.quantile(found, 0.99)) if len(found) else None,
        "failed": failed,
        "statuses": statuses,
        "generator_share": cpu / (warm + seconds),
    }


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Ask a server; ``body`` is a JSON template whose ``"TEXT"`` is replaced by each text."""
    requests = [
        post(asked["url"], body_of(asked["body"], text), asked["headers"])
        for text in asked["texts"]
    ]
    arguments = (asked["connections"], asked["warm"], asked["seconds"], asked["seed"])
    return asyncio.run(closed(asked["url"], requests, *arguments))


def body_of(template: Any, text: str) -> bytes:
    """Return a body with a text in its place."""
    return json.dumps(template, ensure_ascii=False).replace('"TEXT"', json.dumps(text)).encode()


if __name__ == "__main__":
    serve(run)
