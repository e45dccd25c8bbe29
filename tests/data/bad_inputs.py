"""Bad inputs, each with what must be said of it; made from families and by hand."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass

GOOD = "".join(f"where is order {i},{('late', 'lost')[i % 2]}\n" for i in range(30))
HEAD = "text,label\n" + GOOD
TABS = HEAD.replace(",", "\t")
PAIRS = [[f"where is order {i}", ("late", "lost")[i % 2]] for i in range(30)]
LINES = "".join(
    json.dumps({"text": f"where is order {i}", "label": ("late", "lost")[i % 2]}) + "\n"
    for i in range(30)
)


@dataclass(frozen=True)
class Bad:
    """A file, what the message must hold, and the row it must name (0: none)."""

    name: str
    data: bytes
    said: str
    row: int = 0
    flags: tuple[str, ...] = ()


def sheet_xml(rows: list[list[object]], merged: str = "") -> str:
    """Return a worksheet; an empty cell is left out, a tuple is a formula with its value."""
    out = []
    for i, row in enumerate(rows, 1):
        cells = []
        for j, value in enumerate(row):
            at = f"{chr(65 + j)}{i}"
            if isinstance(value, tuple):
                cells.append(f'<c r="{at}"><f>{value[0]}</f><v>{value[1]}</v></c>')
            elif isinstance(value, int | float):
                cells.append(f'<c r="{at}"><v>{value}</v></c>')
            elif value:
                text = str(value).replace("&", "&amp;").replace("<", "&lt;")
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>')
        out.append(f'<row r="{i}">{"".join(cells)}</row>')
    merge = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{"".join(out)}</sheetData>{merge}</worksheet>'


def workbook(sheets: dict[str, str]) -> bytes:
    """Return an .xlsx of worksheets by name."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    places = range(1, len(sheets) + 1)
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kind}.worksheet+xml"/>'
            for i in places
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{rels}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rels}"><sheets>'
        + "".join(
            f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, n in zip(places, sheets)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{rels}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in places
        )
        + "</Relationships>",
        **{f"xl/worksheets/sheet{i}.xml": xml for i, xml in zip(places, sheets.values())},
    }
    return zipped(files)


def zipped(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


MAGICS = {
    "a PDF": b"%PDF-1.7\n",
    "a gzip file": b"\x1f\x8b\x08\0\0\0",
    "a bzip2 file": b"BZh91AY",
    "an xz file": b"\xfd7zXZ\0",
    "a 7-zip file": b"7z\xbc\xaf\x27\x1c",
    "a RAR file": b"Rar!\x1a\x07",
    "a zstandard file": b"\x28\xb5\x2f\xfd",
    "an Arrow file": b"ARROW1\0\0",
    "an SQLite database": b"SQLite format 3\0",
    "a PNG image": b"\x89PNG\r\n\x1a\n",
    "a JPEG image": b"\xff\xd8\xff\xe0",
    "a program": b"\x7fELF\x02\x01",
    "a NumPy array": b"\x93NUMPY\x01",
    "an HDF5 file": b"\x89HDF\r\n",
    "a pickle": b"\x80\x04\x95\x10",
    "a rich text document": b"{\\rtf1\\ansi",
}


def families() -> list[Bad]:
    found = [
        Bad(f"f{i}.csv", magic + b"\0text,label\n" * 9, f"found {what}")
        for i, (what, magic) in enumerate(MAGICS.items())
    ]
    for name in ("e.csv", "e.tsv", "e.txt", "e.json", "e.jsonl"):
        found += [
            Bad(name, b"", "an empty file"),
            Bad(name, b" \n\t\r\n \n", "an empty file"),
            Bad(name, b"\xef\xbb\xbf", "an empty file"),
            Bad(name, b"\0\0\0\0", "an empty file"),
            Bad(name, b"\xff\xfe \0\n\0", "an empty file"),
        ]
    found += [
        Bad("h.csv", b"text,label\n", "a heading and nothing below"),
        Bad("h.csv", b"text,label\n\n , \n\n", "a heading and nothing below"),
        Bad("h.tsv", b"text\tlabel\r\n", "a heading and nothing below"),
        Bad("h.csv", b"text,label\n" * 4, "a heading and nothing below"),
    ]
    for at in (2, 3, 17, 31, 32):
        lines = HEAD.splitlines()
        for cell, said in (
            ("where is it,", "one label; found nothing in column 'label'"),
            (",late", "a text; found nothing in column 'text'"),
            ("  ,late", "a text; found nothing in column 'text'"),
            ("where, is it,late", "2 fields divided by comma; found 3 fields"),
            ("where is it", "2 fields divided by comma; found 1 field"),
        ):
            whole = [*lines[: at - 1], cell, *lines[at - 1 :]]
            found.append(Bad("rows.csv", "\n".join(whole).encode(), said, at))
    for at in (1, 2, 15, 30):
        lines = LINES.splitlines()
        for row, said in (
            ('{"text": "x", "label"}', "one JSON object a line"),
            ('{"text": "x", "label": "late"} {}', "one JSON object a line; found text after"),
            ('{"text": "x"}', "one label; found nothing in column 'label'"),
            ('{"label": "late"}', "a text; found nothing in column 'text'"),
            ('{"text": "x", "label": ["late", "lost"]}', "one label; found a list or object"),
            ('{"text": {"a": 1}, "label": "late"}', "a text; found a list or object"),
            ("[1, 2]", "an object with a text and a label; found a list"),
            ("null", "an object with a text and a label; found an empty value"),
        ):
            whole = [*lines[: at - 1], row, *lines[at - 1 :]]
            found.append(Bad("rows.jsonl", "\n".join(whole).encode(), said, at))
    for at in (3, 12, 32):
        lines = HEAD.splitlines()
        whole = "\n".join([*lines[: at - 1], '"where, oh where,late', *lines[at - 1 :]])
        found.append(Bad("quote.csv", whole.encode(), "a quote that stays open", at))
    return found


def by_hand() -> list[Bad]:
    two = "".join(f"one thing {i},another thing {i},{i % 3},x{i % 3}{i % 2}\n" for i in range(40))
    lists = (
        "[" + ",\n".join(json.dumps(p if i != 5 else [*p, "x"]) for i, p in enumerate(PAIRS)) + "]"
    )
    rows = [
        ["text", "label"],
        *([f"where is order {i}", ("late", "lost")[i % 2]] for i in range(9)),
    ]
    return [
        Bad("bin.csv", bytes(range(1, 255)), "binary data"),
        Bad("one.csv", b"text\n" + b"hello there\n" * 9, "a single column"),
        Bad("one.txt", b"hello there\nwho is it\nnot me\n", "a single column"),
        Bad(
            "nums.csv", "".join(f"{i},{i * 3},{i * 7}\n" for i in range(30)).encode(), "text column"
        ),
        Bad(
            "ids.csv", ("id,text\n" + "".join(f"{i},t {i}\n" for i in range(30))).encode(), "label"
        ),
        Bad("two.csv", ("a,b,c,d\n" + two).encode(), "--text-column a or --text-column b"),
        Bad("flag.csv", HEAD.encode(), "Did you mean 'text'", 0, ("--text-column", "txet")),
        Bad("flag.csv", HEAD.encode(), "Did you mean 'label'", 0, ("--label-column", "labl")),
        Bad("flag.csv", HEAD.encode(), "no '7'", 0, ("--label-column", "7")),
        Bad("flag.csv", HEAD.encode(), "no '0'", 0, ("--text-column", "0")),
        Bad(
            "flag.csv",
            HEAD.encode(),
            "two different columns",
            0,
            ("--text-column", "text", "--label-column", "text"),
        ),
        Bad("bare.csv", GOOD.encode(), "give a number, 1 to 2", 0, ("--text-column", "body")),
        Bad("obj.json", b'{"text": "x y"}', "a single column"),
        Bad("obj.json", b'{"text": {"0": "x"}, "label": {"0": "a"}}', "records"),
        Bad("num.json", b"42", "data"),
        Bad("str.json", b'"hello"', "data"),
        Bad("null.json", b"null", "data"),
        Bad("empty.json", b"[]", "no record"),
        Bad("empty.json", b"{}", "a list of records"),
        Bad("empty.json", b'{"data": []}', "no record"),
        Bad("empty.jsonl", b"{}\n{}\n", "found empty records"),
        Bad("lists.json", b"[[], []]", "found empty records"),
        Bad("cut.json", b'[{"text": "x", "label": "a"},\n{"text": "y"', "cut.json:2"),
        Bad("comma.json", b'[{"text": "x", "label": "a"},\n]', "comma.json:2"),
        Bad(
            "tail.json",
            b'[{"text": "x", "label": "a"}]\nmore',
            "tail.json:2: expected one JSON object a line",
        ),
        Bad("single.json", b"[{'text': 'x'}]", "single.json:1"),
        Bad("deep.json", b"[" * 100_000, "nested too deeply"),
        Bad("deep.jsonl", b'{"text":' + b"[" * 100_000, "nested too deeply", 1),
        Bad(
            "mixed.json", b'[{"text":"x","label":"a"},\n{"text":"y","label":"b"},\n3]', "a text", 3
        ),
        Bad("lists.json", lists.encode(), "expected a list of 2 values; found a list of 3", 6),
        Bad("splits.json", b'{"train": ["a", "b"], "test": ["c"]}', "a single column"),
        Bad("none.json", json.dumps({"test": PAIRS, "dev": PAIRS}).encode(), "rows for training"),
        Bad("page.csv", b"<!DOCTYPE html><html><body>404</body></html>", "a single column"),
        Bad("torn.xlsx", workbook({"A": sheet_xml(rows)})[:400], "a torn one"),
        Bad("zip.csv", zipped({"rows.csv": HEAD}), "a zip archive"),
        Bad("doc.xlsx", zipped({"word/document.xml": "<w/>"}), "a zip archive"),
        Bad("fake.csv", b"PK\x05\x06" + b"\0" * 30, "fake.csv"),
        Bad("test.csv", HEAD.encode(), "nowhere.csv", 0, ("--test", "nowhere.csv")),
        Bad(
            "a.csv", HEAD.encode(), "b.csv: expected a readable file; found no such", 0, ("b.csv",)
        ),
        Bad("dash.csv", HEAD.encode(), "once; found it twice", 0, ("-", "-")),
        Bad("task.csv", HEAD.encode(), "found 'poetry'", 0, ("--task", "poetry")),
        Bad("share.csv", HEAD.encode(), "--valid-share", 0, ("--valid-share", "7")),
        Bad("opt.csv", HEAD.encode(), "--lable-column", 0, ("--lable-column", "x")),
    ]


def spreadsheets() -> list[Bad]:
    rows: list[list[object]] = [
        ["text", "label"],
        *([f"where is order {i}", ("late", "lost")[i % 2]] for i in range(9)),
    ]
    gap = [*rows[:4], [], ["where is it", ""], *rows[4:]]
    return [
        Bad("none.xlsx", workbook({"A": sheet_xml([])}), "empty sheets"),
        Bad("head.xlsx", workbook({"A": sheet_xml(rows[:1])}), "a heading and nothing below"),
        Bad(
            "two.xlsx",
            workbook({"June": sheet_xml(rows), "July": sheet_xml(rows)}),
            "'June' (10 rows); 'July' (10 rows)",
        ),
        Bad("gap.xlsx", workbook({"A": sheet_xml(gap)}), "nothing in column 'label'", 6),
        Bad("one.xlsx", workbook({"A": sheet_xml([r[:1] for r in rows])}), "a single column"),
        Bad("xml.xlsx", workbook({"A": "<worksheet><sheetData><row"}), "xml.xlsx"),
        Bad("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be read"),
        Bad("text.xlsx", HEAD.encode(), "cannot be read"),
    ]
