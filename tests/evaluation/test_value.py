"""Advice on what to label next, read from an evaluation."""

from __future__ import annotations

import numpy as np

from undercut.evaluation.value import confused_pairs, label_advice, weakest_classes
from undercut.tasks.text_classification.evaluate import evaluate

LABELS = ("alpha", "beta", "gamma", "delta")


def of(confusion):
    """Evaluate rows that give this confusion matrix."""
    confusion = np.array(confusion)
    y, answers = (
        np.repeat(i, confusion.ravel()) for i in np.indices(confusion.shape).reshape(2, -1)
    )
    scores = np.log(np.where(np.eye(4)[answers] == 1, 0.85, 0.05))
    return evaluate(scores, y, LABELS, split="valid")


WEAK_BETA = [[95, 1, 2, 2], [10, 60, 15, 15], [1, 1, 96, 2], [2, 1, 1, 96]]


def test_a_weak_class_with_few_rows_should_get_more():
    advice = label_advice(of(WEAK_BETA), {"alpha": 500, "beta": 20, "gamma": 400, "delta": 300})
    assert advice[0].startswith("Label more rows of 'beta': 60.0 % of its 100 rows answered right")
    assert "learnt from 20 rows (median 350)" in advice[0]
    assert not any("more rows of 'alpha'" in a for a in advice)


def test_a_weak_class_with_many_rows_should_be_checked_first():
    advice = label_advice(of(WEAK_BETA), {"alpha": 50, "beta": 2000, "gamma": 40, "delta": 30})
    assert not any(a.startswith("Label more rows") for a in advice)
    assert any(a.startswith("Check the labels of 'beta' before buying more") for a in advice)


def test_a_pair_mixed_up_both_ways_is_named_once():
    found = of([[80, 20, 0, 0], [15, 85, 0, 0], [0, 0, 98, 2], [0, 0, 1, 99]])
    pairs = confused_pairs(found)
    assert [(p.first, p.second, p.mixed, p.rows) for p in pairs] == [("alpha", "beta", 35, 200)]
    advice = label_advice(found, dict.fromkeys(LABELS, 100))
    assert any("between 'alpha' and 'beta' (35 of 200)" in a for a in advice)


def test_a_class_with_two_rows_is_not_weaker_than_one_with_forty():
    found = of([[50, 0, 0, 0], [1, 1, 0, 0], [15, 0, 25, 0], [0, 0, 0, 50]])
    assert [c.label for c in weakest_classes(found, 2)] == ["gamma", "beta"]


def test_an_unseen_class_and_a_good_model():
    found = of([[50, 0, 0, 0], [0, 50, 0, 0], [0, 0, 50, 0], [0, 0, 0, 0]])
    assert label_advice(found, dict.fromkeys(LABELS, 10)) == [
        "Hold out rows of 'delta': valid has none, so nothing is known of them."
    ]
    even = label_advice(of(np.diag([50] * 4)), dict.fromkeys(LABELS, 10))
    assert len(even) == 1 and "No class is surely weaker" in even[0]


def test_a_weak_class_nobody_counted_is_no_error():
    assert "learnt from 0 rows" in label_advice(of(WEAK_BETA), {})[0]
