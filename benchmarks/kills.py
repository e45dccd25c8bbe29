"""``kill -9`` of a server under load: no answered request unbilled, none billed twice."""

from __future__ import annotations

import random
import signal
import threading
import time
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

KILLS, CALLERS, LONGEST_SECONDS, SEED = 50, 8, 2.0, 0
SETTINGS = {"kills": KILLS, "callers": CALLERS, "seed": SEED, "seconds_to_kill": LONGEST_SECONDS}


def measure(kind: str, work: Path, kills: int = KILLS) -> list[dict[str, Any]]:
    """Return what was found after all kills on a kind of store.

    Raises:
        AssertionError: an answered request is not billed, or the sums disagree.
    """
    artefact = model(work)
    place = work / f"kills-{kind}"
    place.mkdir(parents=True, exist_ok=True)
    moments = random.Random(SEED)
    answered: list[str] = []
    lock, stop = threading.Lock(), threading.Event()
    with store(kind, place) as database:
        pepper = place / "pepper"
        secret, key_id = new_key(database, place, pepper, "1000")
        server = Server(artefact, place / "server", database, pepper)
        lost = 0

        def call() -> None:
            nonlocal lost
            http = httpx.Client(timeout=60)
            while not stop.is_set():
                status, request_id = ask(http, server.url, secret)
                with lock:
                    if status == 200:
                        answered.append(request_id)
                    else:
                        lost += 1
                if status == 0:
                    http.close()
                    http = httpx.Client(timeout=60)
                    time.sleep(0.05)
            http.close()

        callers = [threading.Thread(target=call) for _ in range(CALLERS)]
        for t in callers:
            t.start()
        for n in range(kills):
            time.sleep(moments.uniform(0.05, LONGEST_SECONDS))
            server.stop(signal.SIGKILL)
            server.start()
            print(f"kill {n + 1}: {len(answered)} answered", flush=True)
        time.sleep(0.5)
        stop.set()
        for t in callers:
            t.join()
        server.stop()
        spec = StoreSpec(database=database, pepper=pepper, workspace=place / "ws")
        log, balance, held = billed(spec, key_id)
    row = {
        "store": kind,
        "seed": SEED,
        "kills": kills,
        "answered": len(answered),
        "unbilled": len(set(answered) - set(log)),
        "billed_twice": len(answered) - len(set(answered)),
        "billed_answer_cut_off": len(set(log) - set(answered)),
        "no_answer": lost,
        "balance_less_log_micro_usd": balance - sum(log.values()),
        "reserved_after": held,
    } | environment()
    print(row, flush=True)
    assert row["unbilled"] == row["billed_twice"] == row["balance_less_log_micro_usd"] == held == 0
    assert sum(log.values()) == len(log) * PRICE_MICRO_USD
    return [row]
