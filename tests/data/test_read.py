"""Readers: whatever spreadsheets write comes back as it was, or is refused with its line."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.data.inputs import load_inputs
from undercut.data.load import load_examples
from undercut.data.read import read_table

TASK = "text-classification"
plain = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\ufeff", exclude_categories=["Cs", "Cc"])
    | st.sampled_from('",;\t|@\n\r\\ \'"你\x0b\x85\u2028')
)
real = plain.filter(lambda s: s.strip())


def written(tmp_path: Path, data: bytes | str, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def pairs_of(path: Path, **columns: str) -> list[tuple[str, str]]:
    found, _ = load_examples([path], TASK, **columns)
    return list(zip(found.inputs, found.targets, strict=True))


@given(
    st.lists(st.tuples(real, st.sampled_from(["a", "b", "退款"])), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=300, deadline=None)
def test_a_quoted_file_comes_back_with_the_line_of_every_record(rows, mark, end, swap, encoding):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL)
    order = (lambda x, y: (y, x)) if swap else (lambda x, y: (x, y))
    starts = []
    writer.writerow(order("text", "label"))
    for text, label in rows:
        # Lines as an editor counts them: \n, \r\n, \r.
        starts.append(len(list(io.StringIO(out.getvalue(), newline=""))) + 1)
        writer.writerow(order(text, label))
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), out.getvalue().encode(encoding))
        found, _ = load_examples([path], TASK)
    assert list(zip(found.inputs, found.targets, strict=True)) == rows
    assert found.rows == [f"rows.csv:{n}" for n in starts]


@given(st.lists(st.tuples(real, st.sampled_from(["a", "退款"])), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_json_and_json_lines_come_back(rows):
    records = [{"id": i, "text": x, "label": y} for i, (x, y) in enumerate(rows)]
    shapes = {
        "a.json": json.dumps(records, ensure_ascii=False),
        "b.json": json.dumps({"version": 1, "data": records}, indent=2),
        "c.jsonl": "\n".join(json.dumps(r, ensure_ascii=False) for r in records),
        "d.json": "\r\n\r\n".join(json.dumps(r) for r in records) + "\r\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in shapes.items():
            assert pairs_of(written(Path(folder), text, name)) == rows, name


def test_json_records_know_their_lines_and_keep_numbers_as_written(tmp_path):
    text = '[\n {"text": "x",\n  "label": 1.0},\n\n {"text": "y", "label": 007}\n]'
    path = written(tmp_path, text.replace("007", "7"), "a.json")
    found, _ = load_examples([path], TASK)
    assert found.rows == ["a.json:2", "a.json:5"]
    assert found.targets == ["1.0", "7"]


@given(st.binary(max_size=200), st.sampled_from(["f.csv", "f.tsv", "f.json", "f.jsonl", "f.txt"]))
@settings(max_examples=400, deadline=None)
def test_no_bytes_give_a_traceback(data, name):
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), data, name)
        for read in (lambda: load_examples([path], TASK), lambda: load_inputs(path)):
            try:
                read()
            except UndercutError as e:
                assert str(e)


@given(
    st.text(st.sampled_from('ab ,;\t|@"\n\r\\{}[]:1你'), max_size=120),
    st.sampled_from(["", "text,label\n", "text\tlabel\n", '{"text": ']),
    st.sampled_from(["f.csv", "f.json", "f.jsonl", "f.txt"]),
)
@settings(max_examples=600, deadline=None)
def test_no_text_gives_a_traceback_and_every_row_that_is_read_is_whole(body, head, name):
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), head + body, name)
        try:
            found, _ = load_examples([path], TASK)
        except UndercutError as e:
            assert str(e)
            return
    assert len(found.inputs) == len(found.targets) == len(found.rows)
    assert all(x.strip() for x in (*found.inputs, *found.targets))


CHINESE = "text,label\n" + "".join(
    f"送餐很快，味道不错，第{i}次了,好评\n我点的菜是冷的，要求退款{i},差评\n" for i in range(20)
)
FRENCH = "text;label\n" + "".join(
    f"Où est ma carte numéro {i} ? Ça fait déjà une semaine.;délai\nC'est réglé {i};terminé\n"
    for i in range(9)
)
RUSSIAN = "text;label\n" + "".join(
    f"Где мой заказ номер {i}, я жду уже неделю;доставка\nВерните деньги за товар {i};возврат\n"
    for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-32"),
        (FRENCH, "latin-1"),
        (FRENCH, "utf-16-be"),
        (RUSSIAN, "cp1251"),
    ],
)
def test_encodings_are_found(tmp_path, text, encoding):
    rows = pairs_of(written(tmp_path, text.encode(encoding)))
    assert rows == pairs_of(written(tmp_path, text, "utf8.csv"))


def test_the_encoding_is_noted_unless_it_is_utf8(tmp_path):
    assert "GB18030" in load_examples([written(tmp_path, CHINESE.encode("gbk"))], TASK)[1][0]
    assert not any("UTF" in n for n in load_examples([written(tmp_path, CHINESE)], TASK)[1])


def test_a_few_broken_bytes_do_not_turn_a_utf8_file_into_another_encoding(tmp_path):
    data = CHINESE.encode().replace("第3次".encode(), b"\xff")
    found, notes = load_examples([written(tmp_path, data)], TASK)
    assert "�" in found.inputs[6]
    assert found.inputs[0].startswith("送餐很快")
    assert "not UTF-8" in notes[0]
    assert "line 8" in notes[0]


def test_nuls_and_mixed_line_ends_are_mended(tmp_path):
    found, notes = load_examples([written(tmp_path, b"text,label\r\nhe\0llo,a\nyou,b\r\n")], TASK)
    assert found.inputs == ["hello", "you"]
    assert "rows.csv: 1 NUL character removed." in notes


def test_a_very_long_field_is_read(tmp_path):
    long = "word " * 60_000
    assert pairs_of(written(tmp_path, f"text,label\n{long},a\nx,b\n"))[0][0] == long


def test_blank_lines_and_repeated_headings_are_dropped_with_a_note(tmp_path):
    text = "text,label\n\nx,a\n , \ntext,label\ny,b\n\n"
    found, notes = load_examples([written(tmp_path, text)], TASK)
    assert found.rows == ["rows.csv:3", "rows.csv:6"]
    assert any("blank line" in n for n in notes)
    assert any("1 repeated heading line dropped" in n for n in notes)


def test_sentence_at_label_is_split_at_the_last_sign(tmp_path):
    text = "mail me @ home@up\nit fell , 3 %@down\nrose ; again , twice@up\nsank | deep@down\n"
    assert pairs_of(written(tmp_path, text, "s.txt"))[0] == ("mail me @ home", "up")


@pytest.mark.parametrize(("last", "rest"), [("", []), ('"yes" she said\ta\n', ['"yes" she said'])])
def test_stray_quotes_in_a_tab_file_swallow_nothing(tmp_path, last, rest):
    text = 'he "said\ta\n"oh\tb\nno"\ta\nyes\tb\n' + last
    assert [x for x, _ in pairs_of(written(tmp_path, "text\tlabel\n" + text, "s.tsv"))] == [
        'he "said',
        '"oh',
        'no"',
        "yes",
        *rest,
    ]


def test_quoted_line_ends_with_even_commas_are_one_record(tmp_path):
    text = "text,label\n" + '"so, ""q""\nx",a\n' * 30 + '"so, ""q""\ny",b\n' * 30
    rows = pairs_of(written(tmp_path, text))
    assert rows[0] == ('so, "q"\nx', "a")
    assert len(rows) == 60


def test_quotes_escaped_with_a_backslash_are_read(tmp_path):
    text = 'text,label\n"say \\"hi\\", please",a\n"fine",b\n'
    assert pairs_of(written(tmp_path, text))[0][0] == 'say "hi", please'


@pytest.mark.parametrize(
    ("data", "name", "code", "said"),
    [
        (b"", "e.csv", "data-empty", "e.csv: expected rows; found an empty file"),
        (b" \n\n", "e.csv", "data-empty", "empty file"),
        (b"text,label\n", "e.csv", "data-empty", "a heading and nothing below"),
        (b"PK\x03\x04\x14", "e.xlsx", "data-file", "expected an Excel file; found a torn one"),
        (bytes(range(1, 255)), "e.csv", "data-file", "found binary data"),
        (b'text,label\nx,a\n"open, or,b\nz,c\n', "e.csv", "data-quote", "e.csv:3"),
        (b'[{"text": "x", "label": "a"},\n {"text": ]', "e.json", "data-json", "e.json:2"),
        (b'{"text": {"0": "x"}, "label": {"0": "a"}}', "e.json", "data-json", "records"),
        (b'{"text": "x", "label": "a"}\n{"text"\n{', "e.jsonl", "data-rows", "e.jsonl:3"),
        (b"[1, 2]", "e.json", "data-columns", "a single column"),
        (b"[" * 100_000, "e.json", "data-json", "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_clearly(tmp_path, data, name, code, said):
    with pytest.raises(UndercutError) as e:
        load_examples([written(tmp_path, data, name)], TASK)
    assert e.value.code == code
    assert said in str(e.value)


@pytest.mark.parametrize("name", ["absent.csv", ""])
def test_a_missing_file_and_a_folder_are_refused(tmp_path, name):
    with pytest.raises(UndercutError) as e:
        read_table(tmp_path / name, "x")
    assert e.value.code == "data-file"
