"""The text classification task: labels in, positions and answers out, the prompt a rival needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.contracts import Scored
from undercut.core.errors import UndercutError
from undercut.core.types import Examples
from undercut.tasks.text_classification.task import TextClassification

TASK = TextClassification()


def rows_of(targets):
    return Examples([""] * len(targets), list(targets), [""] * len(targets))


@pytest.mark.parametrize(("cell", "label"), [(" card \n", "card"), ("差评", "差评"), ("0", "0")])
def test_a_target_loses_the_space_around_it(cell, label):
    assert TASK.check_target(cell) == label


@pytest.mark.parametrize("cell", ["", "  ", "\t\n"])
def test_an_empty_target_is_refused(cell):
    with pytest.raises(ValueError, match="empty label"):
        TASK.check_target(cell)


@pytest.mark.parametrize(
    ("targets", "labels"),
    [
        (["b", "a", "b"], ("a", "b")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["nan", "1"], ("1", "nan")),
        (["1", "1.0", "0"], ("0", "1", "1.0")),
        (["差评", "好评"], ("好评", "差评")),
        ([], ()),
    ],
)
def test_labels_are_sorted_and_numbers_by_value(targets, labels):
    assert TASK.label_space(targets) == labels


@given(st.lists(st.text(max_size=4), max_size=12), st.randoms())
def test_the_label_space_does_not_see_the_order_of_rows(targets, rng):
    mixed = list(targets)
    rng.shuffle(mixed)
    space = TASK.label_space(targets)
    assert TASK.label_space(mixed) == space
    assert [space[i] for i in TASK.encode(rows_of(targets), space)] == targets


def test_all_unknown_labels_are_named_at_once():
    with pytest.raises(UndercutError) as error:
        TASK.encode(rows_of(["card", "crad", "rate", "fee"]), ("card", "rate"))
    assert len(error.value.problems) == 2
    assert "Did you mean 'card'?" in str(error.value)
    assert "'fee'" in str(error.value)


def test_decoding_gives_the_likeliest_label_and_every_probability():
    scores = np.log([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]])
    first, second = TASK.decode(Scored(scores, [False, True]), ["", ""], ("a", "b", "c"))
    assert (first.label, second.label) == ("b", "a")
    assert first.probability == pytest.approx(0.7)
    assert second.probabilities == pytest.approx({"a": 0.5, "b": 0.25, "c": 0.25})
    assert (first.truncated, second.truncated) == (False, True)
    assert type(first).model_validate(first.model_dump()) == first


def test_nothing_decodes_to_nothing():
    assert TASK.decode(Scored(np.zeros((0, 0)), []), [], ("a",)) == []


def test_correct_compares_the_likeliest_label():
    scores = np.log([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]])
    assert TASK.judge(scores, rows_of(["a", "a", "b"]), ("a", "b")).right.tolist() == [
        True,
        False,
        True,
    ]
    assert TASK.judge(np.zeros((0, 2)), rows_of([]), ("a", "b")).right.shape == (0,)


def test_the_rivals_prompt_names_every_label_and_ends_where_the_text_begins():
    prompt = TASK.rival_prompt(("退款", "Refund_not_showing_up"))
    assert "\n- 退款\n- Refund_not_showing_up\n" in prompt
    assert prompt.endswith("nothing else.")
