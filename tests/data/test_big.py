"""Big files are read as small ones are, and what is kept of them does not grow with them."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.test_read import plain
from data.words import WORDS
from undercut.core.errors import UndercutError
from undercut.data import big
from undercut.data.load import load_examples, load_parts
from undercut.data.usable import read_sets

TASK = "text-classification"


def sentence(i: int) -> str:
    return " ".join(WORDS[(i * 7 + k * 5) % len(WORDS)] for k in range(6)) + f" {i}"


def both(path: Path, limit: int = 0):
    """Return what the whole reader and the streaming one give: rows or the error."""
    found = []
    for size in (1 << 40, limit):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(big, "BIG", size)
            try:
                rows, notes = load_examples([path], TASK)
                found.append((list(rows.inputs), list(rows.targets), list(rows.rows)))
            except UndercutError as e:
                found.append((e.code, sorted(p.where for p in e.problems)))
    return found


@given(
    st.lists(
        st.tuples(plain.filter(lambda s: s.strip()), st.sampled_from(["a", "b", "退款"])),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
)
@settings(max_examples=200, deadline=None)
def test_a_quoted_file_is_the_same_streamed(rows, mark, end, encoding):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_bytes(out.getvalue().encode(encoding))
        whole, streamed = both(path)
    assert streamed == whole
    assert len(whole[0]) == len(rows)


SHAPES = {
    "bare.csv": "".join(f"{sentence(i)},{'ab'[i % 2]}\n" for i in range(60)),
    "torn.csv": "".join(f"well, {sentence(i)}, ok,{'ab'[i % 2]}\n" for i in range(60)),
    "at.txt": "".join(f"{sentence(i)}, 3 % up@{'ab'[i % 2]}\n" for i in range(60)),
    "tab.tsv": "".join(f'{"ab"[i % 2]}\t"{sentence(i)}\n' for i in range(60)),
    "nul.csv": "text,label\n\n" + "".join(f"{sentence(i)}\0,{'ab'[i % 2]}\n\n" for i in range(60)),
    "bad.csv": "text,label\n"
    + "".join(f"{sentence(i)},{'ab'[i % 2] * (i % 9 > 0)}\n" for i in range(60)),
    "wide.csv": "text,label\n" + "".join(f"{sentence(i)},a{',' * (i == 7)},b\n" for i in range(9)),
    "rows.jsonl": "".join(
        json.dumps({"id": i, "text": sentence(i), "label": i % 2}) + "\n" for i in range(60)
    ),
    "broken.jsonl": "".join(
        json.dumps({"text": sentence(i), "label": "ab"[i % 2]})[: -1 if i == 7 else None] + "\n"
        for i in range(60)
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_the_same_streamed(tmp_path, name):
    path = tmp_path / name
    path.write_text(SHAPES[name], encoding="utf-8")
    whole, streamed = both(path)
    assert streamed == whole


def test_other_encodings_are_found_anywhere_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    plain_rows = "text,label\n" + "".join(f"{sentence(i)},{'ab'[i % 2]}\n" for i in range(20_000))
    late = plain_rows + "".join(f"caf\u00e9 au lait num\u00e9ro {i},a\n" for i in range(9))
    path = tmp_path / "late.csv"
    path.write_bytes(late.encode("cp1252"))
    found, notes = load_examples([path], TASK)
    assert found.inputs[-1] == "café au lait numéro 8"
    assert any("CP1252" in n for n in notes)
    zh = plain_rows + "".join(
        f"送餐很快，味道不错，第{i}次了,a\n我点的菜是冷的{i},b\n" for i in range(9)
    )
    path.write_bytes(zh.encode("gb18030"))
    assert load_examples([path], TASK)[0].inputs[-1] == "我点的菜是冷的8"


def test_a_split_column_divides_a_streamed_file(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    path = tmp_path / "f.csv"
    parts = ("train", "train", "dev", "test")
    rows = "".join(f"{sentence(i)},{'ab'[i % 3 % 2]},{parts[i % 4]}\n" for i in range(80))
    path.write_text("text,label,split\n" + rows)
    found = load_parts([path], [], [], task=TASK)
    assert (len(found.train), len(found.valid), len(found.test)) == (40, 20, 20)


def test_an_open_quote_does_not_swallow_the_rest_of_a_big_file(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    monkeypatch.setattr(big, "LONGEST", 2000)
    path = tmp_path / "f.csv"
    rows = [f"{sentence(i)},{'ab'[i % 2]}" for i in range(300)]
    rows[100] = '"' + rows[100]
    path.write_text("\n".join(["text,label", *rows]))
    with pytest.raises(UndercutError) as e:
        load_examples([path], TASK)
    assert e.value.code == "data-quote"
    assert e.value.problems[0].where == "f.csv:102"
    rows[100], rows[290] = rows[99], '"' + rows[290]
    path.write_text("\n".join(["text,label", *rows]))
    with pytest.raises(UndercutError, match=r"f\.csv:292: expected a closing quote"):
        load_examples([path], TASK)
    path.write_text("text,label\n" + "x" * 5000 + ",a\n")
    with pytest.raises(UndercutError, match=r"f\.csv:2: expected lines of at most"):
        load_examples([path], TASK)


def test_a_big_file_that_vanishes_half_way_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    path = tmp_path / "f.csv"
    path.write_text("text,label\n" + "".join(f"{sentence(i)},{'ab'[i % 2]}\n" for i in range(60)))
    streamed = big.open_big(path, "f.csv")
    path.unlink()
    with pytest.raises(UndercutError, match=r"f\.csv: expected a readable file; found No such"):
        list(streamed.records())


def test_parquet_is_streamed(tmp_path, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    table = pa.table(
        {"text": [sentence(i) for i in range(9000)], "label": ["ab"[i % 2] for i in range(9000)]}
    )
    path = tmp_path / "f.parquet"
    pq.write_table(table, path, row_group_size=1000)
    whole, streamed = both(path)
    assert streamed == whole
    assert len(whole[0]) == 9000


def test_what_streaming_keeps_does_not_grow_with_the_texts(tmp_path, monkeypatch):
    """Of twice as long texts no more is kept; of a row a few numbers are."""
    monkeypatch.setattr(big, "BIG", 0)
    monkeypatch.setattr(big, "SAMPLE", 100)
    monkeypatch.setattr(big, "HEAD", 1 << 16)
    kept = {}
    for rows, words in ((12_000, 1), (12_000, 40), (36_000, 1)):
        path = tmp_path / f"{rows}-{words}.csv"
        with path.open("w") as f:
            f.write("text,label\n")
            f.writelines(f'"{sentence(i) * words}","{"ab"[i % 2]}"\n' for i in range(rows))
        tracemalloc.start()
        found = read_sets([path], [], [], TASK, spill=True)
        kept[rows, words] = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(found.train) == rows
        assert found.train.inputs[rows // 2] == sentence(rows // 2) * words
    assert kept[12_000, 40] - kept[12_000, 1] < 16 * 12_000, kept
    assert kept[36_000, 1] - kept[12_000, 1] < 48 * 24_000, kept
