"""Equilibria whose figures are known, each from two independent routes."""

import numpy as np
import pytest
from scipy.optimize import brentq

from undercut.economics.equilibrium.fragility import price_fragility
from undercut.economics.equilibrium.homogeneous import capacity_then_price
from undercut.economics.equilibrium.logit import best_replies, nash_logit
from undercut.economics.equilibrium.mixed import nash_mixed
from undercut.economics.equilibrium.nested import nash_nested

pytestmark = pytest.mark.filterwarnings("error")

DELTA, COST = [2, 1.5, 1], [0.6, 0.4, 0.2]


def near(*values):
    """Expect all the digits given: ten decimals."""
    return pytest.approx(values if len(values) > 1 else values[0], abs=5.1e-11)


def test_a_symmetric_duopoly():
    found = nash_logit([1, 1], 0.5, 2)
    assert found.price == near(1.1133753224, 1.1133753224)
    assert found.share == near(0.1848384150, 0.1848384150)
    assert found.profit == near(0.1133753224, 0.1133753224)
    fragile = price_fragility([1, 1], 0.5, 2)
    assert fragile.joint_price[0] == near(1.2315277567)
    assert fragile.joint[0] == near(0.1157638783)
    assert fragile.deviation_price[0] == near(1.1179683073)
    assert fragile.deviation[0] == near(0.1179683073)
    assert fragile.critical_discount == near(0.4799556354, 0.4799556354)


def test_the_market_of_calvano_and_others():
    found, fragile = nash_logit([8, 8], 1, 4), price_fragility([8, 8], 1, 4)
    assert found.price[0] == near(1.4729266600)
    assert found.profit[0] == near(0.2229266600)
    assert fragile.joint_price[0] == near(1.9249809190)
    assert fragile.joint[0] == near(0.3374904595)
    assert fragile.critical_discount[0] == near(0.3930979652)


def test_three_firms():
    found = nash_logit(DELTA, COST, 2)
    assert found.price == near(1.2459673957, 1.0328351268, 0.8207817399)
    assert found.share == near(0.2259671257, 0.2099047938, 0.1945639379)
    assert found.outside == near(0.3695641427)
    assert found.residual < 1e-14
    assert found.gain < 1e-12
    cheaper = nash_logit(DELTA, [0.5, 0.4, 0.2], 2)
    assert cheaper.price == near(1.1693009992, 1.0278244692, 0.8161894303)
    assert cheaper.share[0] == near(0.2529519595)


def test_three_firms_with_a_limit_on_one():
    found = nash_logit(DELTA, COST, 2, capacity=[0.15, None, np.inf])
    assert found.price == near(1.5047369984, 1.0470368947, 0.8338178975)
    assert found.multiplier == near(0.3165017043, 0, 0)
    assert found.share[0] == pytest.approx(0.15, abs=1e-14)
    assert found.gain < 1e-12


def test_segments():
    found = nash_mixed(DELTA, COST, [1.5, 4], [0.6, 0.4])
    assert found.price == near(1.3791977187, 1.0887164892, 0.7898005368)
    assert found.residual < 1e-13
    assert found.gain < 1e-12


def test_nests():
    found = nash_nested(DELTA, COST, 2, [1, 1, 2], 0.5)
    assert found.price == near(1.0075131185, 0.7835817739, 0.8133066189)
    assert found.residual < 1e-13
    assert found.gain < 1e-12


@pytest.mark.parametrize(
    ("delta", "alpha", "cost", "w", "price", "share", "profit"),
    [
        (1, 2, 0.5, 0.2784645428, 1.1392322714, 0.2178117057, 0.1392322714),
        (2, 1, 1, 0.5671432904, 2.5671432904, 0.3618962566, 0.5671432904),
        (5, 10, 0.1, 2.2079400316, 0.4207940032, 0.6882734745, 0.2207940032),
    ],
)
def test_best_replies_are_the_lone_seller(delta, alpha, cost, w, price, share, profit):
    found = best_replies([delta], cost, alpha)
    assert (found.w, found.price[0], found.share[0], found.profit) == near(w, price, share, profit)
    alone = nash_logit([delta], cost, alpha)
    assert (alone.price[0], alone.share[0], alone.profit[0]) == near(price, share, profit)


def test_equal_capacities():
    half = capacity_then_price(0.5)
    assert half.regime == "mixed"
    assert half.profit_usd_per_month == near(0.0625)
    assert (half.low_usd_per_1k, half.high_usd_per_1k) == near(0.125, 0.25)
    assert half.mean_usd_per_1k == near(0.1534264097)
    assert half.mean_usd_per_1k == pytest.approx(0.5 - 0.5 * np.log(2), abs=1e-13)
    small, large = capacity_then_price(0.3), capacity_then_price(1.0)
    assert (small.regime, small.mean_usd_per_1k) == ("sold-out", pytest.approx(0.4))
    assert (large.regime, large.mean_usd_per_1k, large.profit_usd_per_month) == ("at-cost", 0, 0)


@pytest.mark.parametrize("capacity", [0.34, 0.4, 0.5, 0.7, 0.95])
def test_every_price_of_the_mixture_earns_the_same(capacity):
    game = capacity_then_price(capacity)
    for p in np.linspace(game.low_usd_per_1k, game.high_usd_per_1k, 7)[1:-1]:
        under = game.below(p)
        residual = max(min(1 - p - capacity, capacity), 0)
        earned = p * (under * residual + (1 - under) * min(capacity, 1 - p))
        assert earned == pytest.approx(game.profit_usd_per_month, rel=1e-9)
    above = game.high_usd_per_1k * 1.1
    assert above * (1 - above - capacity) < game.profit_usd_per_month


def test_other_units_are_the_same_game():
    one, other = capacity_then_price(0.5), capacity_then_price(50, 110, 10, 1)
    assert other.mean_usd_per_1k == pytest.approx(1 + 10 * one.mean_usd_per_1k)
    assert other.profit_usd_per_month == pytest.approx(1000 * one.profit_usd_per_month)
    assert other.below(1 + 10 * 0.15) == pytest.approx(one.below(0.15))


def test_huge_utilities_are_as_exact_as_small_ones():
    found = nash_logit([1e6, 1e6 - 50], 0, 1)
    # Nothing is left outside: S1 + S2 = 1 and ln(S1/S2) = 50 - (p1 - p2).
    s = brentq(lambda s: np.log(s / (1 - s)) - 50 + 1 / (1 - s) - 1 / s, 1e-9, 1 - 1e-9, xtol=1e-15)
    assert found.share[0] == pytest.approx(s, rel=1e-9)
    assert found.price == pytest.approx([1 / (1 - s), 1 / s], rel=1e-7)
    alone = nash_logit([1e6], 0, 1)
    assert alone.share[0] == pytest.approx(1.0, abs=2e-6)
    assert alone.gain < 1e-9
    hopeless = nash_logit([-1e6, 3], 0, 1e-12)
    assert hopeless.share[0] == 0
    assert hopeless.price[0] == pytest.approx(1e12)
