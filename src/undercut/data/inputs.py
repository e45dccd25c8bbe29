"""Texts to answer, from a table or one a line; big files are read a record at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from undercut.core.contracts import Progress, silent
from undercut.core.errors import Problem
from undercut.data import big, excel, parquet
from undercut.data.columns import choose
from undercut.data.decode import file_encoding
from undercut.data.delimited import sniff
from undercut.data.names import is_heading
from undercut.data.read import JSON_SUFFIXES, looks_like_json, read_magic, read_table, read_text
from undercut.data.sources import resolve
from undercut.data.table import LISTED, raise_rows
from undercut.store.files import content_hash, sha256_file

_TABLES = {".csv", ".tsv"} | JSON_SUFFIXES | parquet.SUFFIXES | excel.SUFFIXES
Tick = Callable[[Progress], None]
Placed = tuple[Any, str]
"""An input and its place."""


@dataclass(frozen=True)
class Part:
    """What is to be answered in one file.

    Attributes:
        rows: how many inputs; of a big table at most so many.
        identity: SHA-256 that says which they are.
        read: yields each with its place (``file:line``; ``""`` where it is a line or a row of a
            table), in the order of the file, as often as it is called.
    """

    rows: int
    identity: str
    read: Callable[[], Iterator[Placed]]


@dataclass(frozen=True)
class Inputs:
    """What is to be answered, in order; read anew each time it is gone through."""

    parts: Sequence[Part]

    @property
    def rows(self) -> int:
        """Return how many inputs there are; of big tables at most so many."""
        return sum(p.rows for p in self.parts)

    @property
    def identity(self) -> str:
        """Return the SHA-256 that says which they are."""
        return content_hash([p.identity for p in self.parts])

    def __iter__(self) -> Iterator[Placed]:
        for part in self.parts:
            yield from part.read()


def load_inputs(path: Path, text_column: str | None = None) -> list[str]:
    """Read texts to answer into memory; see :func:`open_inputs`."""
    return [text for text, _ in open_inputs(path, text_column)]


def held(placed: Sequence[Placed]) -> Part:
    """Return inputs in memory as a part."""
    identity = content_hash([(repr(value), place) for value, place in placed])
    return Part(len(placed), identity, lambda: iter(placed))


def open_inputs(path: Path, text_column: str | None = None, tick: Tick = silent) -> Inputs:
    """Open texts to answer, in the order of the file.

    A table gives its text column. A plain text file gives one text a line; empty lines inside it
    stay, so that the n-th answer belongs to the n-th line. Every record is looked at before the
    first text is given. Memory is bounded whatever the size of a CSV file and its like, of JSON
    lines, of Parquet and of plain text; a single JSON document and a sheet are held whole.

    Args:
        path: a file, a folder, or - for standard input.
        text_column: name or number of the column; found when None.
        tick: told the bytes of a big file looked through.

    Raises:
        UndercutError: an unreadable file or record, or an unclear text column.
    """
    sources = resolve([path])
    return Inputs([part_of(file, sources.names[file], text_column, tick) for file in sources.files])


def part_of(path: Path, name: str, text_column: str | None, tick: Tick = silent) -> Part:
    """Return the texts of one file, called ``name`` in messages; see :func:`open_inputs`."""
    if path.is_file() and path.stat().st_size >= big.BIG:
        lines = _big_lines(path, name) if text_column is None else None
        found = lines or _big_table(path, name, text_column, tick)
        if found is not None:
            return found
    return held([(text, "") for text in _texts(path, name, text_column)])


def _texts(path: Path, name: str, text_column: str | None) -> list[str]:
    lines = plain_lines(path, name) if text_column is None else None
    if lines is not None:
        return lines[0]
    table = read_table(path, name, _wanted(text_column))
    raise_rows(table.problems)
    choice = choose(table, text_column, None, want_label=False)
    return [str(cell or "") for cell in table.cells(choice.text)]


def _wanted(text_column: str | None) -> frozenset[str]:
    return frozenset(c for c in (text_column,) if c and not c.isdecimal())


def plain_lines(path: Path, name: str) -> tuple[list[str], int] | None:
    """Return the lines of a file of one text a line, and the first one's number; None for a table.

    Raises:
        UndercutError: the file cannot be read.
    """
    if _named_table(path):
        return None
    text, _ = read_text(path, name)
    if looks_like_json(path, text) or _has_columns(text):
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return (lines[1:], 2) if is_heading(lines[0]) and len(lines) > 1 else (lines, 1)


def _named_table(path: Path) -> bool:
    """Tell a table by its name or its first bytes."""
    if path.is_dir() or path.suffix.lower() in _TABLES:
        return True
    return read_magic(path).startswith((parquet.MAGIC, *excel.MAGICS))


def _has_columns(text: str) -> bool:
    """Tell a table in a text file from one text a line: tabs, ``@label``, or a heading."""
    form = sniff(text)
    if form.mark == "\t" or (form.mark == "@" and form.cut == "last"):
        return True
    first = text.lstrip().partition("\n")[0].rstrip("\r")
    return bool(form.mark) and any(is_heading(c) for c in first.split(form.mark))


def _big_lines(path: Path, name: str) -> Part | None:
    """Return the lines of a big file of one text a line; None for a table."""
    if _named_table(path):
        return None
    encoding, _ = file_encoding(path, name)
    head = big.head(path, encoding)
    if looks_like_json(path, head) or _has_columns(head):
        return None

    def read() -> Iterator[Placed]:
        blanks: list[Placed] = []  # those at the end of the file are not texts
        for number, raw in enumerate(big.text_lines(path, encoding, name)):
            line = raw.rstrip("\r\n")
            if number == 0 and is_heading(line):
                continue
            blanks.append((line, ""))
            if line.strip():
                yield from blanks
                blanks.clear()

    return Part(sum(1 for _ in read()), sha256_file(path), read)


def _big_table(path: Path, name: str, text_column: str | None, tick: Tick) -> Part | None:
    """Return the text column of a big table; None when its format is read whole."""
    table = big.open_big(path, name, _wanted(text_column), tick)
    if table is None:
        return None
    choice = choose(table.sample, text_column, None, want_label=False)
    if not table.even:
        raise_rows(*_problems(table))
    table.tick = silent

    def read() -> Iterator[Placed]:
        for _, cells in table.records():
            yield str((cells[choice.text] if isinstance(cells, list) else "") or ""), ""

    identity = content_hash([sha256_file(path), choice.text, table.encoding, repr(table.form)])
    return Part(table.rows, identity, read)


def _problems(table: big.Big) -> tuple[list[tuple[int, Problem]], int]:
    """Return the first records that cannot be used, and how many there are."""
    first: list[tuple[int, Problem]] = []
    total = 0
    for line, cells in table.records():
        if isinstance(cells, Problem):
            total += 1
            if len(first) < LISTED:
                first.append((line, cells))
    return first, total
