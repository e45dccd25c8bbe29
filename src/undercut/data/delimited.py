"""CSV and its relatives: which delimiter, which quoting, and where every record starts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from undercut.core.errors import fail
from undercut.data.content import content
from undercut.data.names import is_heading

DELIMITERS = {
    "\t": "tab",
    ",": "comma",
    ";": "semicolon",
    "|": "bar",
    "@": "the last '@' of a line",
}
_SAMPLE_CHARS = 1 << 18
_SAMPLE_RECORDS = 500
_FIELD_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Record:
    """One record: the physical lines it covers, from 1, and its cells."""

    line: int
    end: int
    cells: list[str]


def _parse(text: str, delimiter: str, *, strict: bool = False, **quoting: object) -> list[Record]:
    csv.field_size_limit(_FIELD_LIMIT)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=strict, **quoting)  # type: ignore[arg-type]
    found, last = [], 0
    for cells in reader:
        found.append(Record(last + 1, reader.line_num, cells))
        last = reader.line_num
    return found


def _plain(text: str, delimiter: str) -> list[Record]:
    return _parse(text, delimiter, quoting=csv.QUOTE_NONE, quotechar=None)


def _split_last(text: str, mark: str) -> list[Record]:
    found = []
    for number, raw in enumerate(io.StringIO(text, newline=""), 1):
        head, found_mark, tail = raw.rstrip("\r\n").rpartition(mark)
        found.append(Record(number, number, [head, tail] if found_mark else [tail]))
    return found


def _whole_lines(text: str) -> list[Record]:
    lines = enumerate(io.StringIO(text, newline=""), 1)
    return [Record(i, i, [raw.rstrip("\r\n")]) for i, raw in lines]


def blank(cells: list[str]) -> bool:
    """Tell whether a record has nothing in it."""
    return not any(c.strip() for c in cells)


def _width(records: list[Record]) -> tuple[int, float]:
    """Return the commonest number of fields, and the share of records that have it."""
    widths = Counter(len(r.cells) for r in records if not blank(r.cells))
    if not widths:
        return 0, 0.0
    width, n = widths.most_common(1)[0]
    return width, n / widths.total()


def _even(records: list[Record]) -> bool:
    return _width(records)[1] == 1.0


def sniff(text: str, wanted: frozenset[str] = frozenset()) -> str | None:
    """Return the delimiter of a text, or None when it has a single column.

    A delimiter counts when most records have the same number of fields, two or more, or when it
    splits the first line into names of columns. ``@`` is the last resort: it must stand in
    nearly every line with few different values behind its last place.

    Args:
        text: the whole file.
        wanted: names of columns the user gave.
    """
    told = re.match(r'"?sep=(.)"?\r?\n', text)
    if told and told[1] in DELIMITERS:
        return told[1]
    sample = text[:_SAMPLE_CHARS]
    scores = []
    for place, delimiter in enumerate("\t,;|"):
        if delimiter not in sample:
            continue
        # A record cut by the end of the sample must not count.
        records = _parse(sample, delimiter)[: _SAMPLE_RECORDS + 1]
        records = [r for r in records if not blank(r.cells)]
        whole = records[:-1] if len(text) > len(sample) and len(records) > 1 else records
        width, share = _width(whole)
        first = whole[0].cells if whole else []
        names = sum(is_heading(c) or c.strip() in wanted for c in first) if len(first) > 1 else 0
        if names or (width > 1 and share >= 0.6):
            even = [r.cells for r in whole if len(r.cells) == width > 1]
            labelled = any(content(cells).label_like for cells in zip(*even, strict=True))
            share = round(share, 1) if width > 1 else 0.0
            scores.append((min(names, 2), share, labelled, -place, delimiter))
    best = max(scores, default=None)
    if best and (best[0] or best[1] >= 0.9):
        return best[-1]
    pairs = [r.cells for r in _split_last(sample, "@") if not blank(r.cells)]
    tails = Counter(p[1].strip() for p in pairs if len(p) == 2)
    if len(pairs) >= 4 and tails.total() >= 0.9 * len(pairs) and len(tails) <= len(pairs) // 2:
        return "@"
    return best[-1] if best else None


def records(text: str, delimiter: str | None, name: str) -> tuple[list[Record], list[str]]:
    """Return the records, and notes on how quotes were read.

    Quotes are read as CSV means them. When they do not balance, backslash-escaped quotes and then
    plain characters are tried; a reading wins when every record has the same number of fields.

    Raises:
        UndercutError: a quote that is opened and never closed, with its line.
    """
    if delimiter is None:
        return _whole_lines(text), []
    if delimiter == "@":
        return _split_last(text, "@"), []
    if '"' not in text:
        return _plain(text, delimiter), []
    as_plain = [f"{name}: quotes are read as plain characters."]
    try:
        found = _parse(text, delimiter, strict=True)
    except csv.Error:
        found = []
    if found:
        if delimiter in "\t|" and _swallows(text, found):
            plain = _plain(text, delimiter)
            if _even(plain):
                return plain, as_plain
        return found, []
    if '\\"' in text:
        try:
            escaped = _parse(text, delimiter, strict=True, escapechar="\\", doublequote=False)
            if _even(escaped):
                return escaped, [f"{name}: \\ before a quote is read as an escape."]
        except csv.Error:
            pass
    plain = _plain(text, delimiter)
    if _even(plain):
        return plain, as_plain
    return _mended(text, delimiter, name)


def _swallows(text: str, found: list[Record]) -> bool:
    """Tell whether stray quotes may have paired up far apart, over rows whole by themselves.

    That is so where records span lines in a file that neither quotes as a rule nor doubles quotes.
    """
    if '""' in text or not any(r.end > r.line for r in found):
        return False
    return (text.count('\n"') + text.startswith('"')) * 2 < len(found)


def _mended(text: str, delimiter: str, name: str) -> tuple[list[Record], list[str]]:
    """Read what strict CSV refuses; a quote left open to the end of the file is an error."""
    found = _parse(text, delimiter)
    last = found[-1]
    tail = "".join(list(io.StringIO(text, newline=""))[last.line - 1 :])
    try:
        _parse(tail, delimiter, strict=True)
    except csv.Error as e:
        if "unexpected end" in str(e):
            raise fail(
                "data-quote",
                expected="a closing quote",
                found="a quote that stays open to the end of the file",
                where=f"{name}:{last.line}",
                fix='Close it, or write a quote inside a field twice ("").',
            ) from None
    return found, [f"{name}: some quotes stand inside a field; they were read as they are."]
