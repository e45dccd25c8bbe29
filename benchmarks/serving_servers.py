"""The servers that are compared, each up for as long as a ``with`` block."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.part import PartFailed, environment
from benchmarks.servers import Server, new_key

MODULES = {
    "no-op": ("noop", "ours"),
    "fastapi, thread": ("fastapi_each", "thread"),
    "fastapi, loop": ("fastapi_each", "loop"),
    "litserve": ("litserve_batched", ""),
    "bentoml": ("bentoml_batched", ""),
    "ray": ("ray_batched", ""),
}
BUDGET_USD = "1000000"
START_SECONDS = 120


@dataclass(frozen=True)
class Told:
    """How to ask a server: ``body`` is JSON in which ``"TEXT"`` stands for a text."""

    url: str
    pid: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = field(default_factory=lambda: {"inputs": "TEXT"})


@contextmanager
def start(name: str, folder: Path, work: Path, libs: Path | None) -> Iterator[Told]:
    """Start a contender by name."""
    if name.startswith("ours"):
        with ours(folder, work, keyed=name == "ours") as told:
            yield told
        return
    with peer(name, folder, libs) as told:
        yield told


@contextmanager
def ours(folder: Path, work: Path, *, keyed: bool) -> Iterator[Told]:
    """Start ``undercut serve`` on a store of its own: with a key that has a budget, or without."""
    work.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="serving-", dir=work))
    store, pepper = str(place / "store.sqlite"), place / "pepper"
    try:
        secret = new_key(store, place, pepper, BUDGET_USD)[0] if keyed else ""
        server = Server(folder, place / "server", store, pepper, *(() if keyed else ("--no-keys",)))
        try:
            headers = {"authorization": f"Bearer {secret}"} if keyed else {}
            told = Told(f"{server.url}/v1/predict", server.process.pid, headers)
            _answers(told)
            yield told
        finally:
            server.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def peer(
    name: str, folder: Path, libs: Path | None, *, batch: int = 64, wait_ms: float = 0.0
) -> Iterator[Told]:
    """Start a peer; its libraries are the first on its path where they lie apart.

    Raises:
        PartFailed: it did not answer in time, or ended.
    """
    module, way = MODULES[name]
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [sys.executable, "-m", f"benchmarks.serving_peers.{module}", str(folder)]
    command += ["--port", str(port), "--batch", str(batch), "--wait-ms", str(wait_ms)]
    env = environment(1)
    if libs and (libs / name).is_dir():
        env["PYTHONPATH"] = os.pathsep.join([str(libs / name), env["PYTHONPATH"]])
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command, *(("--way", way) if way else ())],
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        one = {"inputs": ["TEXT"]} if name == "bentoml" else {"inputs": "TEXT"}
        told = Told(f"http://127.0.0.1:{port}/v1/predict", process.pid, body=one)
        try:
            _answers(told, process)
            yield told
        except PartFailed as e:
            log.seek(0)
            raise PartFailed(f"{e}: {log.read()[-1500:]}") from None
        finally:
            _end(process)


def _answers(told: Told, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until a server answers a text."""
    until = time.monotonic() + START_SECONDS
    body = {
        "inputs": ["where is my card"] if told.body != {"inputs": "TEXT"} else "where is my card"
    }
    last = "no answer"
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            raise PartFailed("it ended at its start")
        try:
            answer = httpx.post(told.url, json=body, headers=told.headers, timeout=30)
            if answer.status_code == 200:
                return
            last = f"{answer.status_code} {answer.text[:200]}"
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise PartFailed(f"it did not answer: {last}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and the processes it started, by their ids."""
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()
    with suppress(ProcessLookupError):
        process.kill()
    process.wait(30)
