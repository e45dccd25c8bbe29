"""Best replies where some prices stand: with nests and capacity, against the other solvers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.demand import best_reply
from undercut.economics.equilibrium.logit import nash_logit
from undercut.economics.equilibrium.nested import nash_nested
from undercut.economics.equilibrium.still import nash_still
from undercut.economics.floors import cash_band
from undercut.economics.records import Demand

DELTA, COST = [2, 1.5, 1], [0.6, 0.4, 0.2]


def test_the_values_of_the_design_page():
    nested = nash_still(DELTA, COST, 2, [None] * 3, ["a", "a", "b"], 0.5)
    assert nested.price == pytest.approx([1.0075131185, 0.7835817739, 0.8133066189], abs=1e-10)
    capped = nash_still(DELTA, COST, 2, [None] * 3, capacity=[0.15, None, None])
    assert capped.price == pytest.approx([1.5047369984, 1.0470368947, 0.8338178975], abs=1e-10)
    assert capped.multiplier == pytest.approx([0.3165017043, 0, 0], abs=1e-10)


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_it_agrees_with_the_other_solvers_and_nobody_gains(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 5))
    delta, cost = draw.normal(1, 2, n), draw.uniform(0, 2, n)
    alpha, rho = float(10 ** draw.uniform(-1, 1)), float(draw.uniform(0, 0.95))
    nest, limit = draw.integers(0, 2, n).tolist(), draw.uniform(0.05, 1.5, n) * 3
    one = nash_still(delta, cost, alpha, [None] * n, nest, rho, market=3)
    other = nash_nested(delta, cost, alpha, nest, rho, market=3)
    assert one.price == pytest.approx(other.price, rel=1e-9)
    one = nash_still(delta, cost, alpha, [None] * n, capacity=list(limit), market=3)
    other = nash_logit(delta, cost, alpha, capacity=limit, market=3)
    assert one.price == pytest.approx(other.price, rel=1e-9)
    assert one.multiplier == pytest.approx(other.multiplier, rel=1e-6, abs=1e-9)
    fixed = [float(c) + 0.3 / alpha if k % 2 else None for k, c in enumerate(cost)]
    both = nash_still(delta, cost, alpha, fixed, nest, rho, list(limit), market=3)
    assert both.worst_gain < 1e-9 and both.worst_residual < 1e-9
    assert np.all(both.share <= limit / 3 * (1 + 1e-9))
    assert [p for p, f in zip(both.price, fixed, strict=True) if f is not None] == [
        f for f in fixed if f is not None
    ]


def test_a_best_reply_at_its_capacity_is_the_equilibrium_of_one():
    demand = Demand(alpha=2, delta=2, log_outside=0.4, market_1k_per_month=100)
    free, full = best_reply(demand, 0.5), best_reply(demand, 0.5, 10)
    one = nash_logit([2], [0.5], 2, capacity=[10], market=100, log_outside=0.4)
    assert full.price_usd_per_1k == pytest.approx(float(one.price[0]), rel=1e-12)
    assert full.multiplier_usd_per_1k == pytest.approx(float(one.multiplier[0]), rel=1e-9)
    assert full.requests_1k_per_month == 10 and free.multiplier_usd_per_1k == 0
    assert best_reply(demand, 0.5, 99) == free
    with pytest.raises(UndercutError, match="capacity"):
        best_reply(demand, 0.5, -1)


@settings(max_examples=20)
@given(st.floats(0.5, 60), st.floats(0, 40), st.floats(0, 200))
def test_the_cash_band_with_capacity_is_that_of_a_grid(capacity, fixed, cash):
    demand = Demand(alpha=2, delta=2, log_outside=0.4, market_1k_per_month=100)
    band = cash_band(demand, 0.5, fixed, cash, 6, capacity)
    prices = np.linspace(0, 8, 4001)
    bought = 100 / (1 + np.exp(0.4 - 2 + 2 * prices))
    left = cash - 6 * (fixed - np.minimum(bought, capacity) * (prices - 0.5))
    good = prices[left >= 0]
    if band is None:
        assert not len(good) or left.max() < 1e-6
        return
    low, high = band
    assert (not len(good)) or low <= good[0] + 1e-9 <= low + 0.0021
    if high is not None and high < 8 and len(good):
        assert good[-1] <= high <= good[-1] + 0.0021
