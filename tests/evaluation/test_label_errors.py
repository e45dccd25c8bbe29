"""Confident learning: by hand on a small table, and what must hold on any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.evaluation.label_errors import (
    confident_classes,
    estimated_errors,
    suspicions,
    thresholds,
)


def two(p):
    return np.array([[x, 1 - x] for x in p])


def test_by_hand():
    p, y = two([0.9, 0.8, 0.1, 0.2, 0.3, 0.95]), np.array([0, 0, 0, 1, 1, 1])
    assert thresholds(p, y) == pytest.approx([0.6, (0.8 + 0.7 + 0.05) / 3])
    assert confident_classes(p, y).tolist() == [0, 0, 1, 1, 1, 0]
    # The joint is [[2, 1], [1, 2]]: a third of each class's three rows is expected to be wrong.
    assert estimated_errors(p, y) == 2
    found = suspicions(p, y)
    assert found.rows.tolist() == [5, 2]
    assert found.given.tolist() == [1, 0]
    assert found.likely.tolist() == [0, 1]
    assert found.confidence == pytest.approx([0.95, 0.9])
    assert found.self_confidence == pytest.approx([0.05, 0.1])


def test_planted_errors_come_first():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 2000)
    p = rng.dirichlet(np.ones(4), 2000) * 0.3
    p[np.arange(2000), true] += 0.7
    given = true.copy()
    planted = rng.choice(2000, 100, replace=False)
    given[planted] = (given[planted] + 1) % 4
    found = suspicions(p, given)
    assert set(found.rows.tolist()) <= set(planted.tolist())
    assert 75 <= len(found.rows) <= found.estimated <= 110


@st.composite
def tables(draw):
    n, k = draw(st.integers(1, 40)), draw(st.integers(1, 5))
    seed = draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(k, 0.5), n), rng.integers(0, k, n)


@given(tables())
@settings(max_examples=200, deadline=None)
def test_what_must_hold_on_any_table(table):
    p, y = table
    found = suspicions(p, y)
    assert len(set(found.rows.tolist())) == len(found.rows) <= found.estimated <= len(y)
    assert (np.diff(found.self_confidence) >= 0).all()
    assert (found.likely != found.given).all()
    assert (found.likely == p.argmax(axis=1)[found.rows]).all()
    assert (found.given == y[found.rows]).all()
    sizes = np.bincount(y, minlength=p.shape[1])
    assert (sizes[found.given] > 1).all()


@given(tables(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_does_not_matter(table, rng):
    p, y = table
    order = list(range(len(y)))
    rng.shuffle(order)
    here, there = suspicions(p, y), suspicions(p[order], y[order])
    assert sorted(here.self_confidence) == pytest.approx(sorted(there.self_confidence))
    assert here.estimated == there.estimated


def test_a_label_nobody_doubts_is_not_suspected():
    p, y = two([0.9, 0.8, 0.1, 0.2]), np.array([0, 0, 1, 1])
    assert len(suspicions(p, y).rows) == 0


@pytest.mark.parametrize(
    ("p", "y"),
    [
        (two([0.5]), [0, 1]),
        (two([0.5]), [2]),
        (np.array([[0.5, 0.6]]), [0]),
        (np.array([[1.5, -0.5]]), [0]),
        (np.zeros((0, 0)), []),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(p, y):
    with pytest.raises(ValueError, match="probabilities"):
        suspicions(p, np.array(y, int))
