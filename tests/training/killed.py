"""Fits that are killed with SIGKILL at given steps and started again; see test_checkpoint.py.

``python killed.py PLAN.json``: every attempt is a process of its own, forked before torch has
computed anything. PLAN: base, folder, cases of name, method, options, kills (steps).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from conformance.samples import rows_of
from undercut.core import plugins
from undercut.core.contracts import FitJob, Progress
from undercut.tasks.text_classification.task import TextClassification
from undercut.training import checkpoint


def job_of(case: dict, base: str, folder: Path, attempt: str) -> FitJob:
    task = "text-classification"
    train, valid = rows_of(task, 60, 0), rows_of(task, 30, 1)
    out = folder / f"{case['method']}-{attempt}"
    out.mkdir(parents=True)
    way = plugins.way(case["method"], task)
    return FitJob(
        task=TextClassification(),
        labels=tuple(sorted(set(train.targets))),
        train=train,
        valid=valid,
        options=plugins.attr(way.options).model_validate(case["options"]),
        seed=3,
        threads=2,
        base=base,
        out=out,
        cache=folder / "cache",
        architecture=way.architecture,
        method=case["method"],
        checkpoint=folder / f"{case['method']}-{attempt == 'calm'}.safetensors",
    )


def fit(job: FitJob, kill_at: int | None) -> None:
    """Fit in a child that kills itself once it has done ``kill_at`` steps and kept the state."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert status == (signal.SIGKILL if kill_at else 0), status
        return
    steps: list[float] = []

    def tick(p: Progress) -> None:
        if p.stage == "train" and p.epoch is None and not p.note:
            steps.append(p.done)
            if kill_at is not None and p.done == kill_at + 1:  # the step before has been kept
                os.kill(os.getpid(), signal.SIGKILL)

    job.tick = tick
    done = plugins.attr(plugins.way(job.method, job.task.name).fit)(job)
    told = {"choices": done.choices, "curve": done.curve, "first": steps[0] if steps else None}
    (job.out / "told.json").write_text(json.dumps(told))
    os._exit(0)


if __name__ == "__main__":
    import peft  # noqa: F401
    import torch._dynamo  # noqa: F401

    import undercut.training.adapted  # noqa: F401

    plan = json.loads(Path(sys.argv[1]).read_text())
    checkpoint.EVERY = checkpoint.EPOCH = 0.0
    for case in plan["cases"]:
        place = Path(plan["folder"])
        fit(job_of(case, plan["base"], place, "calm"), None)
        for i, at in enumerate(case["kills"]):
            fit(job_of(case, plan["base"], place, f"killed{i}"), at)
        fit(job_of(case, plan["base"], place, "resumed"), None)
