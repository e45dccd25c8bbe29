"""The same rows through every format and encoding come back the same."""

from __future__ import annotations

import csv
import io
import json

import pytest

from data.bad_inputs import sheet_xml, workbook
from undercut.data.load import load_examples

ROWS = [
    (f"{text} {i}", label)
    for i in range(12)
    for text, label in (
        ('He said, "where is it?"', "late"),
        ("我的快递还没有到，要求退款；谢谢", "退款"),
        ("fine | thanks @ home", "Thanks & more"),
    )
]
LATIN = [
    ("Où est ma carte ? Déjà une semaine", "délai"),
    ("C'est réglé, merci à vous", "terminé"),
] * 9


def separated(rows, mark: str = ",", heading: bool = True, **quoting) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=mark, **quoting)
    writer.writerows([("text", "label"), *rows] if heading else rows)
    return out.getvalue()


def objects(rows) -> list[dict[str, str]]:
    return [{"text": x, "label": y} for x, y in rows]


def parquet(rows) -> bytes:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    pq.write_table(pa.table({"text": [x for x, _ in rows], "label": [y for _, y in rows]}), out)
    return out.getvalue()


def excel(rows) -> bytes:
    pytest.importorskip("python_calamine")
    return workbook({"A": sheet_xml([["text", "label"], *map(list, rows)])})


FORMATS = {
    "a.csv": lambda: separated(ROWS).encode(),
    "bare.csv": lambda: separated(ROWS, heading=False).encode(),
    "bom.csv": lambda: separated(ROWS).encode("utf-8-sig"),
    "semi.csv": lambda: separated(ROWS, ";").encode(),
    "mixed.csv": lambda: separated(ROWS).replace("\r\n", "\n", 7).encode(),
    "old_mac.csv": lambda: separated(ROWS).replace("\r\n", "\r").encode(),
    "tab.tsv": lambda: separated(ROWS, "\t").encode(),
    "bar.txt": lambda: separated(ROWS, "|").encode(),
    "plain.tsv": lambda: "".join(f"{x}\t{y}\n" for x, y in ROWS).encode(),
    "wide.csv": lambda: separated(ROWS).encode("utf-16"),
    "wide_le.csv": lambda: separated(ROWS).encode("utf-16-le"),
    "wide_be.tsv": lambda: separated(ROWS, "\t").encode("utf-16-be"),
    "gb.csv": lambda: separated(ROWS).encode("gb18030"),
    "nul.csv": lambda: separated(ROWS).replace("label\r", "label\0\r").encode(),
    "list.json": lambda: json.dumps(objects(ROWS), indent=1).encode(),
    "wide.json": lambda: json.dumps(objects(ROWS), ensure_ascii=False).encode("utf-16"),
    "pairs.json": lambda: json.dumps(ROWS).encode(),
    "lines.jsonl": lambda: "\n".join(map(json.dumps, objects(ROWS))).encode(),
    "lines.json": lambda: "\r\n".join(map(json.dumps, objects(ROWS))).encode(),
    "data.json": lambda: json.dumps({"version": "1", "data": objects(ROWS)}).encode(),
    "sheet.xlsx": lambda: excel(ROWS),
    "rows.parquet": lambda: parquet(ROWS),
    "no_suffix": lambda: separated(ROWS).encode(),
    "wrong_suffix.csv": lambda: parquet(ROWS),
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_rows_come_back(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMATS[name]())
    found, notes = load_examples([path], "text-classification")
    assert list(zip(found.inputs, found.targets, strict=True)) == ROWS, notes


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_western_encodings_come_back(tmp_path, encoding):
    path = tmp_path / "f.csv"
    path.write_bytes(separated(LATIN).encode(encoding))
    found, _ = load_examples([path], "text-classification")
    assert list(zip(found.inputs, found.targets, strict=True)) == LATIN
