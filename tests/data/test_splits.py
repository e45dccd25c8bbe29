"""Validation rows: disjoint, complete, in proportion, repeatable, whole groups."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.core.types import Examples
from undercut.data.normal import same_key
from undercut.data.splits import split


def rows_of(pairs: list[tuple[str, str]]) -> Examples:
    return Examples(
        [x for x, _ in pairs], [y for _, y in pairs], [f"f.csv:{i}" for i in range(len(pairs))]
    )


texts = st.sampled_from(
    [f"text {i}" for i in range(25)] + ["Text 1", "ｔｅｘｔ 2", "text\n 3 ", "你好"]
)
pairs = st.lists(st.tuples(texts, st.sampled_from(["a", "b", "退款"])), max_size=60)


@given(pairs, st.floats(0.05, 0.45), st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_a_split_is_a_partition_of_whole_groups_that_spares_every_class(found, share, seed):
    examples = rows_of(found)
    try:
        parts = split(examples, str, share, seed)
    except UndercutError as e:
        assert e.code in {"data-classes", "data-few"}
        return
    both = np.concatenate([parts.train, parts.valid])
    assert sorted(both.tolist()) == list(range(len(found)))
    train, valid = examples.take(parts.train), examples.take(parts.valid)
    assert not {same_key(x) for x in train.inputs} & {same_key(x) for x in valid.inputs}
    assert set(train.targets) == set(examples.targets)
    assert len(valid) >= 2


@given(
    st.lists(st.integers(4, 60), min_size=2, max_size=6),
    st.floats(0.05, 0.45),
    st.integers(0, 3),
)
@settings(max_examples=100, deadline=None)
def test_every_class_keeps_its_share_within_rounding(sizes, share, seed):
    found = [(f"{k} {i}", f"c{k}") for k, n in enumerate(sizes) for i in range(n)]
    parts = split(rows_of(found), str, share, seed)
    total = max(2, int(share * len(found) + 0.5))
    assert len(parts.valid) == total
    counts = Counter(found[i][1] for i in parts.valid)
    for k, n in enumerate(sizes):
        assert abs(counts[f"c{k}"] - total * n / len(found)) < 1


@given(st.permutations([(f"text {i % 31}", "ab"[i % 2]) for i in range(40)]))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_change_which_texts_are_kept(found):
    def kept(order):
        parts = split(rows_of(order), str, 0.2, 0)
        return sorted(order[i] for i in parts.valid)

    assert kept(found) == kept(sorted(found))


def test_another_seed_gives_another_split():
    found = rows_of([(f"text {i}", "ab"[i % 2]) for i in range(100)])
    assert split(found, str, 0.2, 0).valid.tolist() != split(found, str, 0.2, 1).valid.tolist()


def test_the_split_does_not_depend_on_the_hash_seed_of_the_process():
    code = (
        "from undercut.core.types import Examples; from undercut.data.splits import split;"
        "e = Examples([f't{i}' for i in range(50)], ['ab'[i % 2] for i in range(50)], ['r'] * 50);"
        "print(split(e, str, 0.2, 7).valid.tolist())"
    )
    outs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outs) == 1


def test_a_class_of_one_row_stays_in_training():
    found = [(f"text {i}", "many") for i in range(30)] + [("lone", "one")]
    for seed in range(5):
        assert 30 in split(rows_of(found), str, 0.4, seed).train


def test_a_text_with_two_labels_is_not_torn():
    found = [(f"text {i}", "ab"[i % 2]) for i in range(20)] + [("both", "a"), ("Both ", "b")]
    for seed in range(20):
        valid = set(split(rows_of(found), str, 0.4, seed).valid.tolist())
        assert len(valid & {20, 21}) != 1


def test_every_text_three_times_still_leaves_rows_to_choose_on():
    found = [(f"text {i % 6}", "ab"[i % 2]) for i in range(18)]
    parts = split(rows_of(found), str, 0.1, 0)
    assert len(parts.valid) == 3


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([("x", "a"), ("y", "a"), ("z", "a")], "data-classes", "found 1, 'a'"),
        ([("x", "a"), ("y", "b")], "data-few", "found 2 rows of 2 classes"),
        (
            [("same", "a"), ("Same", "a"), ("y", "b")],
            "data-few",
            "found 3 rows of 2 classes, 1 of them copies",
        ),
        ([], "data-classes", "found 0"),
    ],
)
def test_too_little_data_is_said(found, code, said):
    with pytest.raises(UndercutError, match=said) as e:
        split(rows_of(found), str, 0.1, 0)
    assert e.value.code == code
