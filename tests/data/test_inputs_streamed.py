"""Texts to answer: big files give what small ones give, as often as they are gone through."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.test_read import plain
from undercut.core.errors import UndercutError
from undercut.data import big
from undercut.data.inputs import load_inputs, open_inputs
from undercut.predict import file as room
from undercut.predict.file import chunks


def both(path, column=None):
    found = []
    for size in (1 << 40, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(big, "BIG", size)
            try:
                inputs = open_inputs(path, column)
                texts = [text for text, _ in inputs]
                assert [text for text, _ in inputs] == texts
                assert inputs.rows >= len(texts)
                found.append(texts)
            except UndercutError as e:
                found.append((e.code, sorted(p.where for p in e.problems)))
    return found


def table(texts):
    out = io.StringIO()
    csv.writer(out).writerows([["id", "text"], *([str(i), t] for i, t in enumerate(texts))])
    return out.getvalue()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(plain.filter(lambda s: s.strip()), min_size=1, max_size=8),
    st.sampled_from(["rows.csv", "rows.jsonl", "rows.txt"]),
    st.sampled_from(["", "\n", "\n \n"]),
)
def test_big_and_small_agree(tmp_path_factory, texts, name, tail):
    path = tmp_path_factory.mktemp("inputs") / name
    if name == "rows.csv":
        path.write_text(table(texts) + tail, encoding="utf-8", newline="")
    elif name == "rows.jsonl":
        path.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts) + tail)
    else:
        path.write_text("\n".join(texts) + tail, encoding="utf-8", newline="")
    small, streamed = both(path)
    assert small == streamed


def test_blank_lines_inside_stay_and_at_the_end_do_not(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("text\nwhere is my parcel\r\n\r\nrefund me\r\n\n\n", newline="")
    assert both(path) == [["where is my parcel", "", "refund me"]] * 2


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [("rows.csv", "id,text\n1,one two\n2,a,b\n3,three four\n", "rows.csv:3")],
)
def test_bad_records_are_told_before_the_first_text(tmp_path, name, text, where, monkeypatch):
    path = tmp_path / name
    path.write_text(text)
    monkeypatch.setattr(big, "BIG", 0)
    with pytest.raises(UndercutError, match=where):
        open_inputs(path)


def test_other_content_has_another_identity(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    for size in (0, 1 << 40):
        monkeypatch.setattr(big, "BIG", size)
        found = set()
        for texts in (["one two", "three"], ["one two", "four"]):
            path.write_text(table(texts))
            found |= {open_inputs(path).identity for _ in range(2)}
        assert len(found) == 2
    assert load_inputs(path) == ["one two", "four"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.txt"])
def test_memory_does_not_grow_with_the_file(tmp_path, name, monkeypatch):
    monkeypatch.setattr(big, "BIG", 0)
    monkeypatch.setattr(big, "SAMPLE", 50)
    monkeypatch.setattr(big, "HEAD", 1 << 12)
    monkeypatch.setattr(room, "CHUNK_ROWS", 100)
    path, peaks = tmp_path / name, []
    for n in (5000, 15_000):
        texts = [f"where is my parcel number {i}" for i in range(n)]
        if name == "rows.csv":
            path.write_text(table(texts))
        elif name == "rows.jsonl":
            path.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
        else:
            path.write_text("\n".join(texts) + "\n")
        del texts
        tracemalloc.start()
        assert sum(len(chunk) for chunk in chunks(open_inputs(path))) == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0], peaks
