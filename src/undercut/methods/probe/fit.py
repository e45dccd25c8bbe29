"""Fits a probe: encode every input once, then a logistic regression on its unit vectors."""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted, Progress
from undercut.training.batches import Lanes
from undercut.training.estimate import pass_cost
from undercut.training.job import Work, finish_job, open_job
from undercut.training.logistic import fit_logistic

EVALUATIONS = 80
"""Evaluations of the loss that one C takes, for the estimate."""


def fit(job: FitJob) -> Fitted:
    """Write the files of a frozen encoder with a fitted head to ``job.out``.

    With ``job.valid``, C is the one of least validation log loss after temperature scaling.

    Raises:
        UndercutError: no validation rows and no earlier choices, or rows of one class only.
    """
    work = open_job(job, needed=("c", "temperature"))
    e = F.normalize(work.frozen.pooled(work.inputs), dim=-1)  # (n + m, D)
    rows, held = e[: len(work.y)], e[len(work.y) :]
    scaler = _Scaler(rows)
    x = scaler(rows)
    grid = [float(job.fixed["c"])] if "c" in job.fixed else sorted(job.options.c)
    job.tick(Progress("probe", 0, 1, "logistic regression"))

    def solve(c: float) -> tuple[np.ndarray, np.ndarray]:
        weight, bias, _ = fit_logistic(x, work.targets, len(work.seen), c)
        return scaler.fold(weight, bias)

    with Lanes(job.threads) as lanes:
        heads = lanes.map(solve, grid)
    best, curve = 0, []
    temperature = float(job.fixed.get("temperature", 1.0))
    if work.valid_y is not None:
        found = [work.judge((held @ torch.from_numpy(w).T).numpy() + b) for w, b in heads]
        best = int(np.argmin([f["log_loss"] for f in found]))
        temperature = found[best]["temperature"]
        curve = [{"c": c, **f} for c, f in zip(grid, found, strict=True)]
    job.tick(Progress("probe", 1, 1))
    choices = {"c": grid[best], "temperature": temperature}
    head = work.network.linear(*map(torch.from_numpy, heads[best]))
    return finish_job(work, head, choices, curve, {}, 0)


class _Scaler:
    """Moves rows to mean 0 and mean square length 1, so that a C means the same for any base.

    Models that were not made for sentences give vectors that all point the same way; a penalty
    on the weights would hide what little tells them apart.
    """

    def __init__(self, rows: Tensor) -> None:
        self.mean = rows.mean(0)  # (D,)
        spread = (rows - self.mean).square().sum(1).mean().sqrt()
        self.scale = 1 / float(spread.clamp(min=1e-6))

    def __call__(self, rows: Tensor) -> Tensor:
        return (rows - self.mean) * self.scale

    def fold(self, weight: Tensor, bias: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the same head for unmoved rows: ``(S, D)`` and ``(S,)``."""
        weight = weight * self.scale
        return weight.numpy(), (bias - weight @ self.mean).numpy()


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches and a few timed evaluations."""
    work = open_job(job, needed=())
    cost = pass_cost(work, "pooled")
    return Estimate(
        cost.cpu_seconds + _head_seconds(work),
        f"{cost.basis}; logistic regression timed on a few evaluations",
    )


def _head_seconds(work: Work) -> float:
    """Return the expected CPU-seconds of the logistic regressions."""
    n, classes = min(len(work.y), 2000), len(work.seen)
    x = torch.randn(n, work.base.width) / work.base.width**0.5
    y = torch.arange(n) % classes
    with Lanes(1):
        fit_logistic(x, y, classes, 10.0, iterations=1)
        begin = time.process_time()
        _, _, evaluations = fit_logistic(x, y, classes, 10.0, iterations=3)
        each = (time.process_time() - begin) / evaluations
    fits = 1 if "c" in work.job.fixed else len(work.job.options.c)
    return each * len(work.y) / n * EVALUATIONS * fits
