"""Files to a data set: bad rows at once, sources, splits; and the data sets that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from undercut.core.errors import UndercutError
from undercut.data.checks import check
from undercut.data.inputs import load_inputs
from undercut.data.load import load_dataset, load_examples
from undercut.data.stored import open_dataset, save_dataset
from undercut.store.files import sha256_file

TASK = "text-classification"


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def good(n: int = 40, start: int = 0) -> str:
    rows = (f"where is order {i},{('late', 'lost')[i % 2]}" for i in range(start, start + n))
    return "text,label\n" + "\n".join(rows) + "\n"


def load(train, test=(), valid=(), **more):
    return load_dataset(list(train), list(test), list(valid), **({"task": TASK, "seed": 0} | more))


def test_all_bad_rows_are_told_at_once_with_their_lines(tmp_path):
    path = put(tmp_path, "f.csv", good() + ",late\nx,\na,b,c\nalone\n\n , \nok,lost\n")
    with pytest.raises(UndercutError) as e:
        load_examples([path], TASK)
    assert e.value.code == "data-rows"
    assert [p.where for p in e.value.problems] == ["f.csv:42", "f.csv:43", "f.csv:44", "f.csv:45"]
    said = [str(p) for p in e.value.problems]
    assert "expected a text; found nothing in column 'text'" in said[0]
    assert "expected one label; found nothing in column 'label'" in said[1]
    assert "expected 2 fields divided by comma; found 3 fields" in said[2]
    assert "found 1 field" in said[3]


def test_the_listing_of_bad_rows_is_capped(tmp_path):
    path = put(tmp_path, "f.csv", good() + "x,\n" * 137)
    with pytest.raises(UndercutError) as e:
        load_examples([path], TASK)
    assert len(e.value.problems) == 21
    assert "and 117 more" in str(e.value)


def test_bad_rows_of_two_files_are_told_together(tmp_path):
    paths = [put(tmp_path, name, good() + "x,\n") for name in ("a.csv", "b.csv")]
    with pytest.raises(UndercutError) as e:
        load_examples(paths, TASK)
    assert [p.where for p in e.value.problems] == ["a.csv:42", "b.csv:42"]


def test_a_list_of_labels_is_refused(tmp_path):
    lines = [f'{{"text": "t {i}", "label": "{"ab"[i % 2]}"}}' for i in range(8)]
    path = put(tmp_path, "f.jsonl", "\n".join([*lines, '{"text": "x", "label": ["a", "b"]}']))
    with pytest.raises(UndercutError, match=r"f.jsonl:9: expected one label; found a list"):
        load_examples([path], TASK)


def test_a_record_swallowed_by_a_quote_says_where_it_ends(tmp_path):
    path = put(tmp_path, "f.csv", good(4) + '"open, oh,late\nx,late\nnow"\n')
    with pytest.raises(
        UndercutError, match=r"f\.csv:6.*found 1 field, in a record that runs to line 8"
    ):
        load_examples([path], TASK)


def test_a_data_set_has_its_sources_splits_and_hash(tmp_path):
    train, test = put(tmp_path, "train.csv", good(100)), put(tmp_path, "test.csv", good(6, 200))
    data, notes = load([train], [test], licence="CC0")
    assert (data.name, data.labels, data.licence) == ("train", ("late", "lost"), "CC0")
    assert (len(data.train), len(data.valid), len(data.test)) == (90, 10, 6)
    assert data.sources == {"train.csv": sha256_file(train), "test.csv": sha256_file(test)}
    assert any("10 rows of 100 kept for validation" in n for n in notes)
    assert load([train], [test])[0].hash == data.hash
    assert load([train], [test], seed=1)[0].hash != data.hash
    assert load([train])[0].test is None


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path):
    one, two = put(tmp_path / "one", "d.csv", good(30)), put(tmp_path / "two", "d.csv", good(9, 99))
    data, _ = load([one], [two])
    assert data.test.rows[0] == f"{two}:2"
    assert set(data.sources) == {str(one), str(two)}


def test_given_validation_rows_are_kept_apart_and_overlap_is_told(tmp_path):
    train, valid = put(tmp_path, "t.csv", good(30)), put(tmp_path, "v.csv", good(12, 28))
    data, notes = load([train], valid=[valid])
    assert (len(data.train), len(data.valid)) == (30, 12)
    assert any("2 validation rows also in the training files (first v.csv:2)" in n for n in notes)


def test_a_validation_label_that_is_not_in_training_is_an_error(tmp_path):
    valid = put(tmp_path, "v.csv", "text,label\nx,Late\ny,lost\n")
    with pytest.raises(UndercutError, match=r"v\.csv:2.*'Late'.*Did you mean 'late'"):
        load([put(tmp_path, "t.csv", good(30))], valid=[valid])


def test_one_class_is_an_error(tmp_path):
    path = put(tmp_path, "t.csv", "text,label\n" + "".join(f"text {i},a\n" for i in range(9)))
    with pytest.raises(UndercutError) as e:
        load([path])
    assert e.value.code == "data-classes"


@pytest.mark.parametrize(
    ("name", "text", "want"),
    [
        (
            "a.txt",
            "first\nsecond, with comma\n\nfourth\n\n",
            ["first", "second, with comma", "", "fourth"],
        ),
        ("b.txt", "你好\r\n再见\r\n", ["你好", "再见"]),
        ("c.csv", "id,text\n1,x\n2,\n3,z\n", ["x", "", "z"]),
        ("d.csv", "text\nx\ny\n", ["x", "y"]),
        ("e.json", '["x", "y"]', ["x", "y"]),
        ("f.jsonl", '{"text": "x"}\n{"text": "y", "label": "a"}\n', ["x", "y"]),
        ("g.txt", "text\tlabel\nx y\ta\nz\tb\n", ["x y", "z"]),
    ],
)
def test_inputs_come_in_the_order_of_the_file(tmp_path, name, text, want):
    assert load_inputs(put(tmp_path, name, text)) == want


def test_inputs_take_the_column_that_is_named(tmp_path):
    path = put(tmp_path, "a.csv", "title,body\nt1,b1\nt2,b2\n")
    assert load_inputs(path, "title") == ["t1", "t2"]


def test_a_hundred_thousand_rows_are_split_and_kept(tmp_path):
    rows = (f"customer {i} asks about order {i * 7} again,l{i % 60}" for i in range(100_000))
    path = put(tmp_path, "big.csv", "text,label\n" + "\n".join(rows) + "\n")
    data, _ = load([path])
    save_dataset(tmp_path / "d", data)
    assert open_dataset(tmp_path / "d").hash == data.hash
    assert len(data.valid) == 10_000


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_example_data_loads_without_flags_and_without_errors(root, language):
    folder = root / "examples" / "support"
    data, _ = load([folder / f"support_{language}.csv"], [folder / f"test_{language}.csv"])
    assert len(data.labels) == 18
    findings = check(data.train.plus(data.valid), data.test)
    assert not [f for f in findings if f.severity == "error"]
