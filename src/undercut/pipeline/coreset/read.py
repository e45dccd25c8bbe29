"""Files whose labels may be missing: which rows are known, and which could be labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError
from undercut.data.columns import choose, column_at
from undercut.data.inputs import plain_lines
from undercut.data.names import match
from undercut.data.read import read_table
from undercut.data.sources import resolve
from undercut.data.table import Nested, Table, count, raise_rows

LABEL, TEXT = "label", "text"


@dataclass
class Pool:
    """Rows of all files, in order.

    Attributes:
        texts, rows: of every row with a text; ``file:line``.
        labels: None where there is none.
        cells: all cells of the row by the name of their column, text and label included.
        columns: names of the columns, in order, over all files.
        text, label: names the text's and the label's column are written under.
        notes: what was decided.
    """

    texts: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    cells: list[dict[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    text: str = ""
    label: str = ""
    notes: list[str] = field(default_factory=list)


def read_pool(
    paths: Sequence[Path], task: Any, text_column: str | None, label_column: str | None
) -> Pool:
    """Read files; rows without a label are kept, rows without a text are told of and left out.

    Without ``label_column`` a column counts as the label only when it is called so: a column that
    merely looks like labels may be anything in a file nobody has labelled.

    Raises:
        UndercutError: an unreadable file, bad records, or an unclear text column.
    """
    sources, pool = resolve(paths), Pool()
    pool.notes += sources.notes
    wanted = frozenset(c for c in (text_column, label_column) if c and not c.isdecimal())
    for path in sources.files:
        name = sources.names[path]
        lines = plain_lines(path, name) if text_column is None and label_column is None else None
        table = _of_lines(name, *lines) if lines else read_table(path, name, wanted)
        raise_rows(table.problems)
        _add(pool, table, task, text_column, label_column)
    return pool


def _of_lines(name: str, texts: list[str], first: int) -> Table:
    numbers = list(range(first, first + len(texts)))
    return Table(name, [TEXT], True, [[t] for t in texts], numbers)


def _add(
    pool: Pool, table: Table, task: Any, text_column: str | None, label_column: str | None
) -> None:
    at = _label_of(table, label_column)
    picked = choose(
        _without(table, at) if text_column is None else table, text_column, None, want_label=False
    )
    text = picked.text
    if text_column is None and at is not None and text >= at:
        text += 1
    if text == at:
        problem = Problem("two different columns", "one for both text and label", table.name)
        raise UndercutError("data-columns", problem)
    said = f"; label is column '{table.columns[at]}'" if at is not None else "; no label column"
    pool.notes += [*table.notes, picked.note.removesuffix(".") + said + "."]
    names = _names(table, text, at)
    pool.text = pool.text or names[text]
    pool.label = pool.label or (names[at] if at is not None else LABEL)
    names[text] = pool.text
    if at is not None:
        names[at] = pool.label
    pool.columns += [n for n in names if n not in pool.columns]
    empty, bad = 0, []
    for i, cells in enumerate(table.rows):
        value, given_label = cells[text], cells[at] if at is not None else None
        if isinstance(value, Nested) or isinstance(given_label, Nested):
            expected = "a text, and one label or none"
            bad.append(Problem(expected, "a list or object", table.place(i), "Delete the row."))
            continue
        if not value or not value.strip():
            empty += 1
            continue
        known = given_label is not None and bool(given_label.strip())
        pool.texts.append(str(value))
        pool.rows.append(table.place(i))
        pool.labels.append(task.check_target(given_label) if known else None)
        pool.cells.append(
            {n: "" if c is None else str(c) for n, c in zip(names, cells, strict=True)}
        )
    if bad:
        raise UndercutError("data-rows", bad[:20])
    if empty:
        pool.notes.append(f"{table.name}: {count(empty, 'row')} without a text left out.")


def _label_of(table: Table, label_column: str | None) -> int | None:
    if label_column is not None:
        return column_at(table, label_column, "label")
    if not table.header or len(table.columns) < 2:
        return None
    ranks = {j: match(c, "label") for j, c in enumerate(table.columns)}
    exact = {j: r[1] for j, r in ranks.items() if r is not None and r[0] == 0}
    return min(exact, key=lambda j: (exact[j], j)) if exact else None


def _without(table: Table, at: int | None) -> Table:
    """Return the table without a column, so that it is not taken for the text."""
    if at is None:
        return table
    return Table(
        table.name,
        [c for j, c in enumerate(table.columns) if j != at],
        table.header,
        [[c for j, c in enumerate(row) if j != at] for row in table.rows],
        table.lines,
        unclear=table.unclear,
    )


def _names(table: Table, text: int, at: int | None) -> list[str]:
    if table.header:
        return list(table.columns)
    found = [f"column_{j + 1}" for j in range(len(table.columns))]
    found[text] = TEXT
    if at is not None:
        found[at] = LABEL
    return found
