"""Fits a hashed model from hard labels: choose C and temperature, or repeat earlier choices."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from undercut.core.contracts import Estimate, FitJob, Fitted, Progress
from undercut.methods.linear.fit import (
    FEW_ROWS,
    IMPORT_SECONDS,
    MANY_CLASSES,
    SAMPLE_ROWS,
    SECONDS_PER_WORK,
    machines,
)
from undercut.methods.targets import targets_of
from undercut.models.hashed import files
from undercut.models.hashed.rows import Counts, count
from undercut.models.linear.files import Table, quantise
from undercut.models.linear.ngrams import NgramSpec
from undercut.training.temperature import fit_temperature, log_loss


def fit(job: FitJob) -> Fitted:
    """Write ``hashed.safetensors`` to ``job.out``.

    The rows are n-gram counts divided by the root of their number, each n-gram weighed by its
    idf as for the linear rung. With ``job.valid``, C is the
    one of least validation log loss after temperature scaling, by the 8-bit table that is served.
    Without it ``job.fixed`` must hold the earlier ``c`` and ``temperature``.

    Raises:
        UndercutError: no validation rows and no earlier choices, or rows of one class only.
    """
    y = targets_of(job)
    spec: NgramSpec = job.options.spec
    min_df = int(job.fixed.get("min_df", 1 if len(job.train) < FEW_ROWS else 2))
    counts = count(job.train.inputs, spec)
    found_in = np.bincount(counts.rows.indices, minlength=len(counts.used))
    kept = found_in >= min_df
    idf = np.log((1 + len(job.train)) / (1 + found_in[kept])) + 1
    rows = counts.rows[:, np.flatnonzero(kept)].multiply(idf).tocsr()
    size = float(np.sqrt(rows.multiply(rows).sum(axis=1)).mean()) or 1.0
    held = _Held(job, spec) if job.valid is not None else None
    grid = [float(job.fixed["c"])] if "c" in job.fixed else list(job.options.c)
    found: list[tuple[float, float, float, Table]] = []
    curve = []
    for i, c in enumerate(grid):
        job.tick(Progress("hashed", i, len(grid), f"C = {c:g}"))
        # Rows of mean length 1, so that a C means what it means for the linear rung.
        weight, bias = machines(
            rows / size, y, len(job.labels), c, job.options.class_weight, job.seed
        )
        weight *= idf[:, None] / size  # folded in: serving knows counts only
        served = quantise(files.spread(weight, counts.used[kept], spec.buckets), bias)
        if held is None:
            found.append((0.0, c, float(job.fixed["temperature"]), served))
            continue
        figures = held.judge(served)
        curve.append({"c": c, **figures})
        found.append((figures["log_loss"], c, figures["temperature"], served))
    _, c, temperature, served = min(found, key=lambda one: one[0])
    job.tick(Progress("hashed", len(grid), len(grid)))
    files.write(job.out, served)
    parameters = served.weight.size + served.bias.size
    return Fitted(
        architecture="hashed",
        format="hashed",
        config={"ngrams": spec.as_json(), "temperature": temperature},
        choices={"c": c, "temperature": temperature, "min_df": min_df},
        curve=tuple(curve),
        trainable_parameters=int(kept.sum()) * len(job.labels) + served.bias.size,
        total_parameters=parameters,
    )


def margins_of(counts: Counts, table: Table) -> np.ndarray:
    """Return what the table gives for counted texts, ``float64 (n, K)``."""
    weight = table.weight[counts.used] * table.scale.astype(np.float64)
    margins: np.ndarray = counts.rows @ weight + table.bias
    return margins


class _Held:
    """Validation rows, and how a table does on them."""

    def __init__(self, job: FitJob, spec: NgramSpec) -> None:
        assert job.valid is not None
        self._counts = count(job.valid.inputs, spec)
        self._y = job.task.encode(job.valid, job.labels)
        self._fixed = job.fixed.get("temperature")

    def judge(self, table: Table) -> dict[str, float]:
        margins = margins_of(self._counts, table)
        temperature = float(self._fixed or fit_temperature(margins, self._y))
        return {
            "temperature": temperature,
            "log_loss": log_loss(margins, self._y, temperature),
            "accuracy": float((margins.argmax(axis=1) == self._y).mean()),
        }


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost: n-grams of 500 rows are counted and timed, no model is fitted."""
    sample = list(job.train.inputs[:: max(len(job.train) // SAMPLE_ROWS, 1)])
    count(sample[:1], job.options.spec)
    begin = time.process_time()
    rows: Any = count(sample, job.options.spec).rows
    each = (time.process_time() - begin) / max(len(sample), 1)
    n = len(job.train) + (len(job.valid) if job.valid is not None else 0)
    classes = len(set(job.train.targets))
    kind = "crammer_singer" if classes >= MANY_CLASSES else "ovr"
    work = rows.nnz / max(len(sample), 1) * len(job.train) * (classes if classes > 2 else 1)
    fits = 1 if "c" in job.fixed else len(job.options.c)
    total = each * n + fits * work * SECONDS_PER_WORK[kind]
    if "sklearn.svm" not in sys.modules:
        total += IMPORT_SECONDS
    return Estimate(total, f"{len(sample)} rows counted and timed, {fits} fits by size")
