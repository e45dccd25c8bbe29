"""One file of entities to rows, whatever its format."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undercut.core.errors import fail
from undercut.core.types import Examples
from undercut.data import parquet
from undercut.data.own_splits import names_parts, part_of
from undercut.data.read import looks_like_json, read_magic, read_text
from undercut.data.table import raise_rows
from undercut.tasks.token_classification.reading import brat, csv_tokens, from_tags, marks
from undercut.tasks.token_classification.reading.columns import read_columns
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.json_text import json_records
from undercut.tasks.token_classification.reading.parquet_rows import parquet_records
from undercut.tasks.token_classification.reading.records import read_records
from undercut.tasks.token_classification.reading.written import way_of

Parts = dict[str, Examples]
FIX = (
    "Write a token and its tag a line (CoNLL), or one object a line: "
    '{"text": "...", "entities": [[start, end, "TYPE"]]}.'
)


def read(
    path: Path, name: str, text_column: str | None = None, label_column: str | None = None
) -> tuple[Parts, list[str]]:
    """Return the rows of one file by part, and notes on what was decided.

    Args:
        path: columns, CSV, JSON, JSON lines or Parquet; or a brat text or its folder.
        name: how it is called in messages.
        text_column: number or name of the column of tokens or texts.
        label_column: the same for tags or spans.

    Returns:
        Rows by ``train``, ``valid`` and ``test``; all under ``train`` when the file says nothing.

    Raises:
        UndercutError: not a file of entities; or rows that cannot be used, all at once
            (``data-rows``).
    """
    to = Gathered(name)
    parts: dict[int, str] = {}
    if brat.is_brat(path):
        marks.gather(brat.read_brat(path, to), to)
    elif read_magic(path).startswith(parquet.MAGIC):
        parts = _records(parquet_records(path, name), to)
    else:
        text, notes = read_text(path, name)
        to.notes += notes
        if looks_like_json(path, text):
            parts = _json(text, to)
        elif way := way_of(path, text):
            way.gather(way.read(text, to), to)
        elif rows := table_rows(path, text):
            parts = _table(rows, to, text_column, label_column)
        else:
            from_tags.gather(read_columns(text, to, text_column, label_column), to)
    raise_rows(to.problems, to.bad)
    if not to.inputs:
        raise fail("data-empty", expected="texts with entities", found="none", where=name, fix=FIX)
    return _parted(to, parts), to.notes


def _parted(to: Gathered, parts: dict[int, str]) -> Parts:
    whole = to.examples()
    if not parts:
        return {"train": whole}
    found: dict[str, list[int]] = {}
    for i, row in enumerate(whole.rows):
        found.setdefault(parts[int(row.rpartition(":")[2])], []).append(i)
    return {part: whole.take(index) for part, index in found.items()}


def _json(text: str, to: Gathered) -> dict[int, str]:
    """Gather the rows of JSON; return the part of each line, where records come by part."""
    records = json_records(text, to.name)
    if records.counted:
        to.counts = "record"
        to.say("several records a line: numbers after the file's name count records")
    parts = _records(records.found, to)
    named = zip(records.found, records.parts, strict=False)
    return {line: part for (line, _), part in named} or parts


def _records(records: Sequence[tuple[int, Any]], to: Gathered) -> dict[int, str]:
    """Gather the rows of records; return the part of each line, where a key of all says so."""
    sentences, texts = read_records(records, to)
    if sentences:
        from_tags.gather(sentences, to)
    elif texts:
        marks.gather(texts, to)
    some = [(line, value) for line, value in records if isinstance(value, dict)]
    keys = some[0][1] if some else {}
    columns = {k: [(line, v.get(k)) for line, v in some] for k in keys}
    return parts_by(columns, to)


def parts_by(columns: dict[str, list[tuple[int, Any]]], to: Gathered) -> dict[int, str]:
    """Return the part of each line, where a column such as ``split`` says so; else nothing."""
    for name, cells in columns.items():
        if names_parts(name, [str(v) for _, v in cells]):
            to.say(f"column '{name}' says which rows are for what")
            return {line: str(part_of(str(v))) for line, v in cells}
    return {}


def table_rows(path: Path, text: str) -> csv_tokens.Rows | None:
    """Return the records of a table with delimiters that has a heading; None for columns."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    mark = csv_tokens.delimiter_of(text)
    if mark not in head:
        return None
    first = head.rstrip("\r").split(mark)
    suffix = path.suffix.lower()
    if not csv_tokens.heading([c.strip().strip('"') for c in first]) and (
        suffix != ".csv" or mark == "\t"
    ):
        return None
    rows = csv_tokens.rows_of(text, mark)
    return rows[next(i for i, (_, cells) in enumerate(rows) if cells) :]


def _table(
    rows: csv_tokens.Rows, to: Gathered, text_column: str | None, label_column: str | None
) -> dict[int, str]:
    """Gather the rows of a table; return the part of each line, where a column says so."""
    if found := span_cells(rows):
        return _records(found, to)
    sentences = csv_tokens.read_token_rows(rows, to, text_column, label_column)
    from_tags.gather(sentences, to)
    full = [(line, cells) for line, cells in rows[1:] if len(cells) == len(rows[0][1])]
    columns = {c: [(line, cells[j]) for line, cells in full] for j, c in enumerate(rows[0][1])}
    return parts_by(columns, to)


def span_cells(rows: csv_tokens.Rows) -> list[tuple[int, Any]] | None:
    """Return a table's rows as records, where cells hold JSON lists of spans; else None."""
    columns = [c.strip() for c in rows[0][1]]
    body = [(line, cells) for line, cells in rows[1:] if len(cells) == len(columns)]
    nested = []
    for j in range(len(columns)):
        some = [cells[j].strip() for _, cells in body[:50] if cells[j].strip()]
        if some and all(
            c[:1] in "[{" and c[-1:] in "]}" and _json_cell(c) is not None for c in some
        ):
            values = [_json_cell(c) for c in some]
            if any(isinstance(v, dict) or (v and isinstance(v[0], list | dict)) for v in values):
                nested.append(j)
    if not nested:
        return None
    found = []
    for line, cells in body:
        record: dict[str, Any] = {
            name: _json_cell(cell) if j in nested else cell
            for j, (name, cell) in enumerate(zip(columns, cells, strict=True))
        }
        found.append((line, record))
    return found


def _json_cell(cell: str) -> Any:
    """Return what a cell holds as JSON, or as Python writes lists and dicts; None for neither."""
    try:
        return json.loads(cell) if cell.strip() else []
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(json.dumps(ast.literal_eval(cell)))  # tuples to lists
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
