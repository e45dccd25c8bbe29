"""A stored data set comes back as it was, or not at all."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import IntegrityError
from undercut.core.types import Dataset, Examples
from undercut.data.identity import dataset_hash
from undercut.data.stored import open_dataset, save_dataset

texts = st.text(max_size=12) | st.sampled_from(
    ["a\u2028b", "c\x85d", "\r\n", "你好，世界", "\0", "🀄"]
)


def dataset(train, valid, test=None, labels=("a", "b")) -> Dataset:
    return Dataset(
        name="n",
        task="text-classification",
        hash=dataset_hash("text-classification", labels, train, valid, test),
        labels=labels,
        train=train,
        valid=valid,
        test=test,
        sources={"训练.csv": "0" * 64},
        licence="CC BY 4.0",
    )


@st.composite
def splits(draw, labelled=True):
    inputs = draw(st.lists(texts, max_size=8))
    targets = [draw(texts) for _ in inputs] if labelled else []
    return Examples(inputs, targets, [f"文件.csv:{i}" for i in range(len(inputs))])


@given(splits(), splits(), st.none() | splits() | splits(labelled=False))
@settings(max_examples=60, deadline=None)
def test_what_is_saved_is_opened_again_exactly(train, valid, test):
    data = dataset(train, valid, test)
    with tempfile.TemporaryDirectory() as folder:
        save_dataset(Path(folder) / "data", data)
        assert open_dataset(Path(folder) / "data") == data


ONE = Examples(["x", "y"], ["a", "b"], ["f:1", "f:2"])
TWO = Examples(["z"], ["a"], ["f:3"])


def test_a_second_save_replaces_the_first_and_leaves_no_stale_split(tmp_path):
    save_dataset(tmp_path / "d", dataset(ONE, TWO, TWO))
    save_dataset(tmp_path / "d", dataset(ONE, TWO))
    assert open_dataset(tmp_path / "d").test is None
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == [
        "dataset.json",
        "train.jsonl",
        "valid.jsonl",
    ]


@pytest.mark.parametrize("harm", ["edit", "cut", "missing", "version", "swap"])
def test_a_torn_or_edited_data_set_is_refused(tmp_path, harm):
    folder = tmp_path / "d"
    save_dataset(folder, dataset(ONE, TWO))
    train, meta = folder / "train.jsonl", folder / "dataset.json"
    if harm == "edit":
        train.write_text(train.read_text().replace('"x"', '"w"'))
    elif harm == "cut":
        train.write_text(train.read_text()[:-5])
    elif harm == "missing":
        train.unlink()
    elif harm == "version":
        meta.write_text(json.dumps(json.loads(meta.read_text()) | {"schema_version": 9}))
    else:
        train.write_text("".join(reversed(train.read_text().splitlines(keepends=True))))
    with pytest.raises(IntegrityError) as e:
        open_dataset(folder)
    assert e.value.code == "data-stored"


def test_the_hash_covers_labels_task_rows_order_and_membership_but_not_names():
    base = dataset_hash("t", ["a", "b"], ONE, TWO, None)
    moved = (ONE.plus(TWO), Examples([], [], []))
    others = [
        dataset_hash("u", ["a", "b"], ONE, TWO, None),
        dataset_hash("t", ["b", "a"], ONE, TWO, None),
        dataset_hash("t", ["a", "b"], ONE.take([1, 0]), TWO, None),
        dataset_hash("t", ["a", "b"], *moved, None),
        dataset_hash("t", ["a", "b"], ONE, TWO, Examples([], [], [])),
        dataset_hash("t", ["a", "b"], replace(ONE, targets=["b", "b"]), TWO, None),
    ]
    assert len({base, *others}) == len(others) + 1
    assert dataset_hash("t", ["a", "b"], replace(ONE, rows=["q:1", "q:2"]), TWO, None) == base
