"""Files too big to hold: read twice, a record at a time; nothing but a sample is kept.

The first pass finds the encoding, the form and the columns and keeps every n-th record, at most
``SAMPLE`` of them; the second gives the rows. Memory is bounded by the sample and the longest
record (``LONGEST`` characters), whatever the size of the file. CSV and its like, JSON lines and
Parquet are read so; a single JSON document and a sheet are read whole.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from undercut.core.contracts import Progress, silent
from undercut.core.errors import Problem, UndercutError, fail
from undercut.data import excel, parquet
from undercut.data.decode import file_encoding
from undercut.data.delimited import Form, Record, blank, cut_line, sniff, standard_quotes
from undercut.data.json_rows import cells_of, is_lines, line_value
from undercut.data.own_splits import from_column, part_column, part_of
from undercut.data.separated import OPENING, table_of, trimmed, wrong_width
from undercut.data.table import Table, count
from undercut.data.torn_text import rejoin

BIG = 32 << 20
SAMPLE = 5000
HEAD = 1 << 21
LONGEST = 1 << 24
TOLD = 4096
"""Records between two words on how far the reading is."""
JSON_LINES = {".jsonl", ".ndjson", ".jl"}
Row = tuple[int, list[str | None] | Problem]
Tick = Callable[[Progress], None]


def _told(tick: Tick, what: str, done: int, total: int) -> None:
    tick(Progress(what, done, total, f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"))


@dataclass
class Big:
    """A file that is read a record at a time.

    Attributes:
        sample: a table of rows spread over the file, to choose columns from.
        rows: how many records there are.
        even: the first pass saw nothing that could make a record unusable.
    """

    path: Path
    kind: Literal["separated", "lines", "parquet"]
    sample: Table
    encoding: str = "utf-8"
    form: Form = field(default_factory=lambda: Form(","))
    plain: bool = False
    rows: int = 0
    even: bool = True
    tick: Tick = silent

    def part_of_row(self) -> Callable[[list[str | None]], str]:
        """Return what tells the part of a row; ``train`` for all when the file says nothing."""
        if self.sample.parts is None:
            return lambda cells: "train"
        at = part_column(self.sample)
        return lambda cells: part_of(cells[at] or "") or "train"

    def records(self) -> Iterator[Row]:
        """Yield (line, cells), or (line, problem) for a record that cannot be used.

        Raises:
            UndercutError: the file vanished, cannot be read on, or a quote stays open.
        """
        try:
            yield from self._records()
        except OSError as e:
            raise _refused(e, self.sample.name) from None

    def _records(self) -> Iterator[Row]:
        name, width = self.sample.name, len(self.sample.columns)
        if self.kind == "parquet":
            yield from _parquet_told(self.path, name, self.tick, f"read {name}")[1]
        elif self.kind == "lines":
            for number, value in _values(self.path, self.encoding, name, self._told):
                if isinstance(value, Problem):
                    yield number, value
                else:
                    yield number, cells_of(value, self.sample.columns)
        else:
            heading: list[str] | None = None
            lines = text_lines(self.path, self.encoding, name, self._told)
            for record in _separated(lines, self.form, self.plain, name):
                if blank(record.cells):
                    continue
                if self.sample.header and heading is None:
                    heading = record.cells
                if record.cells == heading:
                    continue
                cells = trimmed(record.cells, width)
                if len(cells) == width:
                    yield record.line, list(cells)
                else:
                    yield record.line, wrong_width(record, width, name, self.form)[1]

    def _told(self, done: int, total: int) -> None:
        _told(self.tick, f"read {self.sample.name}", done, total)


Read = Callable[[int, int], None]


def _unheard(done: int, total: int) -> None:
    pass


def text_lines(path: Path, encoding: str, name: str, read: Read = _unheard) -> Iterator[str]:
    """Yield the lines of a file with their ends, NUL characters left out.

    Raises:
        UndercutError: a line longer than ``LONGEST`` characters.
    """
    total = path.stat().st_size
    with path.open(encoding=encoding, errors="replace", newline="") as f:
        number = 0
        while line := f.readline(LONGEST):
            number += 1
            if number % TOLD == 0:
                read(os.lseek(f.fileno(), 0, os.SEEK_CUR), total)
            if len(line) == LONGEST:
                raise fail(
                    "data-file",
                    expected=f"lines of at most {LONGEST:,} characters",
                    found="a longer one",
                    where=f"{name}:{number}",
                )
            yield line.replace("\0", "") if "\0" in line else line


def _separated(lines: Iterator[str], form: Form, plain: bool, name: str) -> Iterator[Record]:
    if plain or len(form.mark) != 1 or form.cut != "all":
        for number, raw in enumerate(lines, 1):
            yield Record(number, number, cut_line(raw, form))
        return
    held: list[str] = []

    def watched() -> Iterator[str]:
        for line in lines:
            held.append(line)
            yield line

    reader = csv.reader(watched(), delimiter=form.mark)
    csv.field_size_limit(LONGEST)
    last = 0
    tail: list[str] = []
    try:
        for cells in reader:
            yield Record(last + 1, reader.line_num, cells)
            last, tail, held[:] = reader.line_num, list(held), []
    except csv.Error:
        raise _open_quote(name, last + 1) from None
    try:
        for _ in csv.reader(tail, delimiter=form.mark, strict=True):
            pass
    except csv.Error as e:
        if "unexpected end" in str(e):
            raise _open_quote(name, last - len(tail) + 1) from None


def _open_quote(name: str, line: int) -> UndercutError:
    return fail(
        "data-quote",
        expected="a closing quote",
        found="a quote that stays open",
        where=f"{name}:{line}",
        fix='Close it, or write a quote inside a field twice ("").',
    )


def _values(path: Path, encoding: str, name: str, read: Read) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text_lines(path, encoding, name, read), 1):
        if line.strip():
            yield number, line_value(line, f"{name}:{number}")


class _Spread:
    """Keep at most ``2 * SAMPLE`` things, evenly spread, of however many come."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.step = 1
        self.n = 0

    def add(self, thing: Any) -> None:
        if self.n % self.step == 0:
            self.kept.append(thing)
            if len(self.kept) >= 2 * SAMPLE:
                self.kept = self.kept[::2]
                self.step *= 2
        self.n += 1


def _scan_separated(
    path: Path,
    encoding: str,
    form: Form,
    plain: bool,
    name: str,
    wanted: frozenset[str],
    quoted: bool,
    read: Read,
) -> Big:
    spread, blanks, widths = _Spread(), 0, set[int]()
    for record in _separated(text_lines(path, encoding, name, read), form, plain, name):
        if blank(record.cells):
            blanks += 1
            continue
        quoted = quoted or record.end > record.line
        widths.add(len(record.cells))
        spread.add(record)
    sample: list[Record] = spread.kept
    if not sample:
        raise fail("data-empty", expected="rows", found="none", where=name)
    if not quoted and not plain:
        joined, _ = rejoin(sample, form, wanted)
        if joined:
            return _scan_separated(path, encoding, joined, True, name, wanted, True, read)
    notes: list[str] = []
    table = table_of(sample, name, notes, form, wanted)
    table.problems = []
    if blanks:
        table.notes.append(f"{name}: {count(blanks, 'blank line')} dropped.")
    rows, even = spread.n - table.header, len(widths) == 1
    return Big(path, "separated", table, encoding, form, plain, rows, even)


def _scan_lines(path: Path, encoding: str, name: str, read: Read) -> Big:
    spread, keys, even = _Spread(), Counter[str](), True
    for number, value in _values(path, encoding, name, read):
        if isinstance(value, Problem):
            even = False
        else:
            keys.update(dict.fromkeys(value, 1))
            spread.add((number, value))
    if not spread.n:
        raise fail("data-json", expected="one JSON object a line", found="none", where=name)
    columns = list(keys)
    rows = [cells_of(value, columns) for _, value in spread.kept]
    table = Table(name, columns, True, rows, [line for line, _ in spread.kept])
    return Big(path, "lines", table, encoding, rows=spread.n, even=even)


def _parquet_told(
    path: Path, name: str, tick: Tick, what: str
) -> tuple[list[str], Iterator[tuple[int, list[str | None]]]]:
    """Return columns and rows of a Parquet file; the share of rows counts as that of bytes."""
    size = path.stat().st_size
    columns, total, rows = parquet.parquet_rows(path, name)

    def told() -> Iterator[tuple[int, list[str | None]]]:
        for number, cells in rows:
            if number % TOLD == 0:
                _told(tick, what, size * number // total, size)
            yield number, cells

    return columns, told()


def _scan_parquet(path: Path, name: str, tick: Tick) -> Big:
    columns, rows = _parquet_told(path, name, tick, f"look through {name}")
    spread = _Spread()
    for row in rows:
        spread.add(row)
    table = Table(name, columns, True, [c for _, c in spread.kept], [i for i, _ in spread.kept])
    return Big(path, "parquet", table, rows=spread.n)


def head(path: Path, encoding: str) -> str:
    """Return the whole lines among the first ``HEAD`` characters."""
    with path.open(encoding=encoding, errors="replace", newline="") as f:
        text = f.read(HEAD).replace("\0", "")
    whole = text.rfind("\n") + 1
    return text[:whole] if whole else text


def open_big(
    path: Path, name: str, wanted: frozenset[str] = frozenset(), tick: Tick = silent
) -> Big | None:
    """Return a big file ready to be streamed; None when it is small, or read whole anyway.

    Args:
        path: the file.
        name: how it is called in messages.
        wanted: names of columns the user gave.
        tick: told the bytes read, in this pass and in those of :meth:`Big.records`.

    Raises:
        UndercutError: unreadable, or nothing in it.
    """
    if not path.is_file() or path.stat().st_size < BIG:
        return None
    try:
        found = _scan(path, name, wanted, tick)
    except OSError as e:
        raise _refused(e, name) from None
    if found is not None:
        found.tick = tick
    return found


def _refused(error: OSError, name: str) -> UndercutError:
    found = error.strerror or "an error of the system"
    return fail("data-file", expected="a readable file", found=found, where=name)


def _scan(path: Path, name: str, wanted: frozenset[str], tick: Tick) -> Big | None:
    def read(done: int, total: int) -> None:
        _told(tick, f"look through {name}", done, total)

    with path.open("rb") as f:
        magic = f.read(8)
    if magic.startswith(parquet.MAGIC):
        return _scan_parquet(path, name, tick)
    if magic.startswith(excel.MAGICS) or path.suffix.lower() in excel.SUFFIXES:
        return None
    encoding, note = file_encoding(path, name)
    opening = head(path, encoding)
    suffix = path.suffix.lower()
    if suffix in JSON_LINES or (opening.lstrip()[:1] == "{" and is_lines(opening)):
        big = _scan_lines(path, encoding, name, read)
    elif suffix == ".json" or opening.lstrip()[:2] in ("[{", "[["):
        return None
    else:
        form = sniff(opening, wanted)
        plain = not standard_quotes(opening, form)
        quoted = OPENING.search(opening) is not None
        big = _scan_separated(path, encoding, form, plain, name, wanted, quoted, read)
    big.sample.notes[:0] = note
    from_column(big.sample)
    return big
