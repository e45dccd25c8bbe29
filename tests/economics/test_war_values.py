"""Formulas of price wars whose figures are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.equilibrium.logit import best_replies
from undercut.economics.war.attrition import ruin, runways, symmetric_attrition
from undercut.economics.war.cycle import undercutting_cycle
from undercut.economics.war.entry import limit_price, recoupment
from undercut.economics.war.falling import (
    AT_CONSTANT_QUALITY,
    released_price,
    wright_cost,
    wright_exponent,
)
from undercut.economics.war.inertia import inertia

pytestmark = pytest.mark.filterwarnings("error")


def test_inertia():
    found = inertia([0.3, 0], 1.5)
    wanted = [[0.8581489351, 0.1418510649], [0.2314752165, 0.7685247835]]
    assert found.matrix == pytest.approx(np.array(wanted), abs=5.1e-11)
    assert found.stationary[0] == pytest.approx(0.6200346132, abs=5.1e-11)
    assert found.half_life_months == pytest.approx(1.483209, abs=5.1e-7)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=6), st.floats(0, 30))
def test_stationary_shares_stay(utility, kappa):
    found = inertia(utility, kappa)
    assert found.matrix.sum(axis=1) == pytest.approx(np.ones(len(utility)))
    assert found.stationary @ found.matrix == pytest.approx(found.stationary, abs=1e-12)
    assert found.stationary.sum() == pytest.approx(1)
    half = found.half_life_months
    assert half is None or half >= 0


def test_without_inertia_choices_are_forgotten():
    found = inertia([1.0, 0.0, -1.0], 0)
    assert found.half_life_months == 0
    assert found.after([1, 0, 0], 1) == pytest.approx(found.stationary)
    assert inertia([0.0, 0.0], 700).half_life_months is None


def test_the_limit_price():
    found = limit_price(2, 0.6, 1.5, 0.5, 2, 1e6, 4.5e6, 0.02)
    assert found.limit_usd_per_1k == pytest.approx(0.7020843218, abs=5.1e-11)
    assert found.profit_accommodate_usd_per_month == pytest.approx(191_892.51, abs=5.1e-3)
    assert found.profit_limit_usd_per_month == pytest.approx(65_813.97, abs=5.1e-3)
    assert not found.deterrence_pays
    # At the limit price the entrant earns exactly the interest on its entry cost.
    rest = np.logaddexp(0, 2 - 2 * found.limit_usd_per_1k)
    assert best_replies([1.5], 0.5, 2, rest, market=1e6).profit == pytest.approx(90_000)


def test_an_entrant_that_stays_out_anyway():
    found = limit_price(2, 0.6, -3, 0.5, 2, 1e6, 4.5e6, 0.02)
    assert found.blockaded
    assert found.deterrence_pays
    assert found.profit_limit_usd_per_month == found.profit_alone_usd_per_month


def test_recoupment():
    # 12 months at 100 less than peace; 50 more afterwards; no interest: 24 months.
    found = recoupment(-100, 0, 50, 12, 0.0)
    assert (found.lost_usd, found.months) == (1200, pytest.approx(24))
    dear = recoupment(-100, 0, 50, 12, 0.02, 0.01)
    assert dear.months > 24
    x, months = 0.99 / 1.02, dear.months
    assert 50 * x * (1 - x**months) / (1 - x) == pytest.approx(dear.lost_usd)
    assert recoupment(-1000, 0, 10, 12, 0.02, 0.05).months is None
    assert recoupment(-100, 0, 0, 12, 0.02).months is None
    assert recoupment(100, 50, 60, 12, 0.02).months == 0


def test_ruin_is_exact():
    found = ruin(600e3, -20e3, 80e3, 36)
    wanted = [0.1168821372, 0.4564330586, 0.6897594958]
    assert found[[11, 23, 35]] == pytest.approx(wanted, abs=5.1e-11)


def test_ruin_at_its_limits():
    assert ruin(0, 0, 1, 1)[0] == pytest.approx(0.5)
    assert ruin(1e9, 0, 1, 12)[-1] == 0
    assert ruin(0, -1e6, 1, 12) == pytest.approx(np.ones(12))
    assert ruin(100, -30, 0, 5).tolist() == [0, 0, 0, 1, 1]
    # Two months by hand: P(z1 < 0) + P(z1 > 0, z1 + z2 < 0) = 1/2 + 1/8.
    assert ruin(0, 0, 1, 2)[1] == pytest.approx(0.625, abs=1e-12)
    # Sparre Andersen: with symmetric steps the chance of never below is C(2n, n)/4^n.
    assert 1 - ruin(0, 0, 7.0, 4)[-1] == pytest.approx(70 / 256, abs=1e-11)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 20), st.floats(-2, 2), st.floats(0.05, 3), st.floats(0, 5))
def test_ruin_falls_with_cash_and_rises_with_time(cash, mean, spread, more):
    little, much = ruin(cash, mean, spread, 12), ruin(cash + more, mean, spread, 12)
    assert np.all((little >= 0) & (little <= 1))
    assert np.all(np.diff(little) >= -1e-15)
    assert np.all(much <= little + 1e-11)


def test_attrition():
    assert symmetric_attrition(1.2e6, 50e3).mean_months == pytest.approx(12)
    assert runways(100, 10, 300, 10).ratio == pytest.approx(1 / 3)


def test_the_cycle_of_maskin_and_tirole():
    found = undercutting_cycle(0.9)
    assert found.mixing == pytest.approx(0.2127420207, abs=5.1e-11)
    assert undercutting_cycle(0.99).mixing == pytest.approx(0.2910198772, abs=5.1e-11)
    assert found.top == pytest.approx(5 / 6)
    assert found.gain < 1e-12
    with pytest.raises(UndercutError, match="discount factor at which"):
        undercutting_cycle(0.05)


def test_falling_prices():
    assert wright_exponent(0.8) == pytest.approx(0.3219280949, abs=5.1e-11)
    assert wright_cost(100, 2, 0.8) == pytest.approx(80)
    assert AT_CONSTANT_QUALITY.factor(0.05) == pytest.approx(3)
    assert AT_CONSTANT_QUALITY.price_after(1, 12) == pytest.approx(30**-0.5)
    assert released_price(1, 2, 0.5, 12) == pytest.approx(np.exp(-1))
