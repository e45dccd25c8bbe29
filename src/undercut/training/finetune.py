"""The common end of partial and full training: run the loop, note the choices, write the files."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from torch import Tensor

from undercut.core.types import Fitted
from undercut.training.job import Work, finish_job
from undercut.training.loop import SCALE, Recipe, Trunk, centroids, train
from undercut.training.sources import Source

NEEDED = ("epochs", "stop", "rate", "temperature")
"""What a refit repeats."""


def finetune(
    work: Work,
    trunk: Trunk,
    rows: Source,
    held: Source | None,
    pooled: Tensor,
    recipe: Recipe,
    mend: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict,
) -> Fitted:
    """Train ``trunk`` and write the model.

    Args:
        work: the job.
        trunk: what to train.
        rows: training rows.
        held: validation rows, or ``None`` in a refit.
        pooled: the base's output for the training rows, ``float32 (n, D)``.
        recipe: how long and how fast.
        mend: turns the trained tensors into those to be saved.
    """
    job = work.job
    deadline = None
    if job.deadline is not None:
        deadline = max(job.deadline - (time.monotonic() - work.began), 1e-3)
    done = train(
        trunk,
        rows,
        work.targets,
        centroids(pooled, work.targets, len(work.seen)),
        recipe,
        job.seed,
        job.threads,
        held=(held, work.judge) if held is not None else None,
        tick=job.tick,
        deadline=deadline,
    )
    choices = {
        "epochs": done.epochs,
        "stop": done.stop,
        "rate": recipe.rate,
        "temperature": float(job.fixed.get("temperature", done.temperature)),
    }
    bias = np.zeros(len(done.weight), np.float32)
    return finish_job(work, done.weight, bias, SCALE, choices, done.curve, mend(done.tensors))
