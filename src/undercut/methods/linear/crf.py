"""Fits a CRF: choose c2 and temperature on validation, or repeat earlier choices."""

from __future__ import annotations

import math
import time

import numpy as np

from undercut.core.contracts import Estimate, FitJob, Fitted, Progress
from undercut.core.errors import fail
from undercut.methods.linear.crf_rows import Held, given_rows, spec_of
from undercut.methods.linear.crf_train import CrfTrainer, Overtime
from undercut.models.crf import files
from undercut.models.crf.features import EVERY, featurise
from undercut.models.crf.files import Form, Table, quantise
from undercut.models.crf.frontend import layout_of, rows_of
from undercut.models.crf.gazetteer import EMPTY
from undercut.models.crf.inner import inner_tags, rules_of

GRID_SMALL, GRID_LARGE = (1.0, 3.0, 10.0), (1.0,)
LARGE_WORDS = 150_000
UNSEEN = -50.0
"""Score of a tag that no training word has."""
SAMPLE_INPUTS = 100
SORT_SECONDS, SECONDS_A_FEATURE = 4.0e-7, 6.0e-8
SECONDS_A_WEIGHT, SECONDS_A_STEP = 6.0e-9, 1.8e-9
"""CPU-seconds, measured (docs/design/tagging-crf.md)."""
_NOTHING = (np.zeros((0, 0), np.int8), np.zeros(0, np.float32), np.zeros((0, 0), np.float32))


def _grid(job: FitJob, words: int) -> tuple[float, ...]:
    if "c2" in job.fixed:
        return (float(job.fixed["c2"]),)
    return tuple(job.options.c2) or (GRID_SMALL if words < LARGE_WORDS else GRID_LARGE)


def fit(job: FitJob) -> Fitted:
    """Write ``crf.safetensors`` to ``job.out``.

    With ``job.valid``, c2 is the one of least validation log loss after temperature scaling.
    Without it ``job.fixed`` must hold the earlier ``c2`` and ``temperature``.

    Raises:
        UndercutError: no validation rows and no earlier choices, no entity in the training rows,
            or a gazetteer file that cannot be used.
    """
    if job.valid is None and not {"c2", "temperature"} <= set(job.fixed):
        raise fail(
            "linear-choices",
            expected="validation rows, or the choices of an earlier fit",
            found="neither",
        )
    begin = time.monotonic()
    job.tick(Progress("linear", 0, 1, "features"))
    given = given_rows(job)
    absent = np.bincount(given.tags, minlength=len(given.names)) == 0
    grid, epochs = _grid(job, len(given.layout)), job.options.epochs
    table = Table(given.features, *_NOTHING)
    rows = rows_of(table.columns(given.hashes), given.layout.first)
    trainer = CrfTrainer(rows, given.tags, len(given.features), rules_of(given.names), job.seed)
    held = Held(job, given) if job.valid is not None else None
    best: tuple[float, float, float, Table] | None = None
    curve = []
    for i, c2 in enumerate(grid):
        stop = begin + job.deadline if best and job.deadline is not None else math.inf

        def on_epoch(number: int, i: int = i, c2: float = c2, stop: float = stop) -> None:
            if time.monotonic() > stop:
                raise Overtime
            done = i * epochs + number
            job.tick(Progress("linear", done, len(grid) * epochs, f"c2 = {c2:g}"))

        try:
            weight, transitions = trainer.fit(c2, epochs, on_epoch)
        except Overtime:
            break
        weight[given.features == EVERY] += np.where(absent, UNSEEN, 0.0)
        table = quantise(given.features, weight, transitions)
        if held is None:
            best = (0.0, c2, float(job.fixed["temperature"]), table)
            continue
        found = held.judge(table)
        curve.append({"c2": c2, **found})
        if best is None or found["log_loss"] < best[0]:
            best = (found["log_loss"], c2, found["temperature"], table)
    assert best is not None
    _, c2, temperature, table = best
    files.write(job.out, table, given.gazetteer)
    lists = (given.gazetteer.count, given.gazetteer.longest)
    form = Form(spec_of(job.options), given.names, *lists, temperature)
    parameters = int(np.count_nonzero(table.weight)) + table.transitions.size
    return Fitted(
        architecture="crf",
        format="crf",
        config=form.as_json(),
        choices={"c2": c2, "temperature": temperature, "phrase_words": given.phrase_words},
        curve=tuple(curve),
        trainable_parameters=parameters,
        total_parameters=parameters,
    )


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost: features of some inputs are counted and timed, nothing is fitted.

    An epoch takes time in proportion to the features of all words times tags, and to words times
    tags squared.
    """
    n = len(job.train)
    sample = job.train.take(range(0, n, max(n // SAMPLE_INPUTS, 1)))
    begin = time.process_time()
    layout = layout_of(sample.inputs)
    hashes = featurise(layout, spec_of(job.options), EMPTY)
    scale = n / max(len(sample), 1)
    seconds = (time.process_time() - begin) * scale
    words, found = len(layout) * scale, int((hashes > 0).sum()) * scale
    tags = len(inner_tags(job.labels, job.options.roles))
    fits = len(_grid(job, int(words)))
    epoch = found * (SECONDS_A_FEATURE + tags * SECONDS_A_WEIGHT)
    epoch += words * tags**2 * SECONDS_A_STEP
    total = seconds + found * SORT_SECONDS + fits * job.options.epochs * epoch
    return Estimate(
        total, f"{len(layout)} words featurised and timed, {fits} fits of {words:.0f} words by size"
    )
