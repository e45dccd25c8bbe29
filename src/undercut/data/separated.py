"""Records of a CSV, a TSV, a text file with a separator or a sheet to a table."""

from __future__ import annotations

import re
from collections import Counter

from undercut.core.errors import Problem, fail
from undercut.data.content import content, is_number
from undercut.data.delimited import Form, Record, blank, records, sniff
from undercut.data.names import is_heading
from undercut.data.table import Table, count


def _recurs(first: list[str], rest: list[list[str]], column: int) -> bool:
    value = first[column].strip()
    return any(row[column].strip() == value and row != first for row in rest)


def has_header(first: list[str], rest: list[list[str]], wanted: frozenset[str]) -> bool:
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
    words = all(re.fullmatch(r"[A-Za-z_][\w.-]*|", cell.strip()) for cell in first)
    sentences = any(content([row[j] for row in rest]).wordy >= 0.8 for j in range(len(first)))
    return words and sentences and not any(_recurs(first, rest, j) for j in range(len(first)))


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


def _pieces(rows: list[list[str]], label: int) -> bool:
    """Tell pieces of one sentence from columns, beside a label that is the first or last field."""
    inner = [row[:-1] if label else row[1:] for row in rows]
    if len({len(cells) for cells in inner}) > 1:
        return True
    later = [c for cells in inner for c in cells[1:]]
    return sum(c[:1] == " " and c.strip() != "" for c in later) >= 0.5 * len(later)


def torn(rows: list[list[str]], form: Form) -> tuple[Form | None, bool]:
    """Find a text that its own unquoted commas tore apart, in a file without heading and quotes.

    Returns:
        The form that divides text and label only; and whether it cannot be told, because the
        fields beside the label could be one sentence or columns.
    """
    widest = max(map(len, rows))
    if widest < 3 or len(rows) < 4:
        return None, False
    looks = [content([row[at].strip() for row in rows]) for at in (0, -1)]
    ends = [at for at, look in enumerate(looks) if look.label_like]
    ends.sort(key=lambda at: looks[at].distinct)
    if not ends or (len(ends) > 1 and looks[ends[0]].distinct * 3 > looks[ends[1]].distinct):
        return None, False
    label = ends[0]
    if _pieces(rows, label):
        return Form(form.mark, "last" if label else "first"), False
    width = len(rows[0])
    inner = range(width - 1) if label else range(1, width)
    columns = [content([row[j] for row in rows]) for j in inner]
    # Free words in several fields, none of which is a number, a date, an address or a class.
    free = [c for c in columns if not (c.label_like or c.numeric > 0.5 or c.stamped > 0.5)]
    return None, len(free) == len(columns) and not all(c.wordy >= 0.9 for c in columns)


def says_names(full: list[Record], wanted: frozenset[str]) -> bool:
    """Tell whether the first record is a heading, from records that are not blank."""
    first = full[0].cells
    if any(is_heading(c) or c.strip() in wanted for c in first):
        return True
    width = Counter(len(r.cells) for r in full).most_common(1)[0][0]
    even = [r.cells for r in full if len(r.cells) == width]
    return even[0] is first and has_header(first, even[1:], wanted)


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
    if len(form.mark) == 1 and form.cut == "all" and '"' not in text and form.mark != "\t":
        full = [r for r in found if not blank(r.cells)]
        if full and not wanted and not says_names(full, wanted):
            joined, ambiguous = torn([r.cells for r in full], form)
            if joined:
                form = joined
                found, notes = records(text, form, name)
    table = table_of(found, name, notes, form, wanted)
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
