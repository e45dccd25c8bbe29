"""A file to a table, whatever its format."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from undercut.core.errors import Problem, fail
from undercut.data.content import content, is_number
from undercut.data.decode import decode
from undercut.data.delimited import DELIMITERS, Record, blank, records, sniff
from undercut.data.json_rows import read_json
from undercut.data.names import is_heading
from undercut.data.table import Table, count

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


def _recurs(first: list[str], rest: list[list[str]], column: int) -> bool:
    value = first[column].strip()
    return any(row[column].strip() == value and row != first for row in rest)


def _has_header(first: list[str], rest: list[list[str]], wanted: frozenset[str]) -> bool:
    """Tell names of columns from a first row of values."""
    if any(cell.strip() in wanted for cell in first):
        return True
    known = [j for j, cell in enumerate(first) if is_heading(cell)]
    if known:
        return not any(_recurs(first, rest, j) for j in known)
    if len(first) < 2 or any(len(cell) > 40 for cell in first):
        return False
    for j, cell in enumerate(first):
        found = content([row[j] for row in rest])
        value = cell.strip()
        if found.numeric >= 0.95 and value and not is_number(value):
            return True
        if found.n >= 20 and found.label_like and found.distinct * 5 <= found.n:
            if _recurs(first, rest, j):
                return False
            if value and not is_number(value):
                return True
    # A few rows only: single words over a column of sentences, none of which comes back below.
    words = all(re.fullmatch(r"[A-Za-z_][\w.-]*", cell.strip()) for cell in first)
    sentences = any(content([row[j] for row in rest]).wordy >= 0.8 for j in range(len(first)))
    return words and sentences and not any(_recurs(first, rest, j) for j in range(len(first)))


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Return the cells without empty ones beyond ``width``, as spreadsheets leave them."""
    return cells[:width] if len(cells) > width and blank(cells[width:]) else cells


def _wrong_width(record: Record, width: int, name: str, delimiter: str) -> tuple[int, Problem]:
    found = count(len(record.cells), "field")
    if record.end > record.line:
        found += f", in a record that runs to line {record.end}: is a quote left open?"
    return record.line, Problem(
        f"{count(width, 'field')} divided by {DELIMITERS.get(delimiter, delimiter)}",
        found,
        f"{name}:{record.line}",
        "Put quotes around a field that holds the delimiter."
        if len(record.cells) > width and delimiter != "@"
        else "",
    )


def read_delimited(text: str, name: str, wanted: frozenset[str] = frozenset()) -> Table:
    """Return the records of a CSV, TSV or the like.

    Args:
        text: the whole file.
        name: how it is called in messages.
        wanted: names of columns the user gave: a first line that holds one is a header.

    Raises:
        UndercutError: an unclosed quote, or no record.
    """
    delimiter = sniff(text, wanted)
    found, notes = records(text, delimiter, name)
    if found and re.fullmatch(r"sep=.?", "".join(found[0].cells).strip()):
        found = found[1:]
    full = [r for r in found if not blank(r.cells)]
    if not full:
        raise fail("data-empty", expected="rows", found="none", where=name)
    dropped = len(found) - len(full)
    common = Counter(len(r.cells) for r in full).most_common(1)[0][0]
    first = full[0]
    named = [is_heading(c) or c.strip() in wanted for c in first.cells]
    width = len(first.cells) if any(named) else common
    even, problems = [], []
    for record in full:
        cells = _trimmed(record.cells, width)
        if len(cells) == width:
            even.append((record.line, cells))
        else:
            problems.append(_wrong_width(record, width, name, delimiter or ""))
    rows = [cells for _, cells in even]
    lines = [line for line, _ in even]
    header = bool(rows) and lines[0] == first.line and _has_header(rows[0], rows[1:], wanted)
    columns = [str(j) for j in range(1, width + 1)]
    if header:
        heading = rows[0]
        columns = _unique([c.strip() for c in heading])
        keep = [i for i, row in enumerate(rows) if row != heading]
        if len(keep) < len(rows) - 1:
            again = count(len(rows) - 1 - len(keep), "repeated heading line")
            notes.append(f"{name}: {again} dropped.")
        rows, lines = [rows[i] for i in keep], [lines[i] for i in keep]
    if dropped:
        notes.append(f"{name}: {count(dropped, 'blank line')} dropped.")
    if delimiter not in (None, ","):
        notes.append(f"{name}: fields are divided by {DELIMITERS[str(delimiter)]}.")
    if not rows and not problems:
        raise fail("data-empty", expected="rows", found="a heading and nothing below", where=name)
    return Table(name, columns, header, list(map(list, rows)), lines, notes, problems)


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    found = []
    for place, name in enumerate(names, 1):
        base = name or f"column {place}"
        seen[base] += 1
        found.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return found


def read_table(path: Path, name: str, wanted: frozenset[str] = frozenset()) -> Table:
    """Read a CSV, TSV, JSON or JSON lines file.

    Raises:
        UndercutError: unreadable, empty, or not in any of these formats; with file and line.
    """
    text, notes = read_text(path, name)
    if looks_like_json(path, text):
        lines = path.suffix.lower() in JSON_SUFFIXES - {".json"}
        table = read_json(text, name, lines)
    else:
        table = read_delimited(text, name, wanted)
    table.notes[:0] = notes
    return table
