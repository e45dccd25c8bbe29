"""Confusion matrix and averages against scikit-learn, and what must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from undercut.measures.metrics import averages, class_metrics, confusion_matrix

K = 5


@st.composite
def answered(draw):
    n = draw(st.integers(1, 40))
    label = st.integers(0, draw(st.integers(0, K - 1)))
    rows = st.lists(label, min_size=n, max_size=n)
    return np.array(draw(rows)), np.array(draw(rows))


@given(answered())
def test_agrees_with_scikit_learn(case):
    y, answers = case
    confusion = confusion_matrix(y, answers, K)
    np.testing.assert_array_equal(confusion, theirs.confusion_matrix(y, answers, labels=range(K)))
    each = class_metrics(confusion)
    p, r, f, s = theirs.precision_recall_fscore_support(
        y, answers, labels=range(K), zero_division=0
    )
    for ours, expected in zip(
        (each.precision, each.recall, each.f1, each.support), (p, r, f, s), strict=True
    ):
        np.testing.assert_allclose(ours, expected, atol=1e-12)
    mean = averages(confusion)
    for kind in ("macro", "weighted"):
        p, r, f, _ = theirs.precision_recall_fscore_support(
            y, answers, average=kind, zero_division=0
        )
        ours = [getattr(mean, f"{kind}_{name}") for name in ("precision", "recall", "f1")]
        assert ours == pytest.approx([p, r, f])
    assert mean.micro_f1 == pytest.approx(theirs.f1_score(y, answers, average="micro"))
    assert mean.accuracy == pytest.approx(theirs.accuracy_score(y, answers))


@given(answered(), st.randoms())
def test_the_order_of_rows_and_the_names_of_labels_do_not_matter(case, rng):
    y, answers = case
    mean = averages(confusion_matrix(y, answers, K))
    order = list(range(len(y)))
    rng.shuffle(order)
    assert averages(confusion_matrix(y[order], answers[order], K)) == mean
    names = list(range(K))
    rng.shuffle(names)
    renamed = averages(confusion_matrix(np.array(names)[y], np.array(names)[answers], K))
    assert vars(renamed) == pytest.approx(vars(mean))


@given(answered())
def test_every_figure_is_a_share(case):
    confusion = confusion_matrix(*case, K)
    each = class_metrics(confusion)
    assert all(0 <= v <= 1 for v in vars(averages(confusion)).values())
    assert all(((x >= 0) & (x <= 1)).all() for x in (each.precision, each.recall, each.f1))


def test_a_class_never_answered_has_precision_zero():
    each = class_metrics(confusion_matrix(np.array([0, 1]), np.array([0, 0]), 3))
    assert each.precision.tolist() == [0.5, 0.0, 0.0]
    assert each.recall.tolist() == [1.0, 0.0, 0.0]
    assert each.support.tolist() == [1, 1, 0]
