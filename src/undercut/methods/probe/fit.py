"""Fits a probe: encode every text once, then a logistic regression on the unit vectors."""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from undercut.core.types import Estimate, FitJob, Fitted, Progress
from undercut.training.estimate import pass_cost
from undercut.training.job import Work, finish_job, open_job
from undercut.training.logistic import fit_logistic

EVALUATIONS = 60
"""Evaluations of the loss that one C takes, for the estimate."""


def fit(job: FitJob) -> Fitted:
    """Write the files of a frozen encoder with a fitted head to ``job.out``.

    With ``job.valid``, C is the one of least validation log loss after temperature scaling.

    Raises:
        UndercutError: no validation rows and no earlier choices, or rows of one class only.
    """
    work = open_job(job, needed=("c", "temperature"))
    e = F.normalize(work.frozen.pooled(work.texts), dim=-1)  # (n + m, D)
    rows, held = e[: len(work.y)], e[len(work.y) :]
    scaler = _Scaler(rows)
    x = scaler(rows)
    grid = [float(job.fixed["c"])] if "c" in job.fixed else sorted(job.options.c)
    best: tuple[float, dict[str, float], np.ndarray] | None = None
    start, curve = None, []
    before = torch.get_num_threads()
    torch.set_num_threads(job.threads)
    try:
        for i, c in enumerate(grid):
            if best and job.deadline is not None and time.monotonic() - work.began > job.deadline:
                break
            job.tick(Progress("probe", i, len(grid), f"C = {c:g}"))
            start, _ = fit_logistic(x, work.targets, len(work.seen), c, start)
            weight, bias = scaler.fold(start)
            found = {"temperature": float(job.fixed.get("temperature", 1.0))}
            if work.valid_y is not None:
                found = work.judge(held.numpy() @ weight.T + bias)
                curve.append({"c": c, **found})
            if best is None or found["log_loss"] < best[1]["log_loss"]:
                best = (c, found, start)
    finally:
        torch.set_num_threads(before)
    assert best is not None
    c, found, start = best
    weight, bias = scaler.fold(start)
    job.tick(Progress("probe", len(grid), len(grid)))
    choices = {"c": c, "temperature": found["temperature"]}
    return finish_job(work, weight, bias, 1.0, choices, curve)


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

    def fold(self, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return head ``(S, D)`` and bias ``(S,)`` for unmoved rows, from ``(S, D + 1)``."""
        weight = found[:, :-1] * self.scale
        bias = found[:, -1] - weight @ self.mean.double().numpy()
        return weight.astype(np.float32), bias.astype(np.float32)


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
    before = torch.get_num_threads()
    torch.set_num_threads(work.job.threads)
    try:
        fit_logistic(x, y, classes, 10.0, iterations=1)
        begin = time.process_time()
        _, evaluations = fit_logistic(x, y, classes, 10.0, iterations=3)
        each = (time.process_time() - begin) / evaluations
    finally:
        torch.set_num_threads(before)
    fits = 1 if "c" in work.job.fixed else len(work.job.options.c)
    return each * len(work.y) / n * EVALUATIONS * fits
