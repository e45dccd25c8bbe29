"""Records of a CSV, a TSV, a text file with a separator or a sheet to a table."""

from __future__ import annotations

import re
from collections import Counter

from undercut.core.errors import Problem, fail
from undercut.data.delimited import Form, Record, blank, records, sniff
from undercut.data.heading import has_header
from undercut.data.names import is_heading
from undercut.data.table import Table, count
from undercut.data.torn_text import rejoin

# A quote where a field begins: the writer of the file knows quoting.
OPENING = re.compile(r"(?:^|[,;|])[ ]?\"", re.MULTILINE)


def trimmed(cells: list[str], width: int) -> list[str]:
    """Return the cells without empty ones beyond ``width``, as spreadsheets leave them."""
    return cells[:width] if len(cells) > width and blank(cells[width:]) else cells


def wrong_width(record: Record, width: int, name: str, form: Form | None) -> tuple[int, Problem]:
    """Return the line and the problem of a record with too many or too few fields."""
    found = count(len(record.cells), "field")
    if record.end > record.line:
        found += f", in a record that runs to line {record.end}: is a quote left open?"
    divided = f" divided by {form.words}" if form else ""
    quotes = form and form.cut == "all" and len(form.mark) == 1 and len(record.cells) > width
    return record.line, Problem(
        f"{count(width, 'field')}{divided}",
        found,
        f"{name}:{record.line}",
        "Put quotes around a field that holds the delimiter." if quotes else "",
    )


def _one_label(table: Table) -> None:
    """Refuse lines with a second ``__label__``: it would be read as a word of the text."""
    good = []
    for at, cells in enumerate(table.rows):
        second = (cells[-1] or "").lstrip().split(None, 1)[:1]
        if second and second[0].startswith("__label__"):
            problem = Problem(
                "one label a line", f"another, '{second[0]}'", table.place(at), "Keep one of them."
            )
            table.problems.append((table.lines[at], problem))
        else:
            good.append(at)
    table.rows = [table.rows[at] for at in good]
    table.lines = [table.lines[at] for at in good]


def read_separated(text: str, name: str, wanted: frozenset[str] = frozenset()) -> Table:
    """Return the records of a CSV, TSV or text file with a separator.

    Args:
        text: the whole file.
        name: how it is called in messages.
        wanted: names of columns the user gave: a first line that holds one is a header.

    Raises:
        UndercutError: an unclosed quote, no record, or fields that may be one text or several.
    """
    form = sniff(text, wanted)
    found, notes = records(text, form, name)
    if found and re.fullmatch(r"sep=.?", "".join(found[0].cells).strip()):
        found = found[1:]
    ambiguous = False
    if not OPENING.search(text):
        joined, ambiguous = rejoin([r for r in found if not blank(r.cells)], form, wanted)
        if joined:
            form = joined
            found, notes = records(text, form, name)
    table = table_of(found, name, notes, form, wanted)
    if form.mark == " " and form.cut == "first":
        _one_label(table)
    if ambiguous:
        table.unclear = Problem(
            "a text and a label in each line",
            f"{len(table.columns)} fields without quotes or a heading, that may be one sentence "
            f"with {form.words}s in it, or columns",
            f"{name}:{table.lines[0]}",
            "Put quotes around the texts, or name the column: "
            + " or ".join(f"--text-column {c}" for c in table.columns[:4])
            + ".",
        )
    return table


def table_of(
    found: list[Record],
    name: str,
    notes: list[str],
    form: Form | None,
    wanted: frozenset[str] = frozenset(),
) -> Table:
    """Return a table of records: heading found, blank lines dropped, odd widths told.

    Args:
        found: the records in order.
        name: how the file is called in messages.
        notes: what was decided so far; added to.
        form: what divides the fields; None in a sheet.
        wanted: names of columns the user gave.

    Raises:
        UndercutError: no record, or nothing but a heading.
    """
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
        cells = trimmed(record.cells, width)
        if len(cells) == width:
            even.append((record.line, cells))
        else:
            problems.append(wrong_width(record, width, name, form))
    rows = [cells for _, cells in even]
    lines = [line for line, _ in even]
    header = bool(rows) and lines[0] == first.line and has_header(rows[0], rows[1:], wanted)
    columns = [str(j) for j in range(1, width + 1)]
    if header:
        heading = rows[0]
        columns = unique([c.strip() for c in heading])
        keep = [i for i, row in enumerate(rows) if row != heading]
        if len(keep) < len(rows) - 1:
            again = count(len(rows) - 1 - len(keep), "repeated heading line")
            notes.append(f"{name}: {again} dropped.")
        rows, lines = [rows[i] for i in keep], [lines[i] for i in keep]
    if dropped:
        notes.append(f"{name}: {count(dropped, 'blank line')} dropped.")
    if form and (form.cut != "all" or form.mark not in ("", ",")):
        notes.append(f"{name}: fields are divided by {form.words}.")
    if not rows and not problems:
        raise fail("data-empty", expected="rows", found="a heading and nothing below", where=name)
    return Table(name, columns, header, list(map(list, rows)), lines, notes, problems)


def unique(names: list[str]) -> list[str]:
    """Return names of columns without blanks and repetitions."""
    seen: Counter[str] = Counter()
    found = []
    for place, name in enumerate(names, 1):
        base = name or f"column {place}"
        seen[base] += 1
        found.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return found
