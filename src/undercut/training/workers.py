"""``--workers N``: other processes join the training of this one, over gloo on this machine.

The first process runs the fit it was asked for. When it comes to the training, it starts the
others: each runs the same fit of the same job from the start, finds the frozen pass in the cache,
joins at the training, and ends with it; what it would have written is thrown away. Nothing is left
behind: a worker ends when the pipe to the first process closes, however that came about, and a
worker that dies closes its connections, which ends the first process's wait at once.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from undercut.core.contracts import FitJob
from undercut.core.errors import MissingExtra, Problem, UndercutError, fail
from undercut.training.crew import ALONE, Crew
from undercut.training.device import pick, present

START = 600.0
"""Seconds a worker may take to get to the training."""
WAIT = timedelta(minutes=60)
"""How long a process waits for one that is alive but does not answer, such as while it judges."""
PLACE = "UNDERCUT_WORKER"
"""Environment variable of a worker: its rank, the number of processes, and where they meet."""
READY = b"ready\n"
SIGNS = ("gloo", "connection", "timed out", "timeout")
"""Words in what gloo says when a process is gone or does not answer."""


@contextmanager
def crew_of(job: FitJob) -> Iterator[Crew]:
    """Give the processes that train a job together; they are gone when the block is left.

    Raises:
        UndercutError: a worker could not start, or died; or training is not on the processor.
        MissingExtra: accelerate is not installed.
    """
    if is_worker():
        own, size, meeting = os.environ[PLACE].split(" ", 2)
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()
        with _joined(int(own), int(size), meeting) as crew:
            yield crew
        return
    if job.workers == 1:
        yield ALONE
        return
    if (device := pick(job.device, present())) != "cpu":
        raise fail(
            "workers-device",
            expected="training on the processor, which workers share",
            found=f"--workers {job.workers} on {device}",
            fix="Leave --workers out, or add --device cpu.",
        )
    if importlib.util.find_spec("accelerate") is None:
        raise MissingExtra(
            "extra-missing",
            Problem("accelerate, for workers", "none", fix='Run: pip install "undercut[train]"'),
        )
    with tempfile.TemporaryDirectory(prefix="undercut-workers-") as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps(packed(job)), encoding="utf-8")
        meeting = (folder / "meet").as_uri()
        others: list[subprocess.Popen[bytes]] = []
        try:
            for rank in range(1, job.workers):
                others.append(_start(folder, rank, job.workers, meeting))
            _await(others, folder)
            with _joined(0, job.workers, meeting) as crew:
                yield crew
        except RuntimeError as e:
            if not any(sign in str(e).lower() for sign in SIGNS):
                raise
            raise _dead(others, folder, str(e)) from None
        finally:
            for one in others:
                if one.stdin is not None:
                    one.stdin.close()  # its sign to end
                try:
                    one.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    one.kill()
                    one.wait()
                if one.stdout is not None:
                    one.stdout.close()


def is_worker() -> bool:
    """Return whether this process helps another one."""
    return PLACE in os.environ


def packed(job: FitJob) -> dict[str, Any]:
    """Return a job as a JSON value, for :mod:`undercut.training.worker`."""

    def rows(examples: Any) -> list[list[Any]] | None:
        if examples is None:
            return None
        return [list(examples.inputs), list(examples.targets), list(examples.rows)]

    return {
        "task": job.task.name,
        "method": job.method,
        "labels": list(job.labels),
        "train": rows(job.train),
        "valid": rows(job.valid),
        "options": job.options.model_dump(mode="json"),
        "seed": job.seed,
        "threads": job.threads,
        "base": job.base,
        "cache": str(Path(job.cache).absolute()),
        "architecture": job.architecture,
        "fixed": dict(job.fixed),
        "deadline": job.deadline,
        "device": "cpu",
        "workers": job.workers,
        "checkpoint": None if job.checkpoint is None else str(Path(job.checkpoint).absolute()),
    }


def _start(folder: Path, rank: int, size: int, meeting: str) -> subprocess.Popen[bytes]:
    env = dict(os.environ) | {PLACE: f"{rank} {size} {meeting}"}
    with (folder / f"{rank}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "undercut.training.worker", str(folder / "job.json")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env,
        )  # fmt: skip


def _await(others: list[subprocess.Popen[bytes]], folder: Path) -> None:
    """Wait until every worker has come to the training."""
    until = time.monotonic() + START
    for one in others:
        assert one.stdout is not None
        while True:
            if time.monotonic() > until:
                raise _dead(others, folder, f"it did not start within {START:.0f} s")
            if any(o.poll() is not None for o in others):
                raise _dead(others, folder, "it ended before the training")
            if select.select([one.stdout], [], [], 0.1)[0] and one.stdout.readline() == READY:
                break


def _dead(others: list[subprocess.Popen[bytes]], folder: Path, why: str) -> UndercutError:
    """Return the error about the worker that ended, with what it last said."""
    time.sleep(0.2)  # a connection is closed just before its process is gone
    said = [why.splitlines()[0] if why else "no reason given"]
    for rank, one in enumerate(others, 1):
        code = one.poll()
        if code:
            log = (folder / f"{rank}.log").read_text(errors="replace").strip()
            last = log.splitlines()[-1] if log else ""
            said.insert(0, f"worker {rank} ended with {code}: {last}")
    return fail(
        "training-worker",
        expected="every worker to train to the end",
        found="; ".join(said)[:500],
        where="workers",
        fix="Start the command again: it goes on from the last checkpoint. With less memory, "
        "use fewer workers.",
    )


@contextmanager
def _joined(rank: int, size: int, meeting: str) -> Iterator[Crew]:
    """Meet the other processes; leave everything as it was."""
    import torch
    from accelerate import PartialState

    wanted = {
        "RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_RANK": str(rank),
        "LOCAL_WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500",
        "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }  # fmt: skip
    if "lo" in _interfaces():
        wanted["GLOO_SOCKET_IFNAME"] = "lo"
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        torch.distributed.init_process_group(
            "gloo", init_method=meeting, rank=rank, world_size=size, timeout=WAIT
        )
        PartialState(cpu=True, backend="gloo")
        yield Crew(rank, size)
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        PartialState._reset_state()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _interfaces() -> list[str]:
    import socket

    return [name for _, name in socket.if_nameindex()]
