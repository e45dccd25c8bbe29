"""What holds in every market: random ones, brute force, and other people's solvers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.choice import logit_choice, mixed_choice, nested_choice
from undercut.economics.equilibrium.fragility import price_fragility
from undercut.economics.equilibrium.logit import best_replies, nash_logit
from undercut.economics.equilibrium.mixed import nash_mixed
from undercut.economics.equilibrium.nested import nash_nested

pytestmark = pytest.mark.filterwarnings("error")
quick = settings(max_examples=40, deadline=None)


@st.composite
def market(draw, most=5):
    n = draw(st.integers(1, most))
    delta = [draw(st.floats(-6, 12)) for _ in range(n)]
    cost = [draw(st.floats(0, 3)) for _ in range(n)]
    owner = [draw(st.integers(0, 2)) for _ in range(n)]
    return np.array(delta), np.array(cost), draw(st.floats(0.2, 8)), owner


def firm_profit(delta, cost, alpha, owner, price, firm):
    share = logit_choice(delta, alpha, price).share
    mine = np.array(owner) == firm
    return float((share * (price - cost))[mine].sum())


@quick
@given(market())
def test_the_properties_of_an_equilibrium(given_market):
    delta, cost, alpha, owner = given_market
    found = nash_logit(delta, cost, alpha, owner)
    assert np.all(found.price > cost)
    assert found.share.sum() + found.outside == pytest.approx(1, abs=1e-14)
    assert found.residual < 1e-12
    assert found.gain < 1e-12
    # Two solvers agree: nests of no likeness and one segment are plain logit.
    nested = nash_nested(delta, cost, alpha, [0] * len(delta), 0.0, owner)
    mixed = nash_mixed(delta, cost, [alpha], [1.0], owner)
    assert nested.price == pytest.approx(found.price, rel=1e-10)
    assert mixed.price == pytest.approx(found.price, rel=1e-10)
    assert mixed.profit == pytest.approx(found.profit, rel=1e-9)


@quick
@given(market(), st.data())
def test_no_firm_gains_by_any_prices_of_its_own(given_market, data):
    delta, cost, alpha, owner = given_market
    found = nash_logit(delta, cost, alpha, owner)
    firm = data.draw(st.sampled_from(owner))
    other = found.price.copy()
    for j, o in enumerate(owner):
        if o == firm:
            other[j] = data.draw(st.floats(0, 30))
    now = firm_profit(delta, cost, alpha, owner, found.price, firm)
    assert firm_profit(delta, cost, alpha, owner, other, firm) <= now * (1 + 1e-12)


@quick
@given(market(), st.floats(1e-3, 1e3), st.floats(-20, 20))
def test_units_and_a_common_utility_do_not_matter(given_market, unit, more):
    delta, cost, alpha, owner = given_market
    one = nash_logit(delta, cost, alpha, owner)
    other = nash_logit(delta, cost * unit, alpha / unit, owner)
    assert other.price == pytest.approx(one.price * unit, rel=1e-10)
    assert other.share == pytest.approx(one.share, rel=1e-9)
    moved = nash_logit(delta + more, cost, alpha, owner, log_outside=more)
    assert moved.price == pytest.approx(one.price, rel=1e-9)


@quick
@given(market(), st.integers(0, 4), st.floats(0.01, 1))
def test_a_lower_cost_lowers_every_price(given_market, which, less):
    delta, cost, alpha, _ = given_market
    j = which % len(delta)
    cheaper = cost.copy()
    cheaper[j] = max(cost[j] - less, 0)
    before, after = nash_logit(delta, cost, alpha), nash_logit(delta, cheaper, alpha)
    assert after.price[j] <= before.price[j] * (1 + 1e-12)
    assert after.share[j] >= before.share[j] * (1 - 1e-12)
    assert np.all(after.price <= before.price * (1 + 1e-12))


@quick
@given(market(), st.data())
def test_capacity_binds_or_costs_nothing(given_market, data):
    delta, cost, alpha, owner = given_market
    capacity = [data.draw(st.one_of(st.none(), st.floats(0.001, 0.6))) for _ in delta]
    found = nash_logit(delta, cost, alpha, owner, capacity)
    limit = np.array([np.inf if k is None else k for k in capacity])
    assert np.all(found.share <= limit * (1 + 1e-9))
    assert np.all(found.multiplier >= 0)
    slack = np.isinf(limit) | (found.share < limit * (1 - 1e-7))
    assert np.all(found.multiplier[slack] <= 1e-7 / alpha)
    assert found.residual < 1e-9
    as_if = nash_logit(delta, cost + found.multiplier, alpha, owner)
    assert as_if.price == pytest.approx(found.price, rel=1e-8)


@quick
@given(market(), st.floats(0.0, 0.95), st.data())
def test_nests_leave_nobody_a_gain(given_market, rho, data):
    delta, cost, alpha, owner = given_market
    nest = [data.draw(st.integers(0, 1)) for _ in delta]
    found = nash_nested(delta, cost, alpha, nest, rho, owner)
    assert found.residual < 1e-9
    assert found.gain < 1e-9
    assert np.all(found.price > cost)
    again = nested_choice(delta, alpha, found.price, nest, rho)
    assert again.share == pytest.approx(found.share, abs=1e-12)


@quick
@given(market(), st.floats(0.3, 3), st.floats(0.05, 0.95))
def test_segments_solve_their_conditions(given_market, ratio, part):
    delta, cost, alpha, owner = given_market
    alphas, weights = [alpha, alpha * ratio], [part, 1 - part]
    found = nash_mixed(delta, cost, alphas, weights, owner)
    assert found.residual < 1e-10
    assert np.all(found.price > cost)
    again = mixed_choice(delta, alphas, weights, found.price)
    assert again.share == pytest.approx(found.share, abs=1e-12)
    # The first-order condition from the elasticities: sum over own products is minus the share.
    e, s = again.elasticity, again.share
    slope = e * s[:, None] / found.price  # ds_j/dp_k
    own = np.equal.outer(owner, owner)
    gradient = s + ((found.price - cost)[:, None] * slope * own).sum(axis=0)
    assert gradient == pytest.approx(np.zeros(len(s)), abs=1e-9)


@quick
@given(market(), st.floats(-3, 3))
def test_best_replies_are_the_best_on_a_grid(given_market, outside):
    delta, cost, alpha, _ = given_market
    found = best_replies(delta, cost, alpha, outside, market=7.0)
    share = logit_choice(delta, alpha, found.price, outside).share
    assert found.profit == pytest.approx(7 * float(share @ (found.price - cost)), rel=1e-9)
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        price = cost + factor * found.markup
        tried = logit_choice(delta, alpha, price, outside).share @ (price - cost)
        assert 7 * float(tried) <= float(found.profit) * (1 + 1e-12)


@pytest.mark.parametrize("kind", ["logit", "mixed", "nested"])
def test_elasticities_are_the_slopes(kind):
    delta, price = np.array([1.0, 0.4, -0.3]), np.array([0.7, 0.9, 0.4])

    def choose(p):
        if kind == "logit":
            return logit_choice(delta, 1.7, p)
        if kind == "mixed":
            return mixed_choice(delta, [0.8, 3.0], [0.3, 0.7], p)
        return nested_choice(delta, 1.7, p, ["a", "b", "a"], [0.6, 0.2])

    here, step = choose(price), 1e-6
    for k in range(3):
        up, down = price.copy(), price.copy()
        up[k] += step
        down[k] -= step
        slope = (choose(up).share - choose(down).share) / (2 * step)
        assert here.elasticity[:, k] == pytest.approx(slope * price[k] / here.share, rel=1e-7)
    assert here.share.sum() + here.outside == pytest.approx(1)


def test_many_markets_are_each_market():
    rng = np.random.default_rng(0)
    delta, cost = rng.normal(1, 2, (30, 4)), rng.uniform(0, 1, (30, 4))
    alpha, owner, limit = rng.uniform(0.5, 4, 30), list("abba"), rng.uniform(0.05, 0.5, (30, 4))
    together = nash_logit(delta, cost, alpha, owner)
    capped = nash_logit(delta, cost, alpha, owner, limit)
    nested = nash_nested(delta, cost, alpha, list("xyxy"), 0.4, owner)
    mixed = nash_mixed(delta[:, None], cost, [0.7, 2.5], [0.5, 0.5], owner)
    for t in range(30):
        one = (delta[t], cost[t], alpha[t])
        assert together.price[t] == pytest.approx(nash_logit(*one, owner).price, rel=1e-12)
        assert capped.price[t] == pytest.approx(nash_logit(*one, owner, limit[t]).price, rel=1e-9)
        alone = nash_nested(*one, list("xyxy"), 0.4, owner)
        assert nested.price[t] == pytest.approx(alone.price, rel=1e-10)
        alone = nash_mixed(delta[t], cost[t], [0.7, 2.5], [0.5, 0.5], owner)
        assert mixed.price[t] == pytest.approx(alone.price, rel=1e-10)


@quick
@given(market())
def test_joint_prices_are_the_most_and_deviation_is_tempting(given_market):
    delta, cost, alpha, _ = given_market
    if len(delta) < 2:
        with pytest.raises(UndercutError, match="at least two firms"):
            price_fragility(delta, cost, alpha)
        return
    found = price_fragility(delta, cost, alpha)
    assert found.joint.sum() >= found.competitive.sum() * (1 - 1e-12)
    assert np.all(found.deviation >= found.joint * (1 - 1e-12))
    assert all(d is None or 0 <= d < 1 for d in found.critical_discount)


@pytest.mark.parametrize("seed", range(4))
def test_pyblp_finds_the_same_prices(seed):
    pyblp = pytest.importorskip("pyblp")
    pyblp.options.verbose = False
    rng = np.random.default_rng(seed)
    delta, cost, alpha = rng.normal(1, 1, 6), rng.uniform(0.1, 1, 6), 1.8
    rows = {"market_ids": np.zeros(6), "firm_ids": np.array([0, 0, 1, 1, 2, 3]), "x": delta}
    rows |= {"prices": cost + 1.0, "nesting_ids": np.array([0, 1, 0, 1, 0, 1])}
    formulation = pyblp.Formulation("0 + prices + x")
    for rho in (None, 0.4):
        data = rows if rho is not None else {k: v for k, v in rows.items() if k != "nesting_ids"}
        sim = pyblp.Simulation(formulation, data, beta=[-alpha, 1], xi=np.zeros(6), rho=rho)
        with np.errstate(all="ignore"):
            theirs = sim.replace_endogenous(costs=cost).product_data.prices[:, 0]
        if rho is None:
            ours = nash_logit(delta, cost, alpha, rows["firm_ids"].tolist())
        else:
            nests = rows["nesting_ids"].tolist()
            ours = nash_nested(delta, cost, alpha, nests, rho, rows["firm_ids"].tolist())
        assert ours.price == pytest.approx(theirs, rel=1e-9)


def test_nashpy_agrees_on_a_grid_of_prices():
    nashpy = pytest.importorskip("nashpy")
    delta, cost, alpha = np.array([1.2, 0.8]), np.array([0.3, 0.2]), 2.0
    price = nash_logit(delta, cost, alpha).price
    grid = np.linspace(0.8, 1.2, 9)
    table = np.zeros((2, 9, 9))
    for i, a in enumerate(grid):
        for j, b in enumerate(grid):
            p = price * [a, b]
            table[:, i, j] = logit_choice(delta, alpha, p).share * (p - cost)
    game = nashpy.Game(*table)
    ours = np.eye(9)[4]
    assert game.is_best_response(ours, ours) == (True, True)
    theirs = game.lemke_howson(initial_dropped_label=0)
    assert [x.argmax() for x in theirs] == [4, 4]
