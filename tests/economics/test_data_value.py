"""What another label is worth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import data_value as dv
from undercut.economics.records import LearningCurve

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

SIZES = [100, 200, 400, 800, 1600, 3200]
EXACT = [0.04 + 1.8 * n**-0.45 for n in SIZES]


def curve(a=1.8, b=0.45, c=0.04, largest=3200.0) -> LearningCurve:
    return LearningCurve(a=a, b=b, c=c, covariance=[[0.0] * 3] * 3, largest=largest, points=6)


def test_exact_points_give_their_parameters():
    found = dv.fit_learning_curve(SIZES, EXACT)
    assert (found.a, found.b, found.c) == pytest.approx((1.8, 0.45, 0.04), rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 3), st.floats(0.2, 0.9), st.floats(0.0, 0.1))
def test_exact_points_of_other_curves_are_reproduced(a, b, c):
    errors = [c + a * n**-b for n in SIZES]
    if max(errors) > 1:
        return
    found = dv.fit_learning_curve(SIZES, errors)
    np.testing.assert_allclose([dv.error_after(found, n) for n in SIZES], errors, atol=1e-6)


def test_the_published_optimum():
    best = dv.best_labels(curve(), value_usd=4000, usd_per_label=0.08)
    assert best.labels == pytest.approx(1505.064764, abs=1e-6)
    assert best.error == pytest.approx(0.1068917673, abs=1e-10)
    assert not best.extrapolated
    assert dv.best_labels(curve(largest=300), 4000, 0.08).extrapolated


@given(st.floats(10, 1e5), st.floats(1, 1e4), st.floats(0.001, 10))
def test_no_other_number_of_labels_costs_less(n, value, price):
    best = dv.best_labels(curve(), value, price)
    here = value * dv.error_after(curve(), n) + price * n
    assert value * best.error + best.cost_usd <= here + 1e-9 * here


def test_the_interval_covers_what_repeated_measurements_show():
    rng = np.random.default_rng(0)
    m, hits, tried = 2000, 0, 120
    truth = dv.error_after(curve(), 3200) - dv.error_after(curve(), 6400)
    for _ in range(tried):
        errors = rng.binomial(m, EXACT) / m
        found = dv.fit_learning_curve(SIZES, errors, [m] * len(SIZES))
        worth = dv.worth_of_more(found, 3200, 3200, 0.1, 1000)
        hits += worth.fall_low <= truth <= worth.fall_high
    assert hits / tried > 0.85


def test_more_labels_bring_their_fall_and_cost_their_price():
    worth = dv.worth_of_more(curve(), 1600, 100, usd_per_label=0.5, value_usd=4000)
    assert worth.fall == pytest.approx(1.8 * (1600**-0.45 - 1700**-0.45))
    assert worth.gain_usd == pytest.approx(4000 * worth.fall)
    assert worth.cost_usd == 50 and not worth.extrapolated
    assert dv.worth_of_more(curve(largest=300), 1600, 100, 0.5, 4000).extrapolated


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(UndercutError, match="at least 4 different sizes"):
        dv.fit_learning_curve([100, 200, 200], [0.3, 0.2, 0.2])
    with pytest.raises(UndercutError, match="from 0 to 1"):
        dv.fit_learning_curve(SIZES, [*EXACT[:-1], 1.5])
    with pytest.raises(UndercutError, match="positive"):
        dv.best_labels(curve(), 0, 1)


def test_what_an_error_costs_over_the_horizon():
    assert dv.horizon_value(1e6, 0.001, 4) == pytest.approx(4000)
    # An annuity: 1000 a month at 1 % for a year.
    assert dv.horizon_value(1e6, 0.001, 12, 0.01) == pytest.approx(1000 * (1 - 1.01**-12) / 0.01)


def test_at_the_best_number_the_next_label_brings_what_it_costs():
    best = dv.best_labels(curve(), 4000, 0.08)
    assert dv.marginal_value(curve(), best.labels, 4000) == pytest.approx(0.08)
    step = dv.error_after(curve(), 1000) - dv.error_after(curve(), 1001)
    assert dv.marginal_value(curve(), 1000.5, 4000) == pytest.approx(4000 * step, rel=1e-6)


def test_the_best_number_carries_the_uncertainty_of_the_fit():
    rng = np.random.default_rng(0)
    m, error_hits, label_hits, tried = 4000, 0, 0, 100
    truth = dv.best_labels(curve(), 4000, 0.08)
    for _ in range(tried):
        found = dv.fit_learning_curve(SIZES, rng.binomial(m, EXACT) / m, [m] * len(SIZES))
        best = dv.best_labels(found, 4000, 0.08)
        if best.labels_low is not None:
            label_hits += best.labels_low <= truth.labels <= best.labels_high
        low, high = dv.error_interval(found, 1500)
        error_hits += low <= dv.error_after(curve(), 1500) <= high
    assert error_hits >= 95 - 9
    assert label_hits >= 95 - 12


def test_beyond_four_times_the_figures_come_with_a_warning():
    near, far = curve(largest=400), curve(largest=300)
    assert dv.best_labels(near, 4000, 0.08).warning == ""
    assert "5.0 times the 300 measured" in dv.best_labels(far, 4000, 0.08).warning
    assert "measure more first" in dv.worth_of_more(far, 300, 1000, 0.1, 100).warning


def test_errors_that_do_not_fall_give_no_curve():
    for errors in ([0.1] * 6, [0.1, 0.11, 0.12, 0.13, 0.14, 0.15], [0.0] * 6):
        with pytest.raises(UndercutError, match="fall"):
            dv.fit_learning_curve(SIZES, errors)
