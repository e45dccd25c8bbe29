"""Which rows are asked and which are shown."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.core.types import Dataset, Examples
from undercut.data.normal import same_key
from undercut.pipeline.rival.sample import Sample, draw_examples, stratified
from undercut.tasks.text_classification.task import TextClassification

TASK = TextClassification()


def examples(targets, name="f"):
    n = len(targets)
    return Examples([f"text {i}" for i in range(n)], targets, [f"{name}:{i}" for i in range(n)])


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=60),
    st.integers(1, 80),
    st.integers(0, 5),
)
def test_each_label_has_its_share_and_no_row_is_drawn_twice(targets, n, seed):
    rows = examples(targets)
    drawn = stratified(rows, targets, n, seed)
    assert len(drawn) == min(n, len(rows)) == len(set(drawn.rows))
    for label, count in Counter(targets).items():
        exact = min(n, len(rows)) * count / len(rows)
        assert abs(drawn.targets.count(label) - exact) < 1
    assert all(rows.targets[rows.rows.index(r)] == t for r, t in zip(drawn.rows, drawn.targets))


def test_the_draw_does_not_depend_on_the_order_of_the_file_but_on_the_seed():
    targets = ["a", "b", "b", "c"] * 20
    rows = examples(targets)
    back = rows.take(range(len(rows) - 1, -1, -1))
    first = stratified(rows, rows.targets, 12, 1)
    assert stratified(back, back.targets, 12, 1) == first
    assert stratified(rows, rows.targets, 12, 2).rows != first.rows


def test_more_rows_hold_the_fewer_and_are_not_asked_class_by_class():
    rows = examples(["a", "b"] * 50)
    few, many = (stratified(rows, rows.targets, n, 0) for n in (20, 60))
    assert set(few.rows) <= set(many.rows)
    assert len(set(many.targets[:12])) == 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.integers(0, 9))
def test_examples_are_training_rows_and_never_a_text_that_is_asked(k, seed):
    train = examples(["a", "b", "c"] * 10, "train")
    asked = examples(["a", "b", "c"] * 3, "test")  # the same texts as the first nine of training
    asked = Examples([t.upper() + " " for t in asked.inputs], asked.targets, asked.rows)
    data = Dataset("x", TASK.name, "h", ("a", "b", "c"), train, examples(["a"]), asked)
    found = draw_examples(TASK, data, Sample(asked, "test", Path(), [], []), k, seed)
    assert len(found) == k and set(found.rows) <= set(train.rows)
    keys = {same_key(t) for t in asked.inputs}
    assert not keys & {same_key(t) for t in found.inputs}
    if k == 12:
        assert Counter(found.targets) == {"a": 4, "b": 4, "c": 4}


def test_more_examples_than_training_rows_is_an_error():
    data = Dataset("x", TASK.name, "h", ("a", "b"), examples(["a", "b"]), examples(["a"]), None)
    sample = Sample(Examples(["other"], ["a"], ["f:1"]), "test", Path(), [], [])
    with pytest.raises(UndercutError) as caught:
        draw_examples(TASK, data, sample, 3, 0)
    assert caught.value.code == "rival-examples"
