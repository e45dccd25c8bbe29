"""Thresholds of a cascade of any number of tiers, from validation rows.

One rule gives them all: :func:`undercut.economics.cascade.threshold`, taken from the last tier
but one back to the first, each time with the accuracy and the cost of everything behind it.
Thresholds for every value of an error, from none to infinite, are one path; a target for accuracy,
a budget and the value of an error each choose a point on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from undercut.core.errors import Problem, UndercutError, fail
from undercut.economics.cascade import threshold
from undercut.measures.paired import drop_bound

ALL = 1.1
"""A threshold that no confidence reaches: everything is passed on."""
STEPS = 60
"""Points of a path on either side of the most accurate cascade."""
CONFIDENCE = 0.95
RIDGE = 0.01
LEVELS = 200
"""Confidences, by quantiles, that a threshold is sought among."""
FOLDS = 5


@dataclass(frozen=True)
class Sample:
    """What every tier said about the same rows.

    Attributes:
        confidence: highest probability of each tier's answer, 0 where it says nothing, ``(T, n)``.
        right: whether the answer is right, ``bool (T, n)``.
        usd: what a request costs at each tier it reaches, USD, ``(T,)``.
        fixed: tiers that answer whenever they say something, such as rules, ``bool (T,)``.
    """

    confidence: np.ndarray
    right: np.ndarray
    usd: tuple[float, ...]
    fixed: tuple[bool, ...]

    def take(self, index: np.ndarray) -> Sample:
        """Return the rows at ``index``."""
        return Sample(self.confidence[:, index], self.right[:, index], self.usd, self.fixed)


@dataclass(frozen=True)
class Point:
    """What thresholds give on a sample.

    Attributes:
        thresholds: one a tier but the last; below it a tier passes on.
        accuracy: share of rows answered right.
        usd: USD a request.
        shares: of the rows, answered by each tier, ``(T,)``.
        lost, gained: rows only the last tier gets right, and only the cascade.
        n: rows.
    """

    thresholds: tuple[float, ...]
    accuracy: float
    usd: float
    shares: tuple[float, ...]
    lost: int
    gained: int
    n: int

    @property
    def drop_upper(self) -> float:
        """Upper 95 % bound, one-sided, of the loss of accuracy against the last tier alone."""
        return float(drop_bound(self.lost, self.gained, self.n, CONFIDENCE))

    @property
    def accuracy_lower(self) -> float:
        """Lower 95 % bound, one-sided, of the accuracy (Clopper and Pearson 1934)."""
        return lower_bound(round(self.accuracy * self.n), self.n)


def lower_bound(right: int, n: int) -> float:
    """Return the exact lower 95 % bound, one-sided, of a share.

    Source: Clopper and Pearson 1934, Biometrika 26, p. 404; 0 where nothing is right.
    """
    from scipy.special import betaincinv

    return float(betaincinv(right, n - right + 1, 1 - CONFIDENCE)) if right else 0.0


def answered_by(confidence: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Return the tier that answers each row, ``int64 (n,)``: the rule the cascade itself follows.

    Args:
        confidence: ``(T, n)``, 0 where a tier says nothing.
        thresholds: one a tier but the last.
    """
    tiers, n = confidence.shape
    found = np.full(n, tiers - 1)
    for i in reversed(range(tiers - 1)):
        found[(confidence[i] >= thresholds[i]) & (confidence[i] > 0)] = i
    for i in range(tiers - 2, -1, -1):  # a last tier that says nothing leaves it to one before
        silent = confidence[found, np.arange(n)] <= 0
        found[silent & (found > i) & (confidence[i] > 0)] = i
    return found


def outcome(sample: Sample, thresholds: Sequence[float]) -> Point:
    """Return what thresholds give on a sample."""
    tiers, n = sample.right.shape
    asked = reached(sample.confidence, thresholds)
    by = answered_by(sample.confidence, thresholds)
    right, big = sample.right[by, np.arange(n)], sample.right[-1]
    shares = np.bincount(by, minlength=tiers) / n
    return Point(
        thresholds=tuple(float(t) for t in thresholds),
        accuracy=float(right.mean()),
        usd=float(sum(u * a for u, a in zip(sample.usd, asked, strict=True))),
        shares=tuple(shares.tolist()),
        lost=int((big & ~right).sum()),
        gained=int((right & ~big).sum()),
        n=n,
    )


def reached(confidence: np.ndarray, thresholds: Sequence[float]) -> list[float]:
    """Return the share of rows that reach each tier."""
    left = np.ones(confidence.shape[1], bool)
    shares = [1.0]
    for row, limit in zip(confidence, thresholds, strict=False):
        left = left & ~((row >= limit) & (row > 0))
        shares.append(float(left.mean()))
    return shares


def best(
    sample: Sample, usd_per_error: float, known: dict[tuple[float, ...], _Chances] | None = None
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
class _Chances:
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


def _chances(sample: Sample, i: int, behind: tuple[float, ...]) -> _Chances:
    """Fit both curves of tier ``i`` on the rows it says something about."""
    rest = Sample(sample.confidence[i + 1 :], sample.right[i + 1 :], sample.usd[i + 1 :], ())
    by = answered_by(rest.confidence, behind)
    asked = reached(rest.confidence, behind)
    usd = float(sum(u * a for u, a in zip(rest.usd, asked, strict=True)))
    says = np.flatnonzero(sample.confidence[i] > 0)
    if not len(says):
        return _Chances(np.zeros(0), np.zeros(0), np.zeros(0), usd)
    confidence = sample.confidence[i][says]
    levels = np.unique(np.quantile(confidence, np.linspace(0, 1, LEVELS)))
    own = _logistic(confidence, sample.right[i][says], levels)
    return _Chances(levels, own, _logistic(confidence, rest.right[by[says], says], levels), usd)


def _crossing(chances: _Chances, usd_per_error: float) -> float:
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


def path(sample: Sample) -> list[Point]:
    """Return cascades from passing everything on to passing nothing on, what each gives.

    First from everything to the most accurate cascade, by quantiles of the confidences above its
    thresholds; then for falling values of an error down to none.
    """
    known: dict[tuple[float, ...], _Chances] = {}
    top = best(sample, np.inf, known)
    found: list[tuple[float, ...]] = []
    levels = [
        np.sort(row[row >= limit]) if not fixed else np.zeros(0)
        for row, limit, fixed in zip(sample.confidence, top, sample.fixed, strict=False)
    ]
    for step in np.linspace(1, 0, STEPS, endpoint=False):
        found.append(
            tuple(
                limit if fixed else _level(own, step, limit)
                for own, limit, fixed in zip(levels, top, sample.fixed, strict=False)
            )
        )
    found.append(top)
    dearest, cheapest = max(max(sample.usd), 1e-12), max(min(sample.usd), 1e-12)
    for value in np.geomspace(1e6 * dearest, cheapest, STEPS):
        found.append(best(sample, float(value), known))
    found.append(tuple(0.0 for _ in top))
    return [outcome(sample, t) for t in dict.fromkeys(found)]


def _level(own: np.ndarray, step: float, limit: float) -> float:
    """Return the confidence below which a share ``step`` of those above ``limit`` lie."""
    if step >= 1 or not len(own):
        return ALL
    return max(limit, float(own[min(int(step * len(own)), len(own) - 1)]))


@dataclass(frozen=True)
class Goal:
    """What thresholds are chosen for; one of these, else ``max_drop``.

    Attributes:
        target_accuracy: to be reached, surely (lower 95 % bound), as a share.
        budget_usd: most USD a request on average.
        usd_per_error: what a wrong answer costs.
        max_drop: largest loss against the last tier alone, surely, as a share.
    """

    target_accuracy: float | None = None
    budget_usd: float | None = None
    usd_per_error: float | None = None
    max_drop: float = 0.005

    def met(self, point: Point) -> bool:
        """Tell whether a cascade surely keeps to a goal for accuracy."""
        if self.target_accuracy is not None:
            return point.accuracy_lower >= self.target_accuracy
        return point.drop_upper <= self.max_drop


def choose(sample: Sample, goal: Goal) -> Point:
    """Return the cascade that fits a goal.

    A goal for accuracy is tested along the path from the most cautious cascade on, at 95 % each,
    up to the first that fails: tests in an order fixed beforehand need no correction for their
    number (Maurer, Hothorn and Lehmacher 1995; for thresholds: Angelopoulos, Bates, Candès, Jordan
    and Lei 2021, Learn then Test, section 3.2). So the margin for the optimism of validation is in
    the bound itself. The value of an error gives its thresholds directly; a budget takes the most
    cautious cascade within it.

    Raises:
        UndercutError: code ``cascade-goal``; no cascade keeps to the goal, with what there is.
    """
    if goal.usd_per_error is not None:
        return outcome(sample, best(sample, goal.usd_per_error))
    points = path(sample)
    if goal.budget_usd is not None:
        able = [p for p in points if p.usd <= goal.budget_usd]
        if not able:
            least = 1000 * min(p.usd for p in points)
            raise fail(
                "cascade-goal",
                expected=f"a budget of at least {least:.3g} USD per 1,000 requests",
                found=f"{1000 * goal.budget_usd:g}",
                where="--budget-usd",
            )
        return max(able, key=lambda p: (p.accuracy, -p.usd))
    passed: list[Point] = []
    for point in points:
        if not goal.met(point):
            break
        passed.append(point)
    if passed:
        return min(passed, key=lambda p: p.usd)
    raise _unproven(points, goal)


def _unproven(points: Sequence[Point], goal: Goal) -> UndercutError:
    """Return the error for a goal that validation rows do not prove."""
    top = max(points, key=lambda p: (p.accuracy, -p.usd))
    if goal.target_accuracy is None:
        wanted = f"rows that rule out a loss of {100 * goal.max_drop:g} points"
        found = f"{top.n:,} rows, which rule out {100 * points[0].drop_upper:.2f} points at best"
        return fail("cascade-goal", expected=wanted, found=found, where="--data")
    first = points[0]
    return UndercutError(
        "cascade-goal",
        Problem(
            f"an accuracy of {100 * goal.target_accuracy:g} % that validation rows prove",
            f"{100 * first.accuracy:.1f} % of {first.n:,} rows with everything passed on, which "
            f"prove {100 * first.accuracy_lower:.1f} %",
            "--target-accuracy",
            "Give more validation rows, a better last tier, or a lower target.",
        ),
    )


def cross_fitted(sample: Sample, goal: Goal, seed: int = 0) -> Point | None:
    """Return what the whole choice gives on rows it was not made on, fold by fold.

    The difference from what it gives on its own rows is the optimism of choosing on them
    (Stone 1974, Journal of the Royal Statistical Society B 36(2), p. 111).

    Returns:
        The folds together, with the thresholds left out; ``None`` when a fold is too small for
        the goal to be proven.
    """
    n = sample.right.shape[1]
    fold = np.random.default_rng(seed).permutation(n) % FOLDS
    parts: list[Point] = []
    for k in range(FOLDS):
        if not (fold == k).any() or not (fold != k).any():
            return None
        try:
            chosen = choose(sample.take(np.flatnonzero(fold != k)), goal)
        except UndercutError:
            return None
        parts.append(outcome(sample.take(np.flatnonzero(fold == k)), chosen.thresholds))
    weights = np.array([p.n for p in parts]) / n
    return Point(
        thresholds=(),
        accuracy=float(weights @ [p.accuracy for p in parts]),
        usd=float(weights @ [p.usd for p in parts]),
        shares=tuple((weights @ np.array([p.shares for p in parts])).tolist()),
        lost=sum(p.lost for p in parts),
        gained=sum(p.gained for p in parts),
        n=n,
    )
