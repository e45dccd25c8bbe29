"""Thresholds of a cascade: the formula of economics.md 11 back, and what goals promise kept."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.tiers import (
    ALL,
    Goal,
    Sample,
    best,
    choose,
    cross_fitted,
    lower_bound,
    outcome,
    path,
)


def sample(n, seed=0, tiers=2, usd=(1e-6, 5e-5, 2e-3)):
    """Tiers of rising skill, calibrated, that find the same rows hard."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(size=n)
    rows, right = [], []
    for i in range(tiers):
        p = 1 / (1 + np.exp(-(2.2 + 1.2 * i - 2 * hard)))
        rows.append(p)
        right.append(rng.random(n) < p)
    return Sample(np.array(rows), np.array(right), usd[:tiers], (False,) * tiers)


def test_the_threshold_of_economics_md_11():
    """conf ~ U(.5, 1), a big model right at .95 everywhere: pass on below .95 - .001 / .01."""
    rng = np.random.default_rng(1)
    n = 60_000
    conf = rng.uniform(0.5, 1, n)
    both = Sample(
        np.stack([conf, np.full(n, 0.95)]),
        np.stack([rng.random(n) < conf, rng.random(n) < 0.95]),
        (1e-5, 1e-3),
        (False, False),
    )
    found = best(both, 0.01)
    assert found[0] == pytest.approx(0.85, abs=0.01)
    point = outcome(both, found)
    assert point.shares[1] == pytest.approx(0.7, abs=0.02)
    assert point.accuracy == pytest.approx(0.9425, abs=0.004)
    assert point.usd == pytest.approx(0.00071, rel=0.03)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([2, 3]))
def test_dearer_errors_pass_more_on(seed, tiers):
    rows = sample(300, seed, tiers)
    kept = [outcome(rows, best(rows, v)).shares[0] for v in (1e-5, 1e-3, 1e-1, np.inf)]
    assert all(a >= b - 0.02 for a, b in pairwise(kept))


def test_a_tier_too_dear_for_its_errors_is_never_asked():
    assert outcome(sample(500), best(sample(500), 1e-6)).shares == (1.0, 0.0)


def test_the_path_goes_from_everything_passed_on_to_nothing():
    points = path(sample(400, tiers=3))
    assert points[0].thresholds == (ALL, ALL)
    assert points[0].shares == (0.0, 0.0, 1.0)
    assert points[-1].shares == (1.0, 0.0, 0.0)
    assert points[0].lost == points[0].gained == 0


def test_a_bounded_loss_holds_on_fresh_rows():
    goal = Goal(max_drop=0.01)
    worse = 0
    for seed in range(12):
        point = choose(sample(1000, seed), goal)
        assert point.drop_upper <= 0.01
        fresh = outcome(sample(40_000, seed + 500), point.thresholds)
        worse += (fresh.lost - fresh.gained) / fresh.n > 0.01
    assert worse <= 2  # at most 5 % of the time


def test_a_target_is_proven_and_an_unprovable_one_refused():
    rows = sample(2000)
    point = choose(rows, Goal(target_accuracy=0.85))
    assert point.accuracy_lower >= 0.85
    assert point.shares[0] > 0.3
    with pytest.raises(UndercutError, match="prove") as caught:
        choose(rows, Goal(target_accuracy=0.99))
    assert caught.value.code == "cascade-goal"


def test_too_few_rows_are_told():
    with pytest.raises(UndercutError, match=r"rule out a loss of 0\.5 points"):
        choose(sample(60), Goal())
    assert cross_fitted(sample(60), Goal()) is None


def test_a_budget_is_kept():
    rows = sample(600, tiers=3)
    point = choose(rows, Goal(budget_usd=2e-5))
    assert point.usd <= 2e-5
    assert point.accuracy > outcome(rows, (0.0, 0.0)).accuracy
    with pytest.raises(UndercutError, match="--budget-usd"):
        choose(rows, Goal(budget_usd=1e-7))


def test_rules_answer_whatever_they_know_and_nothing_else():
    rows = sample(600)
    knows = np.random.default_rng(2).random(600) < 0.2
    rules = Sample(
        np.concatenate([np.where(knows, 0.97, 0.0)[None], rows.confidence]),
        np.concatenate([knows[None], rows.right]),
        (1e-7, *rows.usd),
        (True, False, False),
    )
    point = choose(rules, Goal(max_drop=0.02))
    assert point.thresholds[0] == 0
    assert point.shares[0] == pytest.approx(knows.mean())


def test_a_last_tier_that_says_nothing_leaves_the_answer_to_the_one_before():
    both = Sample(
        np.array([[0.6, 0.6], [0.0, 0.9]]),
        np.array([[True, False], [False, True]]),
        (1.0, 1.0),
        (False, False),
    )
    assert outcome(both, (ALL,)).shares == (0.5, 0.5)
    assert outcome(both, (ALL,)).accuracy == 1.0


def test_cross_fitting_judges_on_other_rows():
    rows = sample(1500)
    fair = cross_fitted(rows, Goal(max_drop=0.02))
    assert fair is not None
    assert fair.n == 1500
    assert abs(fair.accuracy - choose(rows, Goal(max_drop=0.02)).accuracy) < 0.02


@pytest.mark.parametrize(("right", "n", "bound"), [(10, 10, 0.7411), (0, 5, 0.0), (29, 29, 0.9019)])
def test_the_exact_lower_bound(right, n, bound):
    assert lower_bound(right, n) == pytest.approx(bound, abs=1e-4)
