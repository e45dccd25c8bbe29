"""Quality against rows: a cheap rung trained on growing, nested parts of the training rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from undercut.core.errors import UndercutError
from undercut.core.specs import MarketSpec
from undercut.core.types import Metric
from undercut.data.nested import nested_order
from undercut.economics.data_value import best_labels, fit_learning_curve, worth_of_more
from undercut.pipeline.facts import CurveFacts, CurvePoint
from undercut.pipeline.fitting import ARTEFACT, Context, fit_on
from undercut.pipeline.ladder import ASSUMED_REQUESTS_PER_MONTH
from undercut.predict.predictor import load

SHARES = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1.0)
MOST_ROWS = 20_000
"""More rows than this are not learnt from: the curve is for those who have few."""
MORE = 100
"""Labels more, whose worth is told."""


def sizes(rows: int, classes: int) -> list[int]:
    """Return the numbers of rows to learn from, smallest first; at least two a class."""
    most = min(rows, MOST_ROWS)
    return sorted({max(math.ceil(share * most), 2 * classes) for share in SHARES if most > 0})


def learning_curve(context: Context, method: str, market: MarketSpec) -> CurveFacts:
    """Return the quality of a method on growing parts of the training rows, and what follows.

    Every part is a step of its own, so a killed curve goes on where it was. It is scored on the
    validation rows; test rows are not touched.

    Args:
        context: the run.
        method: a registered method; ``linear`` takes seconds.
        market: volume, cost of an error and price of a label, for what more labels are worth.
    """
    train, valid = context.data.train, context.data.valid
    order = nested_order(train, context.task.stratum, context.seed)
    points = []
    for n in sizes(len(train), len(context.data.labels)):
        if n > len(train):
            continue

        def work(folder: Path, n: int = n) -> dict[str, Any]:
            fit_on(context, method, folder / ARTEFACT, f"{method} {n}", train.take(order[:n]))
            scored = load(folder / ARTEFACT, threads=context.threads).score(valid.inputs)
            return context.judge(scored.log_probs).quality.model_dump(mode="json")

        step = context.workspace.step(f"curve-{method}", context.material(method) | {"n": n}, work)
        points.append(CurvePoint(rows=n, quality=Metric.model_validate(step.result)))
    return read_curve(method, points, market)


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
