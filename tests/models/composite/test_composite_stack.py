"""A stack pools its children's probabilities, each with its own weight and temperature."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from undercut.core.contracts import Scored
from undercut.models.composite.stack import make_scorer, pool


def scores(seed, n=6, k=3):
    return log_softmax(2 * np.random.default_rng(seed).normal(size=(n, k)), axis=1)


class Child:
    def __init__(self, log_probs, cut):
        self.log_probs, self.cut = log_probs, cut

    def score(self, inputs):
        return Scored(self.log_probs[: len(inputs)], self.cut[: len(inputs)])


def test_pooling_is_a_weighted_geometric_mean():
    a, b = scores(0), scores(1)
    found = np.exp(pool([a, b], [0.6, 0.4], [1.0, 1.0]))
    product = np.exp(a) ** 0.6 * np.exp(b) ** 0.4
    np.testing.assert_allclose(found, product / product.sum(axis=1, keepdims=True), rtol=1e-5)


def test_temperatures_divide_each_part_and_then_the_pool():
    a, b = scores(0), scores(1)
    found = np.exp(pool([a, b], [0.25, 0.75], [2.0, 0.5], 3.0))
    expected = softmax((0.25 * a / 2.0 + 0.75 * b / 0.5) / 3.0, axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_all_the_weight_on_one_part_is_that_part():
    a, b = scores(0), scores(1)
    np.testing.assert_allclose(pool([a, b], [0.0, 1.0], [1.0, 1.0]), b, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0.1, 10), st.floats(0.1, 10))
def test_the_pool_is_a_distribution_and_does_not_see_the_order(seed, w, t, u):
    a, b = scores(seed), scores(seed + 1)
    one, other = pool([a, b], [w, 1 - w], [t, u]), pool([b, a], [1 - w, w], [u, t])
    np.testing.assert_allclose(np.exp(one.astype(np.float64)).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("names", [("probe", "linear"), ("linear", "probe")])
def test_weights_follow_the_childs_name_in_any_order(names):
    parts = {"probe": scores(0), "linear": scores(1)}
    config = {
        "weights": {"probe": 0.9, "linear": 0.1},
        "temperatures": {"probe": 1.5, "linear": 0.7},
        "temperature": 1.2,
    }
    children = {n: Child(parts[n], [False] * 6) for n in names}
    found = make_scorer(SimpleNamespace(config=config), children).score(["x"] * 6)
    expected = pool([parts["probe"], parts["linear"]], [0.9, 0.1], [1.5, 0.7], 1.2)
    np.testing.assert_allclose(found.log_probs, expected, atol=1e-5)


def test_an_input_cut_by_any_child_is_cut():
    config = {
        "weights": {"a": 0.5, "b": 0.5},
        "temperatures": {"a": 1.0, "b": 1.0},
        "temperature": 1.0,
    }
    children = {
        "a": Child(scores(0), [True, False, False]),
        "b": Child(scores(1), [False, True, False]),
    }
    found = make_scorer(SimpleNamespace(config=config), children).score(["x"] * 3)
    assert list(found.truncated) == [True, True, False]
