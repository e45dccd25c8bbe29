"""Folds keep groups whole and classes even; a row is scored by a model that never saw it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.methods.linear.cross import cross_probabilities, folds_of


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=80),
    st.integers(2, 5),
    st.integers(0, 3),
)
@settings(max_examples=150, deadline=None)
def test_groups_stay_whole(rows, folds, seed):
    y, groups = (np.array([r[i] for r in rows]) for i in (0, 1))
    fold = folds_of(y, groups, folds, seed)
    assert ((fold >= 0) & (fold < folds)).all()
    assert all(len(set(fold[groups == g].tolist())) == 1 for g in set(groups.tolist()))


@given(st.lists(st.integers(0, 4), min_size=10, max_size=200), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_rows_on_their_own_are_spread_evenly_in_every_class(y, seed):
    y = np.array(y)
    fold = folds_of(y, np.arange(len(y)), 5, seed)
    for k in set(y.tolist()):
        sizes = np.bincount(fold[y == k], minlength=5)
        assert sizes.max() - sizes.min() <= 1


def texts_of(n):
    words = {0: ("refund money back", "return"), 1: ("card lost stolen", "block")}
    y = np.arange(n) % 2
    return [f"{words[k][i % 2]} case {i}" for i, k in enumerate(y)], y


def test_a_row_is_not_learnt_from_itself():
    texts, y = texts_of(80)
    noisy = y.copy()
    noisy[7] = 1 - noisy[7]
    p = cross_probabilities(texts, noisy, 2, np.arange(80), folds=4)
    assert p.shape == (80, 2)
    assert np.allclose(p.sum(axis=1), 1)
    assert p.argmax(axis=1)[7] == y[7]
    assert (p.argmax(axis=1) == y).mean() > 0.9


def test_a_copy_does_not_vouch_for_its_wrong_label():
    texts, y = texts_of(80)
    texts += ["refund money back return zyzzyva"] * 4
    wrong = np.concatenate([y, np.ones(4, int)])
    groups = np.concatenate([np.arange(80), np.full(4, 99)])
    apart = cross_probabilities(texts, wrong, 2, np.arange(84), folds=4)[80:, 1]
    together = cross_probabilities(texts, wrong, 2, groups, folds=4)[80:, 1]
    assert (together < 0.5).all()
    assert together.max() < apart.min()


def test_one_class_only_is_said():
    with pytest.raises(ValueError, match="one class"):
        cross_probabilities(["a b", "c d", "e f"], np.zeros(3, int), 2, np.arange(3), folds=2)
