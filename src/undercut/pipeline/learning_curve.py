"""Quality against rows: a cheap rung trained on growing, nested parts of the training rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.errors import UndercutError
from undercut.core.specs import MarketSpec
from undercut.core.types import Dataset, Metric
from undercut.data.nested import nested_order
from undercut.economics.data_value import best_labels, fit_learning_curve, worth_of_more
from undercut.measures.paired import paired_test
from undercut.pipeline.facts import CurveFacts, CurvePoint
from undercut.pipeline.fitting import ARTEFACT, Context, fit_on
from undercut.pipeline.rungs import ASSUMED_REQUESTS_PER_MONTH
from undercut.predict.predictor import load

SHARES = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1.0)
MOST_ROWS = 20_000
"""More rows than this are not learnt from: the curve is for those who have few."""
RIGHT = "right.npy"
MORE = 100
"""Labels more, whose worth is told."""


def sizes(rows: int, classes: int) -> list[int]:
    """Return the numbers of rows to learn from, smallest first; at least two a class."""
    most = min(rows, MOST_ROWS)
    return sorted({max(math.ceil(share * most), 2 * classes) for share in SHARES if most > 0})


def learning_curve(context: Context, method: str, market: MarketSpec) -> CurveFacts:
    """Return the quality of a method on growing parts of the training rows, and what follows.

    Every part is a step of its own, so a killed curve goes on where it was. It is scored on the
    validation rows; test rows are not touched. Where rows were chosen, the parts are beginnings
    of the choice, and as many rows at random stand beside each, up to all there are.

    Args:
        context: the run.
        method: a registered method; ``linear`` takes seconds.
        market: volume, cost of an error and price of a label, for what more labels are worth.
    """
    data, classes = context.data, len(context.data.labels)
    if context.coreset is None:
        order = nested_order(data.train, context.task.stratum, context.seed)
        right = _measure(context, method, data, order, sizes(len(data.train), classes))
        return read_curve(method, _points(right), market)
    whole, chosen = context.coreset.whole, context.coreset.order
    own = sorted({*(n for n in sizes(len(chosen), classes) if n < len(chosen)), len(chosen)})
    right = _measure(context, method, whole, chosen, own, data.hash)
    order = nested_order(whole.train, context.task.stratum, context.seed)
    more = {n for n in sizes(len(whole.train), classes) if n > len(chosen)}
    drawn = _measure(context, method, whole, order, sorted({*own, *more}))
    facts = read_curve(method, _points(right), market)
    last = max(right, default=0)
    versus = paired_test(drawn[last].right, right[last].right) if last in drawn else None
    return facts.model_copy(update={"random": _points(drawn), "versus_random": versus})


@dataclass(frozen=True)
class _Measured:
    """The quality on validation, and which of its items are right, ``bool (m,)``."""

    quality: Metric
    right: np.ndarray


def _measure(
    context: Context,
    method: str,
    data: Dataset,
    order: np.ndarray,
    parts: list[int],
    chosen: str = "",
) -> dict[int, _Measured]:
    """Return how validation is answered after the first n rows of an order, for each n.

    Args:
        context: the run.
        method: what is fitted.
        data: the rows ``order`` numbers.
        order: training rows.
        parts: values of n; those larger than there are rows are passed over.
        chosen: hash of the rows chosen, when the order is not that of chance.
    """
    valid = data.valid
    found = {}
    for n in (n for n in parts if n <= len(order)):

        def work(folder: Path, n: int = n) -> dict[str, Any]:
            rows = data.train.take(order[:n])
            fit_on(context, method, folder / ARTEFACT, f"{method} {n}", rows)
            scored = load(folder / ARTEFACT, threads=context.threads).score(valid.inputs)
            judged = context.task.judge(scored.log_probs, valid, data.labels)
            np.save(folder / RIGHT, judged.right)
            return judged.quality.model_dump(mode="json")

        material = context.material(method) | {"data": data.hash, "rows": n, "chosen": chosen}
        step = context.workspace.step(f"curve-{method}", material, work)
        right = np.load(step.folder / RIGHT, allow_pickle=False)
        found[n] = _Measured(Metric.model_validate(step.result), right)
    return found


def _points(measured: dict[int, _Measured]) -> list[CurvePoint]:
    return [CurvePoint(rows=n, quality=m.quality) for n, m in measured.items()]


def read_curve(method: str, points: list[CurvePoint], market: MarketSpec) -> CurveFacts:
    """Fit a curve to measured points and say what more labels would bring."""
    volume = market.requests_per_month or ASSUMED_REQUESTS_PER_MONTH
    value = volume * market.horizon_months * market.error_usd
    facts = CurveFacts(method=method, points=points, value_usd=value)
    try:
        curve = fit_learning_curve(
            [p.rows for p in points],
            [1 - p.quality.value for p in points],
            [p.quality.n for p in points],
        )
    except UndercutError as e:
        return facts.model_copy(update={"note": e.problems[0].expected})
    price = market.usd_per_label
    worth = worth_of_more(curve, points[-1].rows, MORE, price or 0.0, value)
    best = best_labels(curve, value, price) if price and value > 0 else None
    return facts.model_copy(update={"curve": curve, "worth": worth, "best": best})
