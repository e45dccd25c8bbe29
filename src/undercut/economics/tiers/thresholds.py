"""The thresholds of least expected cost plus cost of errors, tier by tier from the last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from undercut.economics.cascade import threshold
from undercut.economics.tiers.passing import answered_by, reached
from undercut.economics.tiers.sample import Sample

ALL = 1.1
"""A threshold that no confidence reaches: everything is passed on."""
RIDGE = 0.01
LEVELS = 200
"""Confidences, by quantiles, that a threshold is sought among."""


def best(
    sample: Sample, usd_per_error: float, known: dict[tuple[float, ...], Chances] | None = None
) -> tuple[float, ...]:
    """Return the thresholds of least expected cost plus cost of errors.

    From the last tier but one back to the first, a row is passed on where
    ``confidence < threshold(accuracy behind, cost behind, usd_per_error)``: the rule of
    :mod:`undercut.economics.cascade` with everything behind a tier in the big model's place. Both
    sides are taken as functions of what the tier says: its own chance of being right, and that of
    what is behind it, each a logistic curve in the log-odds of its confidence (Platt 1999,
    Probabilistic outputs for support vector machines, section 2). A big model's mean accuracy would
    not do: the rows near the threshold are not those far below it.

    Args:
        sample: validation rows.
        usd_per_error: what a wrong answer costs, USD; infinite for the most accurate cascade.
        known: curves fitted on this sample before, by the thresholds behind them.

    Returns:
        One threshold a tier but the last, on the scale of the tier's own confidence.
    """
    tiers = len(sample.right)
    known = {} if known is None else known
    found = [0.0] * (tiers - 1)
    for i in reversed(range(tiers - 1)):
        if sample.fixed[i]:
            continue
        behind = tuple(found[i + 1 :])
        if behind not in known:
            known[behind] = _chances(sample, i, behind)
        found[i] = _crossing(known[behind], usd_per_error)
    return tuple(found)


@dataclass(frozen=True)
class Chances:
    """What a tier's confidence says of it and of what is behind it.

    Attributes:
        levels: confidences, rising, ``(m,)``.
        own, behind: chance of being right at each, ``(m,)``.
        usd: mean cost of what is behind, USD a request.
    """

    levels: np.ndarray
    own: np.ndarray
    behind: np.ndarray
    usd: float


def _chances(sample: Sample, i: int, behind: tuple[float, ...]) -> Chances:
    """Fit both curves of tier ``i`` on the rows it says something about."""
    rest = Sample(sample.confidence[i + 1 :], sample.right[i + 1 :], sample.usd[i + 1 :], ())
    by = answered_by(rest.confidence, behind)
    asked = reached(rest.confidence, behind)
    usd = float(sum(u * a for u, a in zip(rest.usd, asked, strict=True)))
    says = np.flatnonzero(sample.confidence[i] > 0)
    if not len(says):
        return Chances(np.zeros(0), np.zeros(0), np.zeros(0), usd)
    confidence = sample.confidence[i][says]
    levels = np.unique(np.quantile(confidence, np.linspace(0, 1, LEVELS)))
    own = _logistic(confidence, sample.right[i][says], levels)
    return Chances(levels, own, _logistic(confidence, rest.right[by[says], says], levels), usd)


def _crossing(chances: Chances, usd_per_error: float) -> float:
    """Return the confidence up to which passing on pays; 0 for never."""
    limits = [
        float(g) if np.isinf(usd_per_error) else threshold(float(g), chances.usd, usd_per_error)
        for g in chances.behind
    ]
    passes = np.flatnonzero(chances.own < np.asarray(limits))
    if not len(passes):
        return 0.0
    last, levels = int(passes[-1]), chances.levels
    return float((levels[last] + levels[last + 1]) / 2) if last + 1 < len(levels) else ALL


def _log_odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def _logistic(confidence: np.ndarray, right: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the chance of being right at ``levels``, from a slightly ridged logistic curve."""
    x = np.stack([np.ones(len(right)), _log_odds(confidence)], axis=1)
    hits = int(right.sum())  # Platt's targets: no row is taken for surely right or wrong
    y = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))
    w = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope = x.T @ (p - y) + RIDGE * w
        bend = (x * (p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slope)
        w -= np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-8:
            break
    z = w[0] + w[1] * _log_odds(levels)
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
    return found
