"""When a small model passes a request on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import cascade

pytestmark = pytest.mark.filterwarnings("error")

COSTS = {"small_usd_per_request": 1e-5, "big_usd_per_request": 0.001, "usd_per_error": 0.01}


def test_every_figure_of_the_uniform_example():
    c = cascade.expected_uniform(0.5, 1.0, accuracy_big=0.95, **COSTS)
    assert c.threshold == pytest.approx(0.85)
    assert c.escalated == pytest.approx(0.7)
    assert c.accuracy == pytest.approx(0.9425)
    assert c.usd_per_request == pytest.approx(0.00071)
    assert c.loss_usd_per_request == pytest.approx(0.001285)
    assert c.small_only_loss_usd == pytest.approx(0.00251)
    assert c.big_only_loss_usd == pytest.approx(0.00150)


def test_a_large_even_sample_gives_the_closed_form():
    sample = np.linspace(0.5, 1.0, 100_001)
    exact = cascade.expected_uniform(0.5, 1.0, 0.95, **COSTS)
    drawn = cascade.expected(sample, 0.95, **COSTS)
    for field in ("escalated", "accuracy", "usd_per_request", "loss_usd_per_request"):
        assert getattr(drawn, field) == pytest.approx(getattr(exact, field), rel=1e-4)
    assert drawn.small_only_loss_usd == pytest.approx(exact.small_only_loss_usd)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(1e-3, 10),
    st.floats(-0.5, 1.5),
)
def test_no_other_threshold_loses_less(sample, accuracy_big, big, per_error, other):
    best = cascade.expected(sample, accuracy_big, 0.0, big, per_error)
    moved = cascade.expected(sample, accuracy_big, 0.0, big, per_error, at=other)
    assert best.loss_usd_per_request <= moved.loss_usd_per_request + 1e-9
    assert best.loss_usd_per_request <= best.small_only_loss_usd + 1e-9
    assert best.loss_usd_per_request <= best.big_only_loss_usd + 1e-9


def test_a_big_model_too_dear_is_never_asked():
    c = cascade.expected_uniform(0.5, 1.0, 0.95, 0.0, big_usd_per_request=1.0, usd_per_error=0.01)
    assert c.threshold < 0
    assert c.escalated == 0
    assert c.accuracy == pytest.approx(0.75)


@pytest.mark.parametrize("bad", [[], [1.2], [-0.1], [float("nan")], ["x"], [[0.5]], None])
def test_confidences_that_are_none_are_refused(bad):
    with pytest.raises(UndercutError, match="confidence from 0 to 1"):
        cascade.expected(bad, 0.95, **COSTS)
