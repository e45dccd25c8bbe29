"""The whole record: figures that agree with each other, the rows that were wrong, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn import metrics as theirs

from undercut.core.errors import UndercutError
from undercut.measures.record import Evaluation
from undercut.tasks.text_classification.evaluate import MOST_MISTAKES, evaluate

LABELS = ("好评", "差评", "other")


def case(n, seed=0, k=3, strength=2.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    scores = rng.normal(size=(n, k))
    scores[np.arange(n), y] += strength
    return log_softmax(scores, axis=1), y


def test_the_figures_are_scikit_learns():
    scores, y = case(500)
    found = evaluate(scores, [LABELS[i] for i in y], LABELS, split="test")
    answers = scores.argmax(axis=1)
    assert found.accuracy.value == pytest.approx(theirs.accuracy_score(y, answers))
    assert found.macro_f1.value == pytest.approx(theirs.f1_score(y, answers, average="macro"))
    assert found.weighted_f1 == pytest.approx(theirs.f1_score(y, answers, average="weighted"))
    for kind in ("macro", "weighted"):
        p, r, _, _ = theirs.precision_recall_fscore_support(y, answers, average=kind)
        ours = (getattr(found, f"{kind}_precision"), getattr(found, f"{kind}_recall"))
        assert ours == pytest.approx((p, r))
    assert found.log_loss == pytest.approx(theirs.log_loss(y, np.exp(scores)))
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert found.macro_f1.low < found.macro_f1.value < found.macro_f1.high
    assert [c.support for c in found.classes] == np.bincount(y).tolist()
    assert sum(c.count for c in found.confusions) == (answers != y).sum()
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def test_mistakes_are_the_wrong_rows_most_confident_first():
    scores = np.log([[0.8, 0.1, 0.1], [0.1, 0.6, 0.3], [0.05, 0.05, 0.9], [0.2, 0.7, 0.1]])
    found = evaluate(
        scores,
        ["好评", "好评", "差评", "差评"],
        LABELS,
        split="valid",
        texts=["a", "b", "c", "d"],
        rows=["f:2", "f:3", "f:4", "f:5"],
        truncated=[False, True, False, False],
    )
    assert [(m.row, m.text, m.target, m.answer) for m in found.mistakes] == [
        ("f:4", "c", "差评", "other"),
        ("f:3", "b", "好评", "差评"),
    ]
    assert found.mistakes[0].probability == pytest.approx(0.9)
    assert found.truncated == 1
    assert [(c.target, c.answer, c.count) for c in found.confusions] == [
        ("好评", "差评", 1),
        ("差评", "other", 1),
    ]


def test_only_the_worst_mistakes_are_kept():
    scores, y = case(2000, strength=0.0)
    found = evaluate(scores, y, LABELS, split="test")
    kept = [m.probability for m in found.mistakes]
    assert len(kept) == MOST_MISTAKES
    assert kept == sorted(kept, reverse=True)
    wrong = scores.argmax(axis=1) != y
    assert kept[-1] >= np.sort(np.exp(scores.max(axis=1)[wrong]))[-MOST_MISTAKES] - 1e-12


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 40), st.randoms())
def test_the_order_of_rows_does_not_matter(seed, n, rng):
    scores, y = case(n, seed)
    order = list(range(n))
    rng.shuffle(order)
    one = evaluate(scores, y, LABELS, split="s").model_dump()
    other = evaluate(scores[order], y[order], LABELS, split="s").model_dump()
    assert one.pop("log_loss") == pytest.approx(other.pop("log_loss"))
    assert one.pop("mistakes") == sorted(other.pop("mistakes"), key=lambda m: -m["probability"])
    for a, b in zip(one.pop("reliability"), other.pop("reliability"), strict=True):
        assert a == pytest.approx(b)
    assert one.pop("ece") == pytest.approx(other.pop("ece"))
    assert one == other


def test_a_probability_of_zero_is_finite():
    with np.errstate(divide="ignore"):
        scores = np.log(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    found = evaluate(scores, [0, 0], LABELS, split="s")
    assert found.log_loss == pytest.approx(50)


def test_everything_wrong_is_told_at_once():
    with pytest.raises(UndercutError) as error:
        evaluate(np.zeros((2, 3)), ["好评", "nope", "nada"], LABELS, split="s", texts=["a"])
    told = str(error.value)
    assert len(error.value.problems) == 3
    assert "do not sum to 1" in told and "'nada', 'nope'" in told and "1 texts" in told


@pytest.mark.parametrize(
    ("scores", "targets", "told"),
    [
        (np.zeros((0, 3)), [], "at least one labelled row"),
        (np.log(np.full((1, 2), 0.5)), [0], r"\(rows, 3\)"),
        (np.full((1, 3), np.nan), [0], "NaN in 1 of 1"),
        (np.log(np.full((1, 3), 1 / 3)), np.array([7]), "outside 0 to 2"),
        ([["a", "b", "c"]], [0], "not numbers"),
    ],
)
def test_rows_that_do_not_fit_are_refused(scores, targets, told):
    with pytest.raises(UndercutError, match=told):
        evaluate(scores, targets, LABELS, split="s")
