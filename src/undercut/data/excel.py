"""Excel and OpenDocument sheets to a table; rows are numbered as the sheet numbers them."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

from undercut.core.errors import MissingExtra, Problem, UndercutError, fail
from undercut.data.table import count

SUFFIXES = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"}
MAGICS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
MAX_UNPACKED = 1 << 30
_FIX = "Open it in a spreadsheet and save it again as .xlsx, or export the sheet as CSV in UTF-8."


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    return str(value).replace("\0", "")


def _guard(path: Path, name: str) -> None:
    """Refuse an archive that unpacks to more than ``MAX_UNPACKED`` bytes, before unpacking it."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as f:
            if f.read(2) == b"PK":
                raise fail(
                    "data-file", expected="an Excel file", found="a torn one", where=name, fix=_FIX
                )
        return
    try:
        with zipfile.ZipFile(path) as archive:
            inside = {i.filename for i in archive.infolist()}
            total = sum(i.file_size for i in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as e:
        raise fail(
            "data-file", expected="an Excel file", found=f"a broken one ({e})", where=name, fix=_FIX
        ) from None
    if not any("workbook" in i or i == "content.xml" for i in inside):
        raise fail(
            "data-file",
            expected="an Excel file or a text file",
            found="a zip archive",
            where=name,
            fix="Unpack it, and give the files inside or their folder.",
        )
    if total > MAX_UNPACKED:
        raise fail(
            "data-file",
            expected=f"a sheet that unpacks to at most {MAX_UNPACKED >> 30} GB",
            found=f"{total:,} bytes",
            where=name,
            fix="Export the sheet as CSV in UTF-8.",
        )


def _sheets(path: Path, name: str) -> list[tuple[str, list[list[Any]], int]]:
    """Return (name, cells from A1 on, merged ranges) of each sheet that has rows."""
    _guard(path, name)
    try:
        import python_calamine as calamine
    except ImportError:
        problem = Problem(
            "the package that reads Excel files to be installed",
            "no python_calamine",
            name,
            'Run: pip install "undercut[excel]", or export the sheet as CSV in UTF-8.',
        )
        raise MissingExtra("extra-missing", problem) from None
    try:
        with calamine.load_workbook(path) as book:
            found = []
            for place, title in enumerate(book.sheet_names):
                if book.sheets_metadata[place].typ != calamine.SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_index(place)
                merged = len(sheet.merged_cell_ranges or [])
                found.append((title, sheet.to_python(skip_empty_area=False), merged))
            return found
    except calamine.PasswordError:
        raise fail(
            "data-file",
            expected="an Excel file without a password",
            found="one that is protected",
            where=name,
            fix="Save it without a password.",
        ) from None
    except Exception as e:  # calamine has no common base below Exception
        said = str(e) or type(e).__name__
        raise fail(
            "data-file",
            expected="an Excel file",
            found=f"one that cannot be read ({said})",
            where=name,
            fix=_FIX,
        ) from None


def _titles(rows: list[tuple[int, list[str]]]) -> int:
    """Return how many lines with a single cell stand above the table, as titles of a sheet do."""
    filled = [sum(bool(c.strip()) for c in row) for _, row in rows]
    ahead = next((i for i, n in enumerate(filled) if n > 1), 0)
    return ahead if ahead < 5 else 0


def read_excel(path: Path, name: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Return (row of the sheet, cells) of the one sheet that holds rows, and notes.

    Formulas give the value that was stored with them. A merged range has its value in its first
    cell, the others are empty.

    Raises:
        UndercutError: unreadable, protected, empty, or several sheets hold rows of different
            headings.
    """
    sheets = []
    for title, cells, merged in _sheets(path, name):
        rows = [(i, [_cell(c) or "" for c in row]) for i, row in enumerate(cells, 1)]
        full = [(i, row) for i, row in rows if any(c.strip() for c in row)]
        if full:
            sheets.append((title, full, merged))
    if not sheets:
        raise fail("data-empty", expected="rows", found="empty sheets", where=name)
    notes = []
    if len(sheets) > 1:
        best = max(sheets, key=lambda s: len(s[1]))
        near = [s for s in sheets if s is not best and len(s[1]) * 4 > len(best[1])]
        if near:
            listed = "; ".join(f"'{t}' ({count(len(r), 'row')})" for t, r, _ in sheets)
            problem = Problem(
                "one sheet with the rows",
                f"{len(sheets)} that may be meant: {listed}",
                name,
                "Delete the others, or export the one you mean as CSV.",
            )
            raise UndercutError("data-sheet", problem)
        others = ", ".join(f"'{s[0]}'" for s in sheets if s is not best)
        notes.append(f"{name}: sheet '{best[0]}' is read, it has most rows; not {others}.")
        sheets = [best]
    title, full, merged = sheets[0]
    if merged:
        notes.append(
            f"{name}: {count(merged, 'merged range')}: the value counts for its first cell."
        )
    ahead = _titles(full)
    if ahead:
        notes.append(f"{name}: {count(ahead, 'row')} above the heading left out.")
        full = full[ahead:]
    left = min(next(j for j, c in enumerate(row) if c.strip()) for _, row in full)
    right = max(j for _, row in full for j, c in enumerate(row) if c.strip())
    return [(i, row[left : right + 1]) for i, row in full], notes
