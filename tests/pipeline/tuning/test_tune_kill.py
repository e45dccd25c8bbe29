"""``kill -9`` at moments of a search: the same trials in the end, none paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from pipeline.sets import small
from undercut.ledger.book import Book

pytest.importorskip("optuna", reason='optuna is not installed: pip install "undercut[tune]"')

KILLS, SEED = 4, 20261124
TUNE = ["small.csv", "--methods", "linear", "--methods", "dummy", "--trials", "8", "--seed", "3",
        "--threads", "1", "--no-learning-curve"]  # fmt: skip


def start(folder, out):
    return subprocess.Popen(
        [sys.executable, "-m", "undercut", "tune", *TUNE, "--json", "--workspace", out],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip


def finish(going):
    out, _ = going.communicate(timeout=900)
    assert going.returncode == 0
    return json.loads(out)


def essence(facts):
    search = facts["search"]
    trials = sorted(search["trials"], key=lambda t: t["number"])
    return (
        [(t["number"], t["method"], t["options"], t["state"], t["quality"]) for t in trials],
        search["best"],
        facts["accuracy"],
    )


@pytest.mark.slow
def test_kills_change_nothing_and_nothing_is_paid_twice(tmp_path):
    small(tmp_path)
    begin = time.monotonic()
    calm = finish(start(tmp_path, "calm"))
    length = time.monotonic() - begin
    rng = random.Random(SEED)
    landed = 0
    for moment in sorted(rng.uniform(0.2, 0.9) * length for _ in range(KILLS)):
        going = start(tmp_path, "killed")
        try:
            going.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(going.pid, signal.SIGKILL)
            landed += 1
        going.communicate(timeout=60)
    assert landed
    facts = finish(start(tmp_path, "killed"))
    assert essence(facts) == essence(calm)

    workspace = tmp_path / "killed"
    book = Book(workspace / "ledger.sqlite")
    rows = book.entries("step:")
    assert len({(e.subject, e.attempt, e.unit) for e in rows}) == len(rows)
    fits = {e.subject for e in rows if e.subject.startswith("step:fit-")}
    for subject in {e.subject for e in rows}:
        states = book.attempts(subject)
        assert states.count("done") == 1, subject
        assert states[-1] == "done", f"{subject}: tried again after it was done"
    assert len(fits) == len({json.dumps([t["method"], t["options"]], sort_keys=True)
                             for t in facts["search"]["trials"]})  # fmt: skip
    paid = sum(float(e.quantity) for e in rows if e.subject in fits and e.unit == "cpu_second")
    assert facts["search"]["cpu_seconds"] == pytest.approx(paid)  # killed attempts counted
    assert not list(workspace.rglob(".*.tmp"))
