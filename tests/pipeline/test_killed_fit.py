"""A fit killed in the middle of training: the step goes on from its checkpoint, all seconds kept."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys

import pytest

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.core.contracts import Progress
from undercut.core.specs_training import TrainSpec
from undercut.core.types import Dataset
from undercut.models.encoder.base import resolve
from undercut.pipeline.fitting import ARTEFACT, Context, fit_step
from undercut.pipeline.workspace import open_workspace
from undercut.tasks.text_classification.task import TextClassification
from undercut.training import checkpoint

SCRIPT = """
import os, signal, sys
from pipeline.test_killed_fit import fitted

def tick(p):
    if p.stage == "train" and p.done == 4 and p.epoch is None:
        os.kill(os.getpid(), signal.SIGKILL)

fitted(sys.argv[1], sys.argv[2], tick)
"""


def fitted(root, base, tick):
    """Fit ``full`` as a step of a workspace, keeping the state after every step."""
    from pathlib import Path

    checkpoint.EVERY = 0.0
    train, valid = (rows_of("text-classification", n, s) for n, s in ((60, 0), (30, 1)))
    labels = tuple(sorted(set(train.targets)))
    data = Dataset("x", "text-classification", "0" * 64, labels, train, valid, None)
    table = {"full": {"epochs": 2, "batch_tokens": 128}}
    spec = TrainSpec(base=base, options=table, device="cpu")
    with open_workspace(Path(root), lambda _: None) as workspace:
        context = Context(
            workspace, data, TextClassification(), spec, 0, 1, tick, resolve(base).sha256
        )
        step = fit_step(context, "full")
        book = workspace.book
        seconds = [e for e in book.entries(step.subject) if e.unit == "cpu_second"]
        return step, book.attempts(step.subject), seconds


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_fit_goes_on_and_every_second_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY", checkpoint.EVERY)
    base = str(tiny_base(tuple(rows_of("text-classification", 60, 0).inputs)))
    place = tmp_path / "killed"
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(place), base], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list((place / "cache").glob("checkpoint-*"))) == 1
    steps = []

    def tick(p: Progress) -> None:
        if p.stage == "train" and p.epoch is None and not p.note:
            steps.append(p.done)

    step, attempts, seconds = fitted(place, base, tick)
    assert steps[0] == 4
    assert attempts == ["killed", "done"]
    assert len(seconds) == 2
    assert all(e.quantity > 0 for e in seconds)
    assert not list((place / "cache").glob("checkpoint-*"))
    assert step.result["compute"]["device"] == "cpu"
    for record in (place / "cache").glob("compute-*.json"):  # measured once a machine
        (tmp_path / "calm/cache").mkdir(parents=True, exist_ok=True)
        shutil.copy(record, tmp_path / "calm/cache")
    calm, _, _ = fitted(tmp_path / "calm", base, lambda _: None)
    names = [p.name for p in (calm.folder / ARTEFACT).glob("*.safetensors")]
    assert names
    for name in names:
        one, other = ((s.folder / ARTEFACT / name).read_bytes() for s in (step, calm))
        assert one == other, name
