"""Fits a linear model: choose C and temperature on validation, or repeat earlier choices."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from undercut.backends.numpy.session import NumpySession
from undercut.core.contracts import Estimate, FitJob, Fitted, Progress
from undercut.methods.targets import targets_of
from undercut.models.linear import files
from undercut.models.linear.files import Table, quantise
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.tfidf import Vectoriser, fit_features
from undercut.training.temperature import fit_temperature, log_loss

GRID_SMALL, GRID_LARGE, GRID_HUGE = (0.1, 0.3, 1.0, 3.0), (0.3, 1.0), (1.0,)
SMALL_WORK, LARGE_WORK = 2e7, 2e9
MANY_CLASSES = 20
SECONDS_PER_WORK = {"ovr": 4.5e-8, "crammer_singer": 1.4e-8}
IMPORT_SECONDS = 1.4
SAMPLE_ROWS = 500
FEW_ROWS = 2000


def _grid(job: FitJob, work: float) -> tuple[float, ...]:
    """Return the Cs worth trying when ``work`` is non-zeros × classes: fewer on larger data."""
    if "c" in job.fixed:
        return (float(job.fixed["c"]),)
    if job.options.c:
        return tuple(job.options.c)
    return GRID_SMALL if work < SMALL_WORK else GRID_LARGE if work < LARGE_WORK else GRID_HUGE


def _min_df(job: FitJob) -> int:
    if "min_df" in job.fixed:
        return int(job.fixed["min_df"])
    if job.options.min_df is not None:
        return int(job.options.min_df)
    return 1 if len(job.train) < FEW_ROWS else 2


def _spec(job: FitJob) -> NgramSpec:
    o = job.options
    return NgramSpec(o.words, o.char_min, o.char_max, bits=o.bits)


def _kind(classes: int) -> str:
    """Return liblinear's way with that many classes."""
    return "crammer_singer" if classes >= MANY_CLASSES else "ovr"


def solve(rows: Any, y: np.ndarray, classes: int, c: float, class_weight: str, seed: int) -> Table:
    """Return :func:`machines` in 8 bits."""
    return quantise(*machines(rows, y, classes, c, class_weight, seed))


def machines(
    rows: Any, y: np.ndarray, classes: int, c: float, class_weight: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit support vector machines by liblinear's dual coordinate descent.

    Returns:
        Weights ``float64 (D, classes)`` and biases ``float64 (classes,)``.

    Few classes: one squared-hinge machine a class (Hsieh et al. 2008, A Dual Coordinate Descent
    Method for Large-scale Linear SVM). A tolerance of 0.1 instead of 1e-4 halves the time and moves
    accuracy by less than a tenth of a point. From :data:`MANY_CLASSES` on: one machine for all
    classes (Crammer and Singer 2001, Journal of Machine Learning Research 2, p. 265; solved as in
    Keerthi et al. 2008, KDD), which visits a row once a sweep and not once a class: on Banking77
    it needs 60 % of the time for the same accuracy. Always the dual: left to itself scikit-learn
    turns to the primal solver when columns are fewer than rows, and there the same tolerance
    means another thing and can stop before anything was learnt.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    kind = _kind(len(np.unique(y)))
    model = LinearSVC(
        C=c,
        tol=1.0 if kind == "crammer_singer" else 0.1,
        multi_class=kind,
        dual=True,
        class_weight=None if class_weight == "none" else "balanced",
        random_state=seed,
    )
    with warnings.catch_warnings():
        # A machine stopped at the iteration limit is a model as good as validation finds it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(rows, y)
    coef, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    full = np.zeros((rows.shape[1], classes))
    full[:, model.classes_] = coef.T
    bias = np.full(classes, min(float(intercept.min()), -1.0))
    bias[model.classes_] = intercept
    return full, bias


def fit(job: FitJob) -> Fitted:
    """Write ``linear.safetensors`` to ``job.out``.

    With ``job.valid``, C is the one of least validation log loss after temperature scaling.
    Without it ``job.fixed`` must hold the earlier ``c`` and ``temperature``.

    Raises:
        UndercutError: no validation rows and no earlier choices, or rows of one class only.
    """
    y = targets_of(job)
    begin = time.monotonic()
    min_df = _min_df(job)
    features, sparse = fit_features(job.train.inputs, _spec(job), min_df)
    rows = sparse.astype(np.float64)
    grid = _grid(job, rows.nnz * len(np.unique(y)))
    held = _Held(job, Vectoriser(features)) if job.valid is not None else None
    best: tuple[float, float, float, Table] | None = None
    curve = []
    for i, c in enumerate(grid):
        if best and job.deadline is not None and time.monotonic() - begin > job.deadline:
            break
        job.tick(Progress("linear", i, len(grid), f"C = {c:g}"))
        table = solve(rows, y, len(job.labels), c, job.options.class_weight, job.seed)
        if held is None:
            best = (0.0, c, float(job.fixed["temperature"]), table)
            continue
        found = held.judge(table)
        curve.append({"c": c, **found})
        if best is None or found["log_loss"] < best[0]:
            best = (found["log_loss"], c, found["temperature"], table)
    assert best is not None
    _, c, temperature, table = best
    job.tick(Progress("linear", len(grid), len(grid)))
    files.write(job.out, features, table)
    parameters = table.weight.size + table.bias.size
    return Fitted(
        architecture="linear",
        format="csr",
        config={"ngrams": features.spec.as_json(), "temperature": temperature},
        choices={"c": c, "temperature": temperature, "min_df": min_df},
        curve=tuple(curve),
        trainable_parameters=parameters,
        total_parameters=parameters,
    )


class _Held:
    """Validation rows, and how a table does on them."""

    def __init__(self, job: FitJob, vectorise: Vectoriser) -> None:
        assert job.valid is not None
        rows = vectorise(job.valid.inputs)
        self._arrays = {"indptr": rows.indptr, "indices": rows.indices, "values": rows.data}
        self._y = job.task.encode(job.valid, job.labels)
        self._fixed = job.fixed.get("temperature")

    def judge(self, table: Table) -> dict[str, float]:
        margins = NumpySession(table).run(self._arrays)
        temperature = float(self._fixed or fit_temperature(margins, self._y))
        return {
            "temperature": temperature,
            "log_loss": log_loss(margins, self._y, temperature),
            "accuracy": float((margins.argmax(axis=1) == self._y).mean()),
        }


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost: n-grams of 500 rows are counted and timed, no model is fitted.

    The time of one row is taken off before scaling, so that tables made once count once.
    """
    n = len(job.train) + (len(job.valid) if job.valid is not None else 0)
    sample = list(job.train.inputs[:: max(len(job.train) // SAMPLE_ROWS, 1)])
    fit_features(sample[:1], _spec(job), 1)
    once, _ = _timed(sample[:1], job)
    seconds, rows = _timed(sample, job)
    each = max(seconds - once, 0.0) / max(len(sample) - 1, 1)
    classes = len(set(job.train.targets))
    work = rows.nnz / max(len(sample), 1) * len(job.train) * (classes if classes > 2 else 1)
    fits = len(_grid(job, work))
    total = once + each * n + fits * work * SECONDS_PER_WORK[_kind(classes)]
    if "sklearn.svm" not in sys.modules:
        total += IMPORT_SECONDS
    return Estimate(total, f"{len(sample)} rows featurised and timed, {fits} fits by size")


def _timed(texts: Sequence[str], job: FitJob) -> tuple[float, Any]:
    """Return CPU-seconds of featurising texts, and their rows."""
    begin = time.process_time()
    _, rows = fit_features(texts, _spec(job), 1)
    return time.process_time() - begin, rows
