"""A budget for exactly N requests, 64 threads, two server processes: N are admitted, every time."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from benchmarks.servers import (
    PRICE_MICRO_USD,
    Server,
    ask,
    billed,
    environment,
    model,
    new_key,
    store,
)
from undercut.core.specs_serving import StoreSpec

THREADS, SERVERS, BUDGET, TIMES = 64, 2, 1_000, 20
BUSY = (429, 503, 504)
"""What a server short of processor time answers; such a request costs nothing."""
SETTINGS = {
    "threads": THREADS,
    "server_processes": SERVERS,
    "requests_the_budget_covers": BUDGET,
    "repetitions": TIMES,
}


def _storm(servers: list[Server], secret: str) -> tuple[Counter[int], list[str]]:
    """Ask from all threads until each was refused five times in a row."""
    statuses: Counter[int] = Counter()
    ids: list[str] = []
    lock = threading.Lock()

    def call(n: int) -> None:
        refused = 0
        with httpx.Client(timeout=300) as http:
            while refused < 5:
                status, request_id = ask(http, servers[n % len(servers)].url, secret)
                with lock:
                    statuses[status] += 1
                    if status == 200:
                        ids.append(request_id)
                refused = refused + 1 if status == 402 else 0

    threads = [threading.Thread(target=call, args=(n,)) for n in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return statuses, ids


def measure(
    kind: str, work: Path, times: int = TIMES, budget: int = BUDGET
) -> list[dict[str, Any]]:
    """Return one row a repetition on a kind of store.

    Raises:
        AssertionError: more or fewer were admitted, or responses and log disagree.
    """
    artefact = model(work)
    place = work / f"budgets-{kind}"
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    with store(kind, place) as database:
        pepper = place / "pepper"
        new_key(database, place, pepper, "1")  # makes the store and the pepper
        servers = [
            Server(artefact, place / f"server-{i}", database, pepper) for i in range(SERVERS)
        ]
        spec = StoreSpec(database=database, pepper=pepper, workspace=place / "ws")
        try:
            for n in range(times):
                usd = f"{budget * PRICE_MICRO_USD / 1e6:.6f}"
                secret, key_id = new_key(database, place, pepper, usd)
                statuses, ids = _storm(servers, secret)
                for server in servers:  # reads the journal
                    head = {"authorization": f"Bearer {secret}"}
                    httpx.get(f"{server.url}/v1/usage", headers=head, timeout=300)
                log, balance, held = billed(spec, key_id)
                row = {
                    "store": kind,
                    "seed": n,
                    "admitted": statuses[200],
                    "refused": statuses[402],
                    "busy": sum(v for k, v in statuses.items() if k in BUSY),
                    "charged_micro_usd": sum(log.values()),
                } | environment()
                print(row, flush=True)
                assert statuses[200] == len(ids) == budget, row
                assert set(statuses) <= {200, 402, *BUSY}, statuses
                assert set(log) == set(ids) and held == 0, row
                assert sum(log.values()) == balance == budget * PRICE_MICRO_USD, row
                rows.append(row)
        finally:
            for server in servers:
                server.stop()
    return rows
