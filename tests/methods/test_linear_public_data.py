"""Banking77 end to end, where the public data is at hand: accuracy, and what it costs."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from undercut.backends.numpy.session import load
from undercut.core.contracts import FitJob
from undercut.core.types import Examples, Manifest
from undercut.methods.linear.fit import fit
from undercut.methods.linear.options import LinearOptions
from undercut.models.linear.frontend import open_frontend
from undercut.tasks.text_classification.task import TextClassification

TASK = TextClassification()
DATA = os.environ.get("UNDERCUT_DATA")
FOLDERS = [p for p in ([Path(DATA) / "banking77"] if DATA else []) if p.is_dir()]


def read(path):
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return Examples([r["text"] for r in rows], [r["category"] for r in rows], [""] * len(rows))


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_banking77_reaches_its_figure(folder, tmp_path):
    whole, test = read(folder / "train.csv"), read(folder / "test.csv")
    labels = TASK.label_space(whole.targets)
    a, b = train_test_split(
        np.arange(len(whole)), test_size=0.1, stratify=whole.targets, random_state=0
    )
    jobs = []
    fitted = None
    for name, train, valid in (
        ("fit", whole.take(a), whole.take(b)),
        ("refit", whole, None),
    ):
        job = FitJob(
            task=TASK,
            labels=labels,
            train=train,
            valid=valid,
            options=LinearOptions(),
            seed=0,
            threads=1,
            base="",
            out=tmp_path / name,
            cache=tmp_path,
            fixed=fitted.choices if fitted else {},
        )
        job.out.mkdir()
        fitted = fit(job)
        jobs.append(job)
    manifest = Manifest(
        name="t",
        task=TASK.name,
        architecture="linear",
        format="csr",
        labels=labels,
        config=fitted.config,
    )
    frontend = open_frontend(jobs[-1].out, manifest)
    prepared = frontend.prepare(test.inputs)
    every = range(len(test))
    margins = load(jobs[-1].out, manifest, 1).run(frontend.collate(prepared, every))
    right = TASK.judge(frontend.finish(margins, prepared, every), test, labels).right
    assert right.mean() >= 0.91
