"""Demand fitted to rows: parameters come back, and the intervals mean what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.calibrate import alpha_from_prior, fit_logit
from undercut.economics.calibrate_curves import fit_constant_elasticity, fit_linear

pytestmark = pytest.mark.filterwarnings("error")

ALPHA, DELTAS = 1.3, np.array([0.5, 0.0, -0.5])


def rows(rng, months=24, size=1000):
    """Return price, volume, product and market of three products over some months."""
    price = rng.uniform(0.5, 1.5, (months, 3))
    v = np.exp(DELTAS - ALPHA * price)
    share = v / (1 + v.sum(axis=1, keepdims=True))
    share = np.concatenate([share, 1 - share.sum(axis=1, keepdims=True)], axis=1)
    sold = np.array([rng.multinomial(size, s) for s in share])[:, :3]
    return price.ravel(), sold.ravel(), list("abc") * months, np.repeat(range(months), 3).tolist()


def test_exact_shares_give_their_parameters():
    price = np.array([0.5, 0.9, 1.4, 2.0])
    share = 1 / (1 + np.exp(-(1.2 - 2.5 * price)))
    found = fit_logit(price, 1000 * share, 1000)
    assert found.alpha.value == pytest.approx(2.5, rel=1e-9)
    assert found.deltas[0].value == pytest.approx(1.2, rel=1e-9)
    assert found.dispersion == pytest.approx(0, abs=1e-12)
    demand = found.demand(1000.0)
    assert (demand.alpha, demand.delta) == (found.alpha.value, found.deltas[0].value)


def test_intervals_cover_the_truth():
    rng = np.random.default_rng(1)
    hits, tried = np.zeros(4), 100
    for _ in range(tried):
        price, sold, product, month = rows(rng)
        found = fit_logit(price, sold, 1000, product, month)
        truth = [ALPHA, *DELTAS]
        hits += [e.low <= t <= e.high for e, t in zip([found.alpha, *found.deltas], truth)]
    # 95 % of 100, within four standard errors.
    assert np.all(hits >= 95 - 9)


def test_more_scatter_widens_the_errors():
    rng = np.random.default_rng(0)
    price, sold, product, month = rows(rng, size=10_000)
    plain = fit_logit(price, sold, 10_000, product, month)
    noisy = np.clip(sold * rng.normal(1, 0.1, len(sold)), 0, 3000)
    wide = fit_logit(price, noisy, 10_000, product, month)
    assert plain.dispersion == pytest.approx(1, abs=0.6)
    assert wide.dispersion > 4
    assert wide.alpha.standard_error > 2 * plain.alpha.standard_error


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 5), st.floats(-2, 2), st.floats(1e-3, 1e3), st.floats(-5, 5))
def test_units_and_rivals_are_taken_out(alpha, delta, unit, outside):
    price = np.array([0.2, 0.5, 0.8, 1.1, 1.4])
    share = 1 / (1 + np.exp(-(delta - alpha * price)))
    found = fit_logit(price * unit, share, 1.0, log_outside=outside)
    assert found.alpha.value == pytest.approx(alpha / unit, rel=1e-7)
    assert found.deltas[0].value == pytest.approx(delta + outside, rel=1e-7, abs=1e-7)


def test_the_fit_is_the_top_of_the_likelihood():
    price, sold, product, month = rows(np.random.default_rng(2))
    found = fit_logit(price, sold, 1000, product, month)
    codes = np.array(["abc".index(p) for p in product])

    def likelihood(theta):
        v = (theta[1:][codes] - theta[0] * price).reshape(-1, 3)
        total = np.log1p(np.exp(v).sum(axis=1))
        q = sold.reshape(-1, 3)
        return float((q * (v - total[:, None])).sum() - ((1000 - q.sum(axis=1)) * total).sum())

    top = np.array([found.alpha.value, *(d.value for d in found.deltas)])
    assert likelihood(top) == pytest.approx(found.log_likelihood, rel=1e-12)
    for i in range(4):
        for step in (-1e-3, 1e-3):
            moved = top.copy()
            moved[i] += step
            assert likelihood(moved) < found.log_likelihood
    # The standard errors are the curvature there, widened by the scatter.
    h, hessian = 1e-4, np.zeros((4, 4))
    for i in range(4):
        for k in range(4):
            e, f = np.eye(4)[i] * h, np.eye(4)[k] * h
            corners = likelihood(top + e + f) - likelihood(top + e - f)
            corners -= likelihood(top - e + f) - likelihood(top - e - f)
            hessian[i, k] = corners / (4 * h * h)
    wanted = np.linalg.inv(-hessian) * found.dispersion
    assert np.array(found.covariance) == pytest.approx(wanted, rel=1e-3)


def test_a_line_and_a_constant_elasticity_come_back():
    p = np.array([0.5, 0.8, 1.0, 1.3, 2.0])
    line = fit_linear(p, 100 - 20 * p)
    assert (line.level.value, line.slope.value) == pytest.approx((100, 20))
    power = fit_constant_elasticity(p, 7 * p**-1.7)
    assert (np.exp(power.level.value), power.slope.value) == pytest.approx((7, 1.7))


@pytest.mark.parametrize("fit", [fit_linear, fit_constant_elasticity])
def test_intervals_of_curves_cover_the_truth(fit):
    rng = np.random.default_rng(3)
    p, hits, tried = rng.uniform(0.5, 2, 30), 0, 150
    for _ in range(tried):
        if fit is fit_linear:
            found, truth = fit(p, 100 - 20 * p + rng.normal(0, 5, 30)), 20
        else:
            found, truth = fit(p, rng.poisson(20 * p**-1.7)), 1.7
        hits += found.slope.low <= truth <= found.slope.high
    assert hits / tried > 0.95 - 4 * np.sqrt(0.95 * 0.05 / tried)


def test_a_prior_is_the_range_it_was_made_of():
    prior = alpha_from_prior(-0.8, -2.4, 1, 0.05)
    assert prior.quantile(0.05) == pytest.approx(0.8 / 0.95)
    assert prior.quantile(0.95) == pytest.approx(2.4 / 0.95)
    assert np.median(prior.draws(20_000)) == pytest.approx(prior.median, rel=0.02)
    with pytest.raises(UndercutError, match="elasticity_high"):
        alpha_from_prior(-2, -1, 1, 0.05)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (([1, 1, 1], [10, 11, 12], 100), "same price"),
        (([1, 2], [10, 5], 100), "2 rows for 2"),
        (([1, 2, 3], [5, 10, 20], 100), "fall as the price rises"),
        (([1, 2, 3], [50, 40, 300], 100), "at most the market"),
        (([1, 2, 3], [0, 0, 0], 100), "above 0"),
        (([1, 2, 3], [100, 100, 100], 100), "larger than what was sold"),
        (([1, 2, -3], [3, 2, 1], 100), r"price_usd_per_1k\[2\]"),
        (([1, 2, 3], [3, np.nan, 1], 100), r"volume_1k\[1\]"),
        (([1, 2, 3], [3, 2], 100), "3 rows"),
        (([1, 2, 3], [3, 2, 1], 0), "market_1k"),
        (([1, 2, 3], [3, 2, 1], [10, 20]), "market_1k"),
        (([1, 2, 3], [3, 2, 1], 10, ["a", "b"]), "product"),
        (([1, 2, 3], [3, 2, 1], 100, ["a", "a", "b"], [0, 0, 1]), "one row for each"),
        (([1, 2, 3, 4], [100, 100, 0, 0], 100), "limits"),
    ],
)
def test_rows_that_say_nothing_are_refused(rows, match):
    with pytest.raises(UndercutError, match=match):
        fit_logit(*rows)


def test_curves_that_say_nothing_are_refused():
    for fit in (fit_linear, fit_constant_elasticity):
        for rows in (([1, 1, 1], [1, 2, 3]), ([1, 2], [2, 1]), ([1, 2, 3], [1, 2, 3]), ([], [])):
            with pytest.raises(UndercutError):
                fit(*rows)
    with pytest.raises(UndercutError, match="positive"):
        fit_constant_elasticity([0, 1, 2], [3, 2, 1])
