"""Stack weights: found where there is something to find, left alone where there is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

from undercut.core.contracts import Judged
from undercut.core.errors import UndercutError
from undercut.core.types import Metric
from undercut.evaluation.stacking import fit_stack, stack_log_probs, stack_value
from undercut.measures.calibration import log_loss

K = 4


def parts_of(n, strengths, seed=0):
    """Parts that see the same targets through independent noise, each with its own strength."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, K, n)
    return [log_softmax(rng.normal(size=(n, K)) + s * np.eye(K)[y], axis=1) for s in strengths], y


def judging(y, items=None):
    """Judge like a task whose items are right when all of their units are."""
    at = np.arange(len(y)) if items is None else items

    def judge(scores):
        hit = scores.argmax(1) == y
        right = np.bincount(at, ~hit) == 0
        quality = Metric(value=float(hit.mean()), n=len(y))
        return Judged(quality, 0.0, right, at, y, hit, ("a", "b", "c", "d"), at)

    return judge


def valued(parts, y, found, items=None):
    return stack_value(parts, y, found, judging(y, items))


def test_independent_parts_of_equal_strength_share_the_weight_and_pay():
    parts, y = parts_of(2000, (1.5, 1.5))
    found = fit_stack(parts, y)
    assert 0.4 <= found.weights[0] <= 0.6
    value = valued(parts, y, found)
    assert value.pays and value.test.better and "significant" in value.reason
    fresh, z = parts_of(4000, (1.5, 1.5), seed=1)
    stacked = stack_log_probs(fresh, found)
    assert (stacked.argmax(1) == z).mean() > max((p.argmax(1) == z).mean() for p in fresh) + 0.03
    assert log_loss(stacked, z) < min(log_loss(p, z) for p in fresh)


def test_a_part_that_knows_nothing_gets_next_to_nothing_and_does_not_pay():
    parts, y = parts_of(2000, (2.5, 0.0))
    found = fit_stack(parts, y)
    assert found.weights[0] >= 0.8
    assert not valued(parts, y, found).pays


def test_the_same_part_twice_does_not_pay():
    (part,), y = parts_of(500, (1.5,))
    value = valued([part, part], y, fit_stack([part, part], y))
    assert not value.pays and value.test.difference == 0


def test_useless_second_parts_rarely_pay():
    """Noise added to noise: the one-sided tests at 5 % may let a few through, not many."""
    paid = 0
    for seed in range(60):
        parts, y = parts_of(200, (2.0, 0.0), seed)
        paid += valued(parts, y, fit_stack(parts, y)).pays
    assert paid <= 6


def test_copies_of_a_row_are_no_evidence():
    """Units of one item that move together count as one: forty rows are forty, however long."""
    parts, y = parts_of(120, (2.0, 1.2), 3)
    plain = fit_stack(parts, y)
    items = np.repeat(np.arange(120), 30)
    long = [p[items] for p in parts]
    found = fit_stack(long, y[items], items)
    assert found.weights == plain.weights
    one, many = valued(parts, y, plain), valued(long, y[items], found, items)
    assert one.gain_low == pytest.approx(many.gain_low, abs=5e-3)
    assert one.pays == many.pays
    apart = fit_stack(long, y[items])
    assert valued(long, y[items], apart).gain_low > one.gain_low + 0.02


def test_overconfident_parts_are_cooled():
    parts, y = parts_of(3000, (1.5, 1.5))
    hot = log_softmax(parts[0] * 4, axis=1)
    found = fit_stack([hot, parts[1]], y)
    assert found.temperatures[0] / found.temperatures[1] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize(("n", "told"), [(0, "no validation rows"), (30, "too few")])
def test_few_rows_take_the_usual_weight_and_say_so(n, told):
    parts, y = parts_of(n, (1.0, 1.0))
    found = fit_stack(parts, y)
    assert found.weights == (0.6, 0.4)
    assert told in found.note
    assert stack_log_probs(parts, found).shape == (n, K)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([2, 3]), st.integers(50, 120), st.randoms())
def test_weights_are_shares_and_do_not_see_the_order_of_rows(seed, m, n, rng):
    parts, y = parts_of(n, [1.0 + i for i in range(m)], seed)
    found = fit_stack(parts, y)
    assert sum(found.weights) == pytest.approx(1) and min(found.weights) >= 0
    order = list(range(n))
    rng.shuffle(order)
    again = fit_stack([p[order] for p in parts], y[order])
    assert again.weights == found.weights
    assert again.temperatures == pytest.approx(found.temperatures, rel=1e-3)
    sums = np.exp(stack_log_probs(parts, found).astype(float)).sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)


def test_parts_that_do_not_fit_are_refused():
    parts, y = parts_of(60, (1.0, 1.0))
    for bad in (parts[:1], [parts[0], parts[1][:50]], [parts[0], parts[1][:, :3]], [parts[0]] * 5):
        with pytest.raises(UndercutError, match="two to four parts"):
            fit_stack(bad, y)
    with pytest.raises(UndercutError, match="validation rows to decide on"):
        empty, none = parts_of(0, (1.0, 1.0))
        valued(empty, none, fit_stack(empty, none))
