"""Excel and Parquet: values as a reader sees them, rows numbered as the file numbers them."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from data.bad_inputs import sheet_xml, workbook
from undercut.data.inputs import load_inputs
from undercut.data.load import load_examples

TASK = "text-classification"
ROWS: list[list[object]] = [
    ["id", "text", "label"],
    *([i, f"where is order {i} & <co>", ("late", "lost")[i % 2]] for i in range(30)),
]


def book(path: Path, sheets: dict[str, str]) -> Path:
    path.write_bytes(workbook(sheets))
    return path


def test_the_sheet_with_rows_is_read_and_the_others_are_told(tmp_path):
    pytest.importorskip("python_calamine")
    sheets = {
        "Notes": sheet_xml([["made in June"]]),
        "Data": sheet_xml(ROWS),
        "Empty": sheet_xml([]),
    }
    found, notes = load_examples([book(tmp_path / "b.xlsx", sheets)], TASK)
    assert len(found) == 30
    assert found.inputs[0] == "where is order 0 & <co>"
    assert found.rows[0] == "b.xlsx:2"
    assert "b.xlsx: sheet 'Data' is read, it has most rows; not 'Notes'." in notes


def test_row_numbers_are_the_sheets_and_titles_and_margins_are_left_out(tmp_path):
    pytest.importorskip("python_calamine")
    shifted = [[], ["", "Tickets of 2026"], [], *(["", *row] for row in ROWS[:6]), []]
    shifted += [["", *row] for row in ROWS[6:]]
    path = book(tmp_path / "b.xlsx", {"A": sheet_xml(shifted, merged="B2:D2")})
    found, notes = load_examples([path], TASK)
    assert (found.rows[0], found.rows[-1]) == ("b.xlsx:5", "b.xlsx:35")
    said = " ".join(notes)
    assert "1 row above the heading left out" in said
    assert "1 merged range" in said


def test_formulas_give_their_value_and_whole_numbers_stay_whole(tmp_path):
    pytest.importorskip("python_calamine")
    rows = [
        ["text", "label"],
        *([f"where is order {i}", ("1+1", 2.0) if i % 2 else 3.5] for i in range(30)),
    ]
    found, _ = load_examples([book(tmp_path / "b.xlsx", {"A": sheet_xml(rows)})], TASK)
    assert set(found.targets) == {"2", "3.5"}


def test_a_workbook_is_known_by_its_first_bytes_and_gives_texts_to_answer(tmp_path):
    pytest.importorskip("python_calamine")
    path = book(tmp_path / "export.dat", {"A": sheet_xml(ROWS)})
    assert len(load_inputs(path)) == 30


def test_parquet_values_are_written_as_a_reader_would(tmp_path):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    n = 30
    table = pa.table(
        {
            "text": pa.array([f"送餐第{i}次" for i in range(n)]).dictionary_encode(),
            "label": [i % 2 == 0 for i in range(n)],
            "day": [datetime.date(2026, 1, 1)] * n,
            "tags": [["a", "b"]] * n,
            "none": pa.nulls(n),
        }
    )
    path = tmp_path / "f.parquet"
    pq.write_table(table, path, compression="zstd")
    found, _ = load_examples([path], TASK)
    assert found.inputs[7] == "送餐第7次"
    assert set(found.targets) == {"true", "false"}
    assert found.rows[7] == "f.parquet:8"
    assert load_inputs(path)[7] == "送餐第7次"
