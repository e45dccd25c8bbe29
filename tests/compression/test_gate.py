"""The gate: what passes, what is refused, what needs more rows, in words a user can act on."""

from __future__ import annotations

import re

import numpy as np
import pytest
from gate_rows import LABELS, gate, judge, pair, scores_of
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.core.types import GateResult

SAME = np.arange(200) % 3


def test_an_identical_candidate_passes_from_299_rows():
    assert judge(299, 0, 0).verdict == "passed"
    few = judge(298, 0, 0)
    assert few.verdict == "needs-rows"
    assert few.rows_needed == 299
    assert "298 rows" in few.reason and "about 299 rows could" in few.reason


def test_a_passed_candidate_says_what_was_proven():
    found = judge(1000, 2, 2, wrong=50)
    assert found.verdict == "passed"
    assert found.drop == 0 and 0 < found.drop_upper <= 0.01
    assert found.rows == 1000 and found.rows_needed is None
    assert found.agreement_labelled == pytest.approx(0.996)
    assert found.agreement_unlabelled == 1
    assert found.reference == "r" * 64
    assert "Measured drop 0.00 % on 1 000 rows" in found.reason.replace("\u202f", " ")
    assert GateResult.model_validate_json(found.model_dump_json()) == found


def test_an_insignificant_drop_on_few_rows_proves_nothing():
    """The measured drop is within the bound; its interval is not."""
    found = judge(300, 2, 0)
    assert found.drop < 0.01 < found.drop_upper
    assert found.verdict == "needs-rows"
    assert found.rows_needed > 300


def test_no_labelled_rows_prove_nothing():
    found = judge(0, 0, 0)
    assert found.verdict == "needs-rows" and found.drop is None and found.rows_needed == 299


def test_the_rows_it_asks_for_do_prove_it_at_the_same_rates():
    few = judge(400, 1, 1)
    assert few.verdict == "needs-rows"
    share = few.rows_needed / 400
    assert judge(few.rows_needed, round(share), round(share)).verdict == "passed"


def test_a_measured_drop_beyond_the_bound_is_refused():
    found = judge(1000, 15, 3)
    assert found.verdict == "refused"
    assert "Accuracy dropped by 1.20 %" in found.reason
    assert "15 lost, 3 gained" in found.reason
    assert judge(1000, 15, 3, max_drop=0.05).verdict == "passed"


def test_a_gain_passes():
    found = judge(600, 0, 9)
    assert found.verdict == "passed" and found.drop < 0


def test_labels_in_another_order_are_refused():
    found = judge(500, 0, 0, labels_candidate=("b", "a", "c"))
    assert found.verdict == "refused"
    assert found.reason == "The labels are in another order."
    assert found.drop is None and found.agreement_labelled is None


@pytest.mark.parametrize("labels", [("a", "b", "d"), ("a", "b")])
def test_other_labels_are_refused(labels):
    found = judge(500, 0, 0, labels_candidate=labels)
    assert found.verdict == "refused" and "not the same" in found.reason


def disagree(m, rows=200):
    after = SAME[:rows].copy()
    after[:m] = (after[:m] + 1) % 3
    return scores_of(SAME[:rows]), scores_of(after)


def test_disagreement_on_unlabelled_rows_is_refused_however_good_the_labelled_ones():
    assert judge(1000, 0, 0, unlabelled=disagree(4)).verdict == "passed"
    found = judge(1000, 0, 0, unlabelled=disagree(5))
    assert found.verdict == "refused"
    assert "97.50 % of 200 unlabelled rows" in found.reason
    assert judge(1000, 0, 0, unlabelled=disagree(5), min_agreement=0.97).verdict == "passed"


def test_disagreement_on_labelled_rows_is_refused_though_accuracy_is_kept():
    found = judge(2000, 25, 25)
    assert found.verdict == "refused" and found.drop == 0
    assert "labelled rows as its reference does" in found.reason


def test_without_unlabelled_rows_it_says_so():
    found = judge(1000, 0, 0, unlabelled=(None, None))
    assert found.verdict == "passed" and found.agreement_unlabelled is None
    assert "no unlabelled rows were compared" in found.reason


def test_a_class_that_collapses_is_refused_though_the_average_is_kept():
    y = np.concatenate([np.zeros(4000, int), np.ones(4000, int), np.full(40, 2)])
    after = y.copy()
    after[-20:] = 0
    found = gate(
        scores_of(y),
        scores_of(after),
        y,
        None,
        None,
        labels_reference=LABELS,
        labels_candidate=LABELS,
        reference_hash="r",
    )
    assert found.drop < 0.01 and found.drop_upper < 0.01
    assert found.verdict == "refused"
    assert "'c' lost 20 and gained 0 of its 40 rows" in found.reason


def test_every_reason_is_told():
    found = judge(1000, 40, 0, unlabelled=disagree(50))
    assert found.verdict == "refused"
    assert found.reason.count(";") >= 2
    for word in ("labelled", "unlabelled", "accuracy dropped"):
        assert word in found.reason


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda x: x[:-1], "rows were scored"),
        (lambda x: x[:, :2], "shape"),
        (lambda x: x + 1, "do not sum to 1"),
        (lambda x: np.where(np.arange(len(x))[:, None] == 3, np.nan, x), "NaN in 1 of 300 rows"),
        (lambda x: np.exp(x), "do not sum to 1"),
        (lambda x: None, "shape"),
    ],
)
def test_scores_that_are_no_log_probabilities_are_refused_and_never_raise(change, told):
    before, after, y = pair(300, 0, 0)
    found = gate(
        scores_of(before),
        change(scores_of(after)),
        y,
        None,
        None,
        labels_reference=LABELS,
        labels_candidate=LABELS,
        reference_hash="r",
    )
    assert found.verdict == "refused" and told in found.reason


def test_one_side_without_unlabelled_scores_is_refused():
    found = judge(400, 0, 0, unlabelled=(scores_of(SAME), None))
    assert found.verdict == "refused" and "unlabelled" in found.reason


def test_bounds_that_are_no_shares_are_told_at_once():
    with pytest.raises(UndercutError) as error:
        judge(10, 0, 0, max_drop=1.5, confidence=0.2, min_agreement=-1, max_class_drop=0)
    assert [p.where for p in error.value.problems] == [
        "max_drop",
        "confidence",
        "min_agreement",
        "max_class_drop",
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 12), st.integers(0, 12), st.randoms())
def test_the_verdict_does_not_see_the_order_of_rows_and_keeps_its_word(n, lost, gained, rng):
    lost = min(lost, n)
    gained = min(gained, n - lost)
    before, after, y = pair(n, lost, gained)
    order = list(range(n))
    rng.shuffle(order)
    order = np.array(order, int)
    names = {"labels_reference": LABELS, "labels_candidate": LABELS, "reference_hash": "r"}
    found = gate(scores_of(before), scores_of(after), y, None, None, **names)
    again = gate(scores_of(before[order]), scores_of(after[order]), y[order], None, None, **names)
    assert again == found
    if found.verdict == "passed":
        assert found.drop_upper <= found.max_drop
    if found.verdict == "needs-rows":
        assert found.rows_needed is None or found.rows_needed > n
        assert re.search(r"rows? ?(could|\()", found.reason)


@settings(max_examples=60, deadline=None)
@given(st.integers(50, 1500), st.integers(0, 10), st.integers(0, 10))
def test_losing_one_row_more_never_helps(n, lost, gained):
    order = ["refused", "needs-rows", "passed"]
    one = judge(n, lost, gained, min_agreement=0.0)
    more = judge(n, lost + 1, gained, min_agreement=0.0)
    assert order.index(more.verdict) <= order.index(one.verdict)


@pytest.mark.parametrize(("flipped", "wanted"), [(0, "passed"), (2, "passed"), (3, "refused")])
def test_labels_that_depend_on_the_texts_beside_them_are_stated_and_bounded(flipped, wanted):
    _, answers, _ = pair(100, 0, 0)
    beside, alone = scores_of(answers), scores_of((answers + 1) % 3)
    alone[flipped:] = beside[flipped:] + 0.0
    found = judge(400, 0, 0, company=(beside, alone))
    assert found.verdict == wanted, found.reason
    assert found.batch_flips == flipped / 100
    assert found.batch_shift == pytest.approx(0.7 if flipped else 0.0)
    assert ("answered alone" in found.reason.lower()) == bool(flipped)
    assert judge(400, 0, 0).batch_shift is None
