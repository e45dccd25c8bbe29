"""From what was measured to the facts of a cascade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.processor import processor
from undercut.core.types import Examples, Metric
from undercut.economics.tiers import FOLDS, Goal, Point, Sample, outcome, path, reached
from undercut.measures.calibration import expected_calibration_error, reliability_bins
from undercut.measures.intervals import wilson
from undercut.measures.paired import paired_test
from undercut.pipeline.cascade.facts import CascadeFacts, CurveFacts, RuleFacts, TierFacts
from undercut.pipeline.cascade.rows import HeldOut
from undercut.pipeline.cascade.stream import opened
from undercut.pipeline.cascade.tiers import Clock, Tier, sample_of
from undercut.pipeline.cascade.verdict import Single, goal_text, verdict

CHOSEN_ON, TEST = "chosen-on", "test"
SECONDS, CURVE_SECONDS = 0.8, 0.3
TIMED_POINTS = 5
"""Points of the curve that are timed end to end, besides the chosen one."""


@dataclass(frozen=True)
class Made:
    """A cascade that was chosen and written, with what it was chosen on.

    Attributes:
        goal: what it was made for.
        task: the task.
        held: the rows it was chosen on.
        test: test rows, if any, and where they are from in ``test_split``.
        tiers: with what they said and cost.
        sample: the same as arrays, on the rows it was chosen on.
        point: the thresholds chosen.
        fair: the choice judged on rows it was not made on.
        clock: how it is timed.
        folder: what is timed: the artefact without a cache and without an outside API.
    """

    goal: Goal
    task: Any
    held: HeldOut
    test: Examples | None
    test_split: str
    tiers: Sequence[Tier]
    sample: Sample
    point: Point
    fair: Point | None
    clock: Clock
    folder: Path


def metric(right: np.ndarray) -> Metric:
    """Return an accuracy with its Wilson interval, from ``bool (n,)``."""
    low, high = wilson(int(right.sum()), len(right))
    return Metric(
        value=float(right.mean()), low=float(low), high=float(high), n=len(right), method="wilson"
    )


def facts_of(made: Made, name: str, rules: list[RuleFacts]) -> CascadeFacts:
    """Return everything that was found out, timing the cascade end to end."""
    timed = Timed(made)
    rate, usd = timed.time(made.point, SECONDS)
    tested = None
    if made.test is not None:
        labels = timed.predictor.labels
        scores = timed.predictor.score(made.test.inputs).log_probs
        answers = made.task.judge(scores, made.test, labels)
        tested = (metric(answers.right), paired_test(_right(made, TEST)[-1], answers.right))
    accuracy = tested[0].value if tested else (made.fair or made.point).accuracy
    singles = [s for s in _singles(made) if s.name not in _fixed(made)]
    decided = verdict(made.goal, accuracy, usd, singles)
    point = made.point
    low, high = wilson(round(point.accuracy * point.n), point.n)
    return CascadeFacts(
        name=name,
        artefact="",
        hash="",
        pays=decided.pays,
        verdict=decided.sentence,
        goal=goal_text(made.goal),
        margin=_margin(made.goal),
        split=made.held.split,
        rows=point.n,
        accuracy=Metric(
            value=point.accuracy, low=float(low), high=float(high), n=point.n, method="wilson"
        ),
        drop_upper=point.drop_upper,
        cross_fitted_accuracy=made.fair.accuracy if made.fair else None,
        optimism=point.accuracy - made.fair.accuracy if made.fair else None,
        test_split=made.test_split,
        test_accuracy=tested[0] if tested else None,
        test_versus_last=tested[1] if tested else None,
        texts_per_second=rate,
        usd_per_1k=1000 * usd,
        parts_usd_per_1k=1000 * point.usd,
        threads=made.clock.threads,
        processor=processor(),
        against=decided.against.name,
        times_cheaper=decided.against.usd / usd,
        tiers=_tiers(made),
        curve=_curve(made, timed),
        rules=rules,
        notes=[*made.held.notes, *_outside_note(made)],
    )


class Timed:
    """The cascade as it is timed: our own tiers run, an outside API adds what it bills."""

    def __init__(self, made: Made) -> None:
        self._made = made
        self._own = [t.name for t in made.tiers if not t.outside]
        self.predictor = made.tiers[0].predictor
        self._scorer = None
        if len(self._own) > 1:
            self.predictor, self._scorer = opened(made.folder, made.clock.threads)

    def time(self, point: Point, seconds: float) -> tuple[float, float]:
        """Return texts a second of our own tiers, and USD a request, the API's bill included."""
        if self._scorer is not None:
            self._scorer.thresholds = dict(zip(self._own[:-1], point.thresholds, strict=False))
        ((rate, usd),) = self._made.clock.time([self.predictor], seconds)
        if self._made.tiers[-1].outside:
            share = reached(self._made.sample.confidence, point.thresholds)[-1]
            usd += share * self._made.tiers[-1].usd
        return rate, usd


def _outside_note(made: Made) -> list[str]:
    if not made.tiers[-1].outside:
        return []
    return [
        "The API is not timed: texts a second are those of our own tiers, USD include its bill for "
        "the share that reaches it."
    ]


def _margin(goal: Goal) -> str:
    if goal.usd_per_error is not None or goal.budget_usd is not None:
        return (
            "none in the thresholds; the accuracy that counts is the one on test rows, or else the "
            f"one cross-fitted over {FOLDS} folds"
        )
    return (
        "the goal must hold at the 95 % bound, tested from the most cautious thresholds on up to "
        f"the first that fail; the choice as a whole is judged again over {FOLDS} folds"
    )


def _fixed(made: Made) -> set[str]:
    return {t.name for t in made.tiers if t.fixed}


def _right(made: Made, split: str) -> np.ndarray:
    rows = made.held.rows if split == CHOSEN_ON else made.test
    assert rows is not None
    y = made.task.encode(rows, made.tiers[0].predictor.labels)
    return np.stack([t.said[split].argmax(axis=1) == y for t in made.tiers])


def _alone(made: Made, i: int) -> Point:
    """Return what one tier gives alone on the rows chosen on."""
    right, last = made.sample.right[i], made.sample.right[-1]
    return Point(
        thresholds=(),
        accuracy=float(right.mean()),
        usd=made.tiers[i].usd,
        shares=(),
        lost=int((last & ~right).sum()),
        gained=int((right & ~last).sum()),
        n=len(right),
    )


def _singles(made: Made) -> list[Single]:
    found = []
    tested = _right(made, TEST) if made.test is not None else None
    for i, tier in enumerate(made.tiers):
        alone = _alone(made, i)
        last = made.goal.target_accuracy is None and i == len(made.tiers) - 1
        accuracy = float(tested[i].mean()) if tested is not None else alone.accuracy
        found.append(Single(tier.name, accuracy, tier.usd, last or made.goal.met(alone)))
    return found


def _tiers(made: Made) -> list[TierFacts]:
    reach = reached(made.sample.confidence, made.point.thresholds)
    limits = [*made.point.thresholds, None]
    found = []
    for i, tier in enumerate(made.tiers):
        says = made.sample.confidence[i] > 0
        right = made.sample.right[i]
        bins = reliability_bins(made.sample.confidence[i][says], right[says])
        found.append(
            TierFacts(
                name=tier.name,
                fixed=tier.fixed,
                artefact=tier.predictor.hash,
                threshold=limits[i],
                accuracy=metric(right),
                drop_upper=_alone(made, i).drop_upper,
                calibration_error=expected_calibration_error(bins),
                test_accuracy=metric(_right(made, TEST)[i]) if made.test is not None else None,
                texts_per_second=tier.texts_per_second,
                usd_per_1k=1000 * tier.usd,
                reached=reach[i],
                answered=made.point.shares[i],
            )
        )
    return found


def _curve(made: Made, timed: Timed) -> list[CurveFacts]:
    """Return the cascades of the path, some of them timed end to end; the chosen one among them."""
    points = sorted({p.thresholds: p for p in [*path(made.sample), made.point]}.values(),
                    key=lambda p: p.usd)  # fmt: skip
    wanted = {made.point.thresholds}
    usd = np.array([p.usd for p in points])
    for near in np.linspace(usd[0], usd[-1], TIMED_POINTS):
        wanted.add(points[int(np.abs(usd - near).argmin())].thresholds)
    sample = None
    if made.test is not None:
        y = made.task.encode(made.test, timed.predictor.labels)
        sample = sample_of(made.tiers, TEST, y)
    found = []
    for p in points:
        measured = None
        if p.thresholds in wanted:
            measured = 1000 * timed.time(p, CURVE_SECONDS)[1]
        first = next(i for i, t in enumerate(made.tiers) if not t.fixed)
        found.append(
            CurveFacts(
                thresholds=list(p.thresholds),
                accuracy=p.accuracy,
                escalated=1 - sum(p.shares[: first + 1]),
                usd_per_1k=1000 * p.usd,
                measured_usd_per_1k=measured,
                test_accuracy=outcome(sample, p.thresholds).accuracy if sample else None,
                chosen=p.thresholds == made.point.thresholds,
            )
        )
    return found
