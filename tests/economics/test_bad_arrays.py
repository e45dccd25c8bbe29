"""Every vectorised formula answers nonsense with one clear error, and never with a NaN."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import choice, investment
from undercut.economics.calibrate import fit_logit
from undercut.economics.calibrate_curves import fit_constant_elasticity, fit_linear
from undercut.economics.equilibrium.fragility import price_fragility
from undercut.economics.equilibrium.logit import best_replies, nash_logit
from undercut.economics.equilibrium.mixed import nash_mixed
from undercut.economics.equilibrium.nested import nash_nested
from undercut.economics.plans import Plan, bills
from undercut.economics.war.inertia import inertia

pytestmark = pytest.mark.filterwarnings("error")

THREE = ([2.0, 1.5, 1.0], [0.6, 0.4, 0.2])
GOOD = {
    nash_logit: (*THREE, 2.0, ["a", "b", "b"], [0.1, 0.2, 0.9]),
    nash_mixed: (*THREE, [1.5, 4.0], [0.6, 0.4], ["a", "b", "b"]),
    nash_nested: (*THREE, 2.0, [0, 0, 1], 0.5, ["a", "b", "b"]),
    best_replies: (*THREE, 2.0, 0.3),
    price_fragility: (*THREE, 2.0, ["a", "b", "b"]),
    choice.logit_choice: (THREE[0], 2.0, [1.0, 1.0, 1.0], 0.0),
    choice.mixed_choice: (THREE[0], [1.5, 4.0], [0.6, 0.4], [1.0, 1.0, 1.0], 0.0),
    choice.nested_choice: (THREE[0], 2.0, [1.0, 1.0, 1.0], [0, 0, 1], 0.5, 0.0),
    inertia: ([0.3, 0.0], 1.5),
    fit_logit: ([1.0, 2.0, 3.0], [30.0, 20.0, 9.0], 100.0),
    fit_linear: ([1.0, 2.0, 3.0], [30.0, 20.0, 9.0]),
    fit_constant_elasticity: ([1.0, 2.0, 3.0], [30.0, 20.0, 9.0]),
    investment.invest: ([-100.0, 60.0, 70.0], 0.01),
    bills: (Plan(name="p", overage_usd_per_1k=1.0), [1.0, 2.0]),
}
BAD = [math.nan, math.inf, -math.inf, 1e300, 10**400, "1", True, [], [[]], {}, [math.nan] * 3]
BAD += [
    [1.0, "x", 2.0],
    [1.0, None, math.nan],
    [[1.0, 2.0], [3.0]],
    np.zeros((2, 2, 2, 2)),
]
NAMES = {"owner", "nest"}
CASES = [
    (f, i)
    for f, arguments in GOOD.items()
    for i, a in enumerate(arguments)
    if not isinstance(a, Plan) and not (isinstance(a, list) and isinstance(a[0], (str, int)))
]


def figures(result):
    """Return every number of a result, however nested."""
    if isinstance(result, np.ndarray):
        return result.astype(float).ravel().tolist()
    if isinstance(result, float):
        return [result]
    if isinstance(result, (list, tuple)):
        return [x for part in result for x in figures(part)]
    if hasattr(result, "__dict__"):
        return [x for part in vars(result).values() for x in figures(part)]
    return []


@pytest.mark.parametrize(
    ("function", "position"), CASES, ids=[f"{f.__name__}-{i}" for f, i in CASES]
)
def test_nonsense_is_refused(function, position):
    good = list(GOOD[function])
    assert all(math.isfinite(x) for x in figures(function(*good)))
    for bad in BAD:
        if function is nash_logit and position == 4 and bad is math.inf:
            continue  # no limit
        arguments = [*good]
        arguments[position] = bad
        with pytest.raises(UndercutError):
            function(*arguments)
    with pytest.raises(UndercutError):
        function(*[[] if i == position else a for i, a in enumerate(good)])


@pytest.mark.parametrize("function", [nash_logit, nash_mixed, nash_nested, price_fragility])
def test_names_that_do_not_fit_are_refused(function):
    good = list(GOOD[function])
    for i, given_argument in enumerate(good):
        if isinstance(given_argument, list) and isinstance(given_argument[0], (str, int)):
            for bad in (["a"], ["a"] * 4):
                with pytest.raises(UndercutError):
                    function(*[bad if k == i else a for k, a in enumerate(good)])


def test_all_mistakes_are_told_at_once():
    with pytest.raises(UndercutError) as e:
        nash_logit([1.0, math.nan], [-1.0, 0.0], 0.0, None, [0.0, 1.0], market=-1)
    where = [p.where for p in e.value.problems]
    assert where == ["delta[1]", "cost[0]", "alpha", "capacity[0]", "market"]


wild = st.one_of(st.floats(-1e15, 1e15), st.floats(-50, 50), st.sampled_from([0.0, 1e15, -1e15]))
prices = st.one_of(st.floats(0, 1e15), st.floats(0, 10), st.just(0.0))
alphas = st.one_of(st.floats(1e-12, 1e15), st.floats(0.01, 20), st.just(1e-12))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(wild, prices), min_size=1, max_size=4), alphas, st.data())
def test_extremes_come_out_as_figures(products, alpha, data):
    delta, cost = [d for d, _ in products], [c for _, c in products]
    owner = [data.draw(st.integers(0, 1)) for _ in products]
    limit = data.draw(st.one_of(st.none(), st.floats(1e-12, 1.0)))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = [
            nash_logit(delta, cost, alpha, owner),
            nash_logit(delta, cost, alpha, owner, None if limit is None else [limit] * len(delta)),
            best_replies(delta, cost, alpha),
            choice.logit_choice(delta, alpha, cost),
            choice.mixed_choice(delta, [alpha, 1.0], [0.5, 0.5], cost),
            choice.nested_choice(delta, alpha, cost, owner, 0.9),
        ]
        for solve in (
            lambda: nash_mixed(delta, cost, [alpha, 1.0], [0.5, 0.5], owner),
            lambda: nash_nested(delta, cost, alpha, owner, 0.7),
        ):
            try:
                found.append(solve())
            except UndercutError as e:
                assert e.code == "equilibrium-none"
    for result in found:
        assert all(math.isfinite(x) for x in figures(result))
    assert np.all(found[0].price >= cost)
    # A utility is rounded in delta, in alpha times price and in their difference, and so is its
    # best reply's: what those roundings move is no gain.
    largest = max(*np.abs(delta), *(alpha * found[0].price))
    assert found[0].gain < 1e-6 + 8 * float(np.spacing(largest))
