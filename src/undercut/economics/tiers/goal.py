"""The cascade that fits a goal, and what choosing it gives on rows it was not chosen on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from undercut.core.errors import Problem, UndercutError, fail
from undercut.economics.tiers.passing import outcome
from undercut.economics.tiers.sample import Point, Sample
from undercut.economics.tiers.sweep import path
from undercut.economics.tiers.thresholds import best

FOLDS = 5


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
