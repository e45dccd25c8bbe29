"""Temperature, log loss, calibration error, accuracy at coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.metrics import log_loss as their_log_loss

from undercut.core.errors import UndercutError
from undercut.measures.calibration import (
    expected_calibration_error,
    fit_temperature,
    log_loss,
    reliability_bins,
)
from undercut.measures.coverage import accuracy_at_coverage


def drawn(n, k, seed, temperature=1.0):
    """Scores whose softmax at ``temperature`` is the distribution the targets were drawn from."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, k))
    p = np.exp(log_softmax(logits, axis=1))
    y = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=k - 1)
    return logits * temperature, y


def test_log_loss_is_scikit_learns():
    logits, y = drawn(300, 4, 0)
    x = log_softmax(logits, axis=1)
    assert log_loss(x, y) == pytest.approx(their_log_loss(y, np.exp(x), labels=range(4)))


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0, 8.0])
def test_the_temperature_that_made_the_scores_is_found_again(temperature):
    assert fit_temperature(*drawn(20_000, 5, 1, temperature)) == pytest.approx(
        temperature, rel=0.05
    )


def test_no_other_temperature_on_a_fine_grid_is_likelier():
    logits, y = drawn(2000, 5, 2, 2.5)
    found = log_loss(log_softmax(logits / fit_temperature(logits, y), axis=1), y)
    for t in np.geomspace(0.05, 40, 300):
        assert found <= log_loss(log_softmax(logits / t, axis=1), y) + 1e-4


@given(st.integers(0, 1000), st.floats(-50, 50))
def test_a_constant_on_every_score_changes_nothing(seed, constant):
    logits, y = drawn(50, 3, seed)
    assert fit_temperature(logits + constant, y) == pytest.approx(
        fit_temperature(logits, y), rel=1e-3
    )


def test_a_split_without_a_mistake_does_not_freeze_the_temperature():
    y = np.arange(50) % 3
    found = fit_temperature(log_softmax(4 * np.eye(3)[y], axis=1), y)
    assert 0.3 < found < 1


@pytest.mark.parametrize(
    ("scores", "y"),
    [
        (np.zeros((0, 3)), []),
        (np.full((2, 3), np.nan), [0, 1]),
        (np.zeros((2, 3)), [0, 3]),
        (np.zeros((2, 3)), [0]),
    ],
)
def test_rows_that_do_not_fit_are_refused(scores, y):
    with pytest.raises(UndercutError, match="finite scores of at least one row"):
        fit_temperature(scores, np.array(y, int))


def test_the_calibration_error_by_hand():
    confidence = np.array([0.6, 0.6, 0.9, 0.9])
    bins = reliability_bins(confidence, np.array([True, False, True, True]), bins=2)
    assert [(b.low, b.high, b.rows) for b in bins] == [(0.6, 0.9, 2), (0.9, 1.0, 2)]
    assert [b.accuracy for b in bins] == [0.5, 1.0]
    assert expected_calibration_error(bins) == pytest.approx(0.5 * 0.1 + 0.5 * 0.1)
    assert expected_calibration_error([]) == 0


def test_a_calibrated_model_has_a_small_error_and_an_overconfident_one_a_large_one():
    logits, y = drawn(20_000, 4, 3)
    errors = []
    for t in (1.0, 0.4):
        p = np.exp(log_softmax(logits / t, axis=1))
        correct = p.argmax(axis=1) == y
        errors.append(expected_calibration_error(reliability_bins(p.max(axis=1), correct)))
    assert errors[0] < 0.02 < 0.1 < errors[1]


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 80), st.randoms())
def test_bins_and_coverage_do_not_see_the_order_of_rows(seed, n, rng):
    draw = np.random.default_rng(seed)
    confidence = draw.integers(1, 8, n) / 8  # many ties
    correct = draw.random(n) < confidence
    order = list(range(n))
    rng.shuffle(order)
    bins, points = reliability_bins(confidence, correct), accuracy_at_coverage(confidence, correct)
    assert reliability_bins(confidence[order], correct[order]) == bins
    assert accuracy_at_coverage(confidence[order], correct[order]) == points
    assert sum(b.rows for b in bins) == n
    assert 0 <= expected_calibration_error(bins) <= 1
    assert all(b.low <= b.confidence <= b.high for b in bins)


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 80))
def test_each_point_of_the_coverage_curve_is_what_its_threshold_gives(seed, n):
    draw = np.random.default_rng(seed)
    confidence = draw.integers(1, 20, n) / 20
    correct = draw.random(n) < 0.7
    points = accuracy_at_coverage(confidence, correct)
    assert points[0].coverage == 1 and points[0].accuracy == pytest.approx(correct.mean())
    for p in points:
        kept = confidence >= p.threshold
        assert p.coverage == pytest.approx(kept.mean())
        assert p.accuracy == pytest.approx(correct[kept].mean())
    falling = [p.coverage for p in points]
    assert falling == sorted(set(falling), reverse=True)
    for share in (0.25, 0.5, 0.9):
        chosen = accuracy_at_coverage(confidence, correct, (share,))
        assert chosen[0].coverage >= share - 1e-9
