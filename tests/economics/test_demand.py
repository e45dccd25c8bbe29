"""Logit demand and the best price against fixed rivals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from undercut.core.errors import UndercutError
from undercut.economics import demand as d
from undercut.economics.records import Demand

pytestmark = pytest.mark.filterwarnings("error")

alphas = st.floats(0.1, 20)
deltas = st.floats(-20, 20)
costs = st.floats(0, 5)
outsides = st.floats(0, 10)


def market(alpha, delta, outside=0.0, size=1.0):
    return Demand(alpha=alpha, delta=delta, log_outside=outside, market_1k_per_month=size)


@pytest.mark.parametrize(
    ("delta", "alpha", "cost", "w", "price", "share", "profit"),
    [
        (1, 2, 0.5, 0.2784645428, 1.1392322714, 0.2178117057, 0.1392322714),
        (2, 1, 1, 0.5671432904, 2.5671432904, 0.3618962566, 0.5671432904),
        (5, 10, 0.1, 2.2079400316, 0.4207940032, 0.6882734745, 0.2207940032),
    ],
)
def test_closed_form_of_a_lone_seller(delta, alpha, cost, w, price, share, profit):
    best = d.best_reply(market(alpha, delta), cost)
    assert best.w == pytest.approx(w, abs=5e-11)
    assert best.price_usd_per_1k == pytest.approx(price, abs=5e-11)
    assert best.share == pytest.approx(share, abs=5e-11)
    assert best.gross_profit_usd_per_month == pytest.approx(profit, abs=5e-11)


def test_best_reply_in_a_symmetric_duopoly_is_the_known_equilibrium_and_deviation():
    def against(rival_price):
        outside = d.log_outside([1 - 2 * rival_price])
        return d.best_reply(market(2, 1, outside), 0.5)

    nash = against(1.1133753224)
    assert nash.price_usd_per_1k == pytest.approx(1.1133753224, abs=1e-9)
    assert nash.share == pytest.approx(0.1848384150, abs=1e-9)
    deviation = against(1.2315277567)
    assert deviation.price_usd_per_1k == pytest.approx(1.1179683073, abs=1e-9)
    assert deviation.gross_profit_usd_per_month == pytest.approx(0.1179683073, abs=1e-9)


@given(alphas, deltas, costs, outsides)
def test_no_other_price_earns_more(alpha, delta, cost, outside):
    m = market(alpha, delta, outside)
    best = d.best_reply(m, cost)
    top = best.gross_profit_usd_per_month
    assert best.price_usd_per_1k > cost
    assert 0 <= best.share < 1
    assert d.gross_profit(m, best.price_usd_per_1k, cost) == pytest.approx(
        top, rel=1e-9, abs=1e-300
    )
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        price = cost + factor * best.markup_usd_per_1k
        assert d.gross_profit(m, price, cost) <= top * (1 + 1e-12) + 1e-300


def test_a_numerical_search_finds_the_same_price():
    m = market(1.7, 2.3, 0.8, size=1000)
    found = minimize_scalar(
        lambda p: -d.gross_profit(m, p, 0.3),
        bounds=(0.3, 10),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert d.best_reply(m, 0.3).price_usd_per_1k == pytest.approx(found.x, abs=1e-6)


@given(alphas, deltas, costs, outsides, st.floats(0.01, 100))
def test_the_price_does_not_depend_on_the_currency_unit(alpha, delta, cost, outside, k):
    one = d.best_reply(market(alpha, delta, outside), cost)
    other = d.best_reply(market(alpha / k, delta, outside), cost * k)
    assert other.price_usd_per_1k == pytest.approx(k * one.price_usd_per_1k)
    assert other.share == pytest.approx(one.share, rel=1e-9, abs=1e-300)


@given(alphas, deltas, costs, outsides)
def test_a_lower_cost_lowers_the_price_and_raises_the_share(alpha, delta, cost, outside):
    m = market(alpha, delta, outside)
    dear, cheap = d.best_reply(m, cost + 0.5), d.best_reply(m, cost)
    assert cheap.price_usd_per_1k < dear.price_usd_per_1k
    assert cheap.share > dear.share
    assert cheap.gross_profit_usd_per_month > dear.gross_profit_usd_per_month


def test_extreme_utilities_do_not_overflow():
    sure = d.best_reply(market(1, 1e6), 1.0)
    assert sure.share == pytest.approx(1.0, abs=1e-4)
    assert math.isfinite(sure.price_usd_per_1k)
    lost = d.best_reply(market(1, -1e6), 1.0)
    assert lost.share == 0.0
    assert lost.price_usd_per_1k == pytest.approx(2.0)
    assert d.log_outside([1000.0, 1000.0]) == pytest.approx(1000 + math.log(2))


def test_alpha_from_an_observed_elasticity():
    alpha = d.alpha_from_elasticity(-1.11, 1, 0.05)
    assert alpha == pytest.approx(1.168421, abs=5e-7)
    m = market(alpha, math.log(0.05 / 0.95) + alpha)
    assert d.share_at(m, 1.0) == pytest.approx(0.05)
    slope = (d.share_at(m, 1 + 1e-6) - d.share_at(m, 1 - 1e-6)) / 2e-6
    assert slope / 0.05 == pytest.approx(-1.11, rel=1e-6)


def test_generalised_price_adds_errors_and_waiting():
    g = d.generalised_price(0.5, 0.9, usd_per_error=0.01, latency_ms=20, usd_per_1k_per_ms=0.05)
    assert g == pytest.approx(0.5 + 1.0 + 1.0)
    assert d.utility(2.0, 3.0, g) == pytest.approx(1.0)


def test_the_other_demand_curves():
    assert d.linear_price(1000, 200) == 600
    sold = (1000 - 600) / 2
    assert 600 * sold - 30_000 - 200 * sold == 50_000
    assert d.constant_elasticity_price(0.2, 3) == pytest.approx(0.3)
    with pytest.raises(UndercutError, match="elasticity above 1"):
        d.constant_elasticity_price(0.2, 1)
    with pytest.raises(UndercutError, match="choke price above the cost"):
        d.linear_price(1, 2)
