"""Intervals against published values and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from undercut.measures.intervals import bootstrap_macro_f1, wilson, z_score
from undercut.measures.metrics import averages, confusion_matrix


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_as_published(hits, n, low, high):
    """Newcombe 1998, Statistics in Medicine 17, p. 857, table I, method 3."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_agrees_with_scipy_and_holds_the_share(n, data, confidence):
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n, confidence)
    expected = binomtest(hits, n).proportion_ci(confidence, "wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= hits / n <= high <= 1


def test_wilson_takes_arrays_and_knows_nothing_without_rows():
    low, high = wilson(np.array([0, 5, 0]), np.array([0, 10, 10]))
    assert low.tolist()[0] == 0 and high.tolist()[0] == 1
    assert wilson(5, 10) == (low[1], high[1])


def test_quantiles():
    assert z_score(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert z_score(0.95, sides=1) == pytest.approx(1.644854, abs=1e-6)


def draw(rng, n, k, right):
    y = rng.integers(0, k, n)
    return y, np.where(rng.random(n) < right, y, rng.integers(0, k, n))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0, 1))
def test_the_bootstrap_holds_its_point_and_repeats_itself(seed, n, right):
    confusion = confusion_matrix(*draw(np.random.default_rng(seed), n, 4, right), 4)
    low, high = bootstrap_macro_f1(confusion, resamples=200, seed=seed)
    assert 0 <= low <= averages(confusion).macro_f1 <= high <= 1
    assert (low, high) == bootstrap_macro_f1(confusion, resamples=200, seed=seed)


def test_the_bootstrap_narrows_with_rows():
    widths = []
    for n in (100, 400, 6400):
        confusion = confusion_matrix(*draw(np.random.default_rng(1), n, 4, 0.7), 4)
        low, high = bootstrap_macro_f1(confusion)
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 4 * widths[2]


def test_without_a_mistake_the_bootstrap_still_doubts():
    low, high = bootstrap_macro_f1(np.diag([10, 10]))
    assert high == 1
    assert low == pytest.approx(float(wilson(20, 20)[0]))
    none_right = np.array([[0, 10], [10, 0]])
    assert bootstrap_macro_f1(none_right) == (0.0, pytest.approx(float(wilson(0, 20)[1])))


def test_the_bootstrap_covers_about_as_often_as_it_says():
    rng, k = np.random.default_rng(0), 3
    truth = averages(confusion_matrix(*draw(rng, 400_000, k, 0.7), k)).macro_f1
    held = 0
    for seed in range(200):
        confusion = confusion_matrix(*draw(rng, 300, k, 0.7), k)
        low, high = bootstrap_macro_f1(confusion, resamples=300, seed=seed)
        held += low <= truth <= high
    assert 0.90 <= held / 200 <= 0.99
