"""Texts to answer, from a table or one a line."""

from __future__ import annotations

from pathlib import Path

from undercut.data import excel, parquet
from undercut.data.columns import choose
from undercut.data.delimited import sniff
from undercut.data.names import is_heading
from undercut.data.read import JSON_SUFFIXES, looks_like_json, read_magic, read_table, read_text
from undercut.data.sources import resolve
from undercut.data.table import raise_rows

_TABLES = {".csv", ".tsv"} | JSON_SUFFIXES | parquet.SUFFIXES | excel.SUFFIXES


def load_inputs(path: Path, text_column: str | None = None) -> list[str]:
    """Read texts to answer, in the order of the file.

    A table gives its text column. A plain text file gives one text a line; empty lines inside it
    stay, so that the n-th answer belongs to the n-th line.

    Raises:
        UndercutError: an unreadable file, or an unclear text column.
    """
    sources = resolve([path])
    texts: list[str] = []
    for file in sources.files:
        texts += texts_of(file, sources.names[file], text_column)
    return texts


def texts_of(path: Path, name: str, text_column: str | None) -> list[str]:
    """Return the texts of one file, called ``name`` in messages.

    Raises:
        UndercutError: see :func:`load_inputs`.
    """
    lines = plain_lines(path, name) if text_column is None else None
    if lines is not None:
        return lines[0]
    wanted = frozenset(c for c in (text_column,) if c and not c.isdecimal())
    table = read_table(path, name, wanted)
    raise_rows(table.problems)
    choice = choose(table, text_column, None, want_label=False)
    return [str(cell or "") for cell in table.cells(choice.text)]


def plain_lines(path: Path, name: str) -> tuple[list[str], int] | None:
    """Return the lines of a file of one text a line, and the first one's number; None for a table.

    Raises:
        UndercutError: the file cannot be read.
    """
    if path.is_dir() or path.suffix.lower() in _TABLES:
        return None
    if read_magic(path).startswith((parquet.MAGIC, *excel.MAGICS)):
        return None
    text, _ = read_text(path, name)
    if looks_like_json(path, text) or _has_columns(text):
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return (lines[1:], 2) if is_heading(lines[0]) and len(lines) > 1 else (lines, 1)


def _has_columns(text: str) -> bool:
    """Tell a table in a text file from one text a line: tabs, ``@label``, or a heading."""
    form = sniff(text)
    if form.mark == "\t" or (form.mark == "@" and form.cut == "last"):
        return True
    first = text.lstrip().partition("\n")[0].rstrip("\r")
    return bool(form.mark) and any(is_heading(c) for c in first.split(form.mark))
