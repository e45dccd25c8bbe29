"""A file to a table, whatever its format."""

from __future__ import annotations

import json
import re
from pathlib import Path

from undercut.core.errors import fail
from undercut.data import excel, parquet
from undercut.data.decode import decode
from undercut.data.delimited import Record
from undercut.data.json_rows import read_json
from undercut.data.label_folders import read_label_folders
from undercut.data.own_splits import from_column
from undercut.data.separated import read_separated, table_of
from undercut.data.table import Table

JSON_SUFFIXES = {".json", ".jsonl", ".ndjson", ".jl"}


def read_text(path: Path, name: str) -> tuple[str, list[str]]:
    """Return the text of a file, and notes on its encoding.

    Raises:
        UndercutError: missing, unreadable, empty or binary.
    """
    if path.is_dir():
        raise fail("data-file", expected="a readable file", found="a folder", where=str(path))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise fail(
            "data-file", expected="a readable file", found="no such file", where=str(path)
        ) from None
    except OSError as e:
        found = e.strerror or "an error of the system"
        raise fail("data-file", expected="a readable file", found=found, where=str(path)) from None
    return decode(data, name)


def looks_like_json(path: Path, text: str) -> bool:
    """Tell JSON by the name of the file, or by its first characters."""
    if path.suffix.lower() in JSON_SUFFIXES:
        return True
    head = text.lstrip()[:4096]
    if head[:1] == "{" and re.match(r'\{\s*"', head):
        try:
            json.loads(head.partition("\n")[0])
        except (json.JSONDecodeError, RecursionError):
            return path.suffix.lower() not in {".csv", ".tsv"} and '":' in head
        return True
    return bool(re.match(r"\[\s*\{\s*\"", head))


def read_magic(path: Path) -> bytes:
    """Return the first bytes of a file; nothing when it cannot be read."""
    try:
        with path.open("rb") as f:
            return f.read(8)
    except OSError:
        return b""


def read_table(path: Path, name: str, wanted: frozenset[str] = frozenset()) -> Table:
    """Read one file, or one folder that holds a text per file and a folder per label.

    The format is told by the first bytes, then by the name: Parquet, Excel and its like, JSON,
    JSON lines, else text with a separator.

    Args:
        path: the file or folder.
        name: how it is called in messages.
        wanted: names of columns the user gave.

    Raises:
        UndercutError: unreadable, empty, or not in any of these formats; with file and line.
    """
    suffix, magic = path.suffix.lower(), read_magic(path)
    if path.is_dir():
        table = read_label_folders(path, name)
    elif magic.startswith(parquet.MAGIC) or (magic and suffix in parquet.SUFFIXES):
        table = parquet.read_parquet(path, name)
    elif magic.startswith(excel.MAGICS) or (magic and suffix in excel.SUFFIXES):
        rows, notes = excel.read_excel(path, name)
        records = [Record(line, line, cells) for line, cells in rows]
        table = table_of(records, name, notes, None, wanted)
    else:
        text, notes = read_text(path, name)
        if looks_like_json(path, text):
            lines = suffix in JSON_SUFFIXES - {".json"}
            table = read_json(text, name, lines)
        else:
            table = read_separated(text, name, wanted)
        table.notes[:0] = notes
    from_column(table)
    return table
