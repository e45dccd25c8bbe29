"""Two processes train the same model as one; a dead one is one clear error and leaves nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file

from conformance.fitted import job_of
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.ledger.meter import tree_cpu_seconds
from undercut.training import checkpoint, workers

TASK = "text-classification"
pytest.importorskip("accelerate")


def fit(method, out, **changes):
    options = plugins.attr(plugins.way(method, TASK).options)(epochs=3, batch_tokens=128)
    job = job_of(TASK, method, out, options=options, device="cpu", **changes)
    job.method = method
    return plugins.attr(plugins.way(method, TASK).fit)(job)


def children():
    """Return the workers there are; other tests may leave servers of their own running."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            found += [process] if "undercut.training.worker" in process.cmdline() else []
        except psutil.Error:
            continue
    return found


def test_two_workers_train_what_one_does_and_their_seconds_count(tmp_path):
    one = fit("full", tmp_path / "one", cache=tmp_path)
    before, mine = tree_cpu_seconds(), time.process_time()
    two = fit("full", tmp_path / "two", cache=tmp_path, workers=2)
    assert [r["loss"] for r in two.curve] == [r["loss"] for r in one.curve]
    assert two.choices == one.choices
    a, b = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert all(np.array_equal(a[n], b[n]) for n in a)
    assert not children()
    others = tree_cpu_seconds() - before - (time.process_time() - mine)
    assert others > 0.5  # a worker has to import torch at least
    three = fit("full", tmp_path / "three", cache=tmp_path, workers=3)
    for got, want in zip(three.curve, one.curve, strict=True):
        assert got["loss"] == pytest.approx(want["loss"], rel=0.02)


def test_a_worker_that_dies_is_one_error_and_the_next_start_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    steps = []

    def tick(p):
        if p.stage == "train" and p.epoch is None and not p.note:
            steps.append(p.done)
            if len(steps) == 5:
                (worker,) = children()
                os.kill(worker.pid, signal.SIGKILL)

    begin = time.monotonic()
    kept = tmp_path / "kept.safetensors"
    with pytest.raises(UndercutError, match="worker 1 ended with -9") as caught:
        fit("partial", tmp_path / "a", cache=tmp_path, workers=2, tick=tick, checkpoint=kept)
    assert caught.value.code == "training-worker"
    assert time.monotonic() - begin < 120
    assert not children()
    assert not list((tmp_path / "a").iterdir())
    steps.clear()
    resumed = fit("partial", tmp_path / "b", cache=tmp_path, workers=1, tick=steps_of(steps),
                  checkpoint=kept)  # fmt: skip
    calm = fit("partial", tmp_path / "c", cache=tmp_path)
    assert steps[0] > 1
    assert resumed.curve == calm.curve


ALONE_AT_STEP_3 = """
import os, signal, sys
from pathlib import Path
from training.test_workers import children, fit

def tick(p):
    if p.stage == "train" and p.done == 3:
        print(*(c.pid for c in children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

fit("partial", Path(sys.argv[1]) / "a", cache=Path(sys.argv[1]), workers=2, tick=tick)
"""


def test_no_worker_outlives_the_first_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ALONE_AT_STEP_3, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert done.returncode == -signal.SIGKILL
    (pid,) = map(int, done.stdout.split())
    until = time.monotonic() + 60
    while running(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not running(pid)


def running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def steps_of(steps):
    def tick(p):
        if p.stage == "train" and p.epoch is None and not p.note:
            steps.append(p.done)

    return tick


def test_a_gpu_is_not_shared_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "present", lambda: {"cuda": True, "mps": False, "cpu": True})
    job = job_of(TASK, "full", tmp_path / "out", workers=2, device="auto")
    with pytest.raises(UndercutError, match="--workers 2 on cuda"), workers.crew_of(job):
        pass
    assert not children()
