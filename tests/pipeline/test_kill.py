"""``kill -9`` at drawn moments of a run: the same result in the end, and every second paid for.

The moments are drawn by a seed over the run's measured length and logged, so that a failure can
be repeated. Each workspace is killed several times, every start getting as far as its moment
in a run that nobody kills, and then left to end.

The suite kills a run of the ``probe`` on a tiny base eight times in two workspaces. By hand, twenty
times in four, the whole ladder on the example (about a quarter of an hour):
``python tests/pipeline/test_kill.py``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.tiny_base import tiny_base
from pipeline.sets import SUPPORT, rows, small
from undercut.ledger.book import Book
from undercut.predict.predictor import load
from undercut.store import artefacts

SEED = 20261123


def start(folder: Path, run: list[str], out: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "undercut", "run", *run, "--json", "--workspace", out],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def finish(going: subprocess.Popen[str]) -> dict:
    out, _ = going.communicate(timeout=900)
    assert going.returncode == 0
    return json.loads(out)


def essence(facts: dict) -> dict:
    """Return what must not depend on being killed: split, rungs, figures, predictions."""
    return {
        "data": facts["data"]["hash"],
        "rungs": [(r["rung"], r["status"]) for r in facts["rungs"]],
        "accuracy": facts["accuracy"],
        "macro_f1": facts["macro_f1"],
        "references": sorted(
            (v["name"], v["valid_quality"]["value"]) for v in facts["variants"] if not v["gate"]
        ),
    }


@pytest.mark.slow
def test_kills_change_nothing_of_a_run(tmp_path, capfd):
    small(tmp_path)
    base = str(tiny_base(tuple(text for text, _ in rows("support_en.csv"))))
    run = ["small.csv", "--test", "small_test.csv", "--method", "probe", "--base", base]
    with capfd.disabled():
        campaign(tmp_path, [*run, "--threads", "1"], kills=8, workspaces=2)


def campaign(folder: Path, run: list[str], kills: int, workspaces: int) -> None:
    """Kill a run at many moments and compare what comes out with a run that nobody kills."""
    begin = time.monotonic()
    calm = finish(start(folder, run, "calm"))
    length = time.monotonic() - begin
    begin = time.monotonic()
    finish(start(folder, run, "calm"))
    startup = time.monotonic() - begin
    rng = random.Random(SEED)
    moments = [rng.uniform(0.0, length) for _ in range(kills)]
    drawn = ", ".join(f"{m:.2f}" for m in moments)
    print(f"\nrun of {length:.1f} s, seed {SEED}, killed after: {drawn}", flush=True)
    landed = 0
    for i in range(workspaces):
        reached = 0.0
        for moment in sorted(moments[i::workspaces]):
            going = start(folder, run, f"killed-{i}")
            try:
                going.wait(timeout=moment - reached + (startup if reached else 0.0))
            except subprocess.TimeoutExpired:
                os.killpg(going.pid, signal.SIGKILL)
                landed += 1
            going.communicate(timeout=60)
            reached = moment
    print(f"{landed} of {kills} kills met a running process", flush=True)
    assert landed >= kills // 2
    texts = [text for text, _ in rows("test_en.csv")]
    for i in range(workspaces):
        facts = finish(start(folder, run, f"killed-{i}"))
        assert essence(facts) == essence(calm)
        compare_predictions(folder, calm, facts, texts)
        check_ledger(folder / f"killed-{i}", facts)
        check_nothing_torn(folder / f"killed-{i}")


def compare_predictions(folder: Path, calm: dict, facts: dict, texts: list[str]) -> None:
    """Compare what is served: the same labels, and probabilities to a runtime's rounding.

    Which of two forms with equal answers is served depends on what was timed on the day.
    """
    import numpy as np

    first, second = (load(folder / run["artefact"], threads=1) for run in (calm, facts))
    assert [p.label for p in first.predict(texts)] == [p.label for p in second.predict(texts)]
    pair = [np.exp(model.score(texts).log_probs) for model in (first, second)]
    np.testing.assert_allclose(pair[0], pair[1], atol=1e-3)


def check_ledger(workspace: Path, facts: dict) -> None:
    """Every step done exactly once; killed attempts kept with their seconds; no row twice."""
    book = Book(workspace / "ledger.sqlite")
    rows_ = book.entries("step:")
    keys = [(e.subject, e.attempt, e.unit) for e in rows_]
    assert len(keys) == len(set(keys))
    finished = {p.name for p in (workspace / "steps").iterdir()}
    for subject in {e.subject for e in rows_}:
        states = book.attempts(subject)
        assert states.count("done") <= 1
        assert "running" not in states
        _, name, key = subject.split(":")
        if name != "report":
            assert f"{name}-{key}" in finished
    for cost in facts["costs"]:
        mine = [e for e in rows_ if e.subject.startswith(f"step:{cost['step']}:")]
        assert mine, cost["step"]
    total = sum(float(e.quantity) for e in rows_ if e.unit == "cpu_second")
    assert facts["cpu_seconds"] <= total + 1e-6


def check_nothing_torn(workspace: Path) -> None:
    """Every artefact verifies; nothing half-written is left."""
    manifests = list(workspace.rglob("manifest.json"))
    assert manifests
    for path in manifests:
        artefacts.read_manifest(path.parent, verify=True)
    assert not list(workspace.rglob(".*.tmp"))


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        pair = [str(SUPPORT / name) for name in ("support_en.csv", "test_en.csv")]
        campaign(Path(place), [pair[0], "--test", pair[1]], kills=20, workspaces=4)
        print("the same split, rungs and predictions; the ledger is whole; nothing is torn")
