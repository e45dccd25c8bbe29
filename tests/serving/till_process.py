"""A process that spends a key's budget as a server does: reserve, then answer or fail, record.

``python -m serving.till_process STORE FOLDER SECRET TRIES THREADS``; prints what was let in. When
``DIE`` is set it stops short, as by a kill, with requests reserved, answered and not yet flushed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path

from serving.leave import leave
from undercut.economics.charges import Price, Quantities
from undercut.ledger.book import Book
from undercut.serving.database import open_database
from undercut.serving.keys import keys_of
from undercut.serving.meter import open_meter
from undercut.serving.plans import Plan
from undercut.serving.problems import ApiError
from undercut.serving.till import Till

PLANS = {"payg": Plan(kind="payg", price=Price(usd_per_1k_requests="0.5"))}
MODEL = "ab" * 32


def main(store: str, folder: Path, secret: str, tries: int, threads: int) -> None:
    database = open_database(store)
    key = keys_of(database, folder / "pepper", PLANS).verify(secret)
    state = folder / str(os.getpid())
    meter = open_meter(database, state / "journal", Book(state / "ledger.sqlite"))
    till = Till(database, PLANS, meter.server)
    found: Counter[str] = Counter()

    def spend(n: int) -> None:
        for i in range(tries):
            try:
                request = f"req_{os.getpid()}_{n}_{i}"
                used = Quantities(requests=1, inputs=2, tokens=7)
                ticket = leave(till, key, request, used)
            except ApiError as e:
                found[e.code] += 1
                continue
            if (n + i) % 5 == 0:  # the model failed: what was reserved goes to another request
                till.release(ticket)
                found["failed"] += 1
                continue
            meter.record(
                request_id=ticket.request_id,
                key_id=key.id,
                model=MODEL,
                inputs=2,
                tokens=7,
                latency_ms=1.0,
                plan=ticket.plan,
                micro_usd=ticket.micro_usd,
                block=ticket.block,
            )
            found["answered"] += 1

    workers = [threading.Thread(target=spend, args=(n,)) for n in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    if "DIE" in os.environ:
        leave(till, key, f"req_lost_{os.getpid()}", Quantities(requests=1))
        print(json.dumps(found), flush=True)
        os._exit(9)
    meter.close()
    till.close()
    print(json.dumps(found))


if __name__ == "__main__":
    place, where, word, *numbers = sys.argv[1:]
    main(place, Path(where), word, *map(int, numbers))
