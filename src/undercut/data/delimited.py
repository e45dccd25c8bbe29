"""CSV and its relatives: which delimiter, which quoting, and where every record starts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from undercut.core.errors import fail
from undercut.data.content import content
from undercut.data.names import is_heading

DELIMITERS = {
    "\t": "tab",
    ",": "comma",
    ";": "semicolon",
    "|": "bar",
    "_!_": "'_!_'",
    "|||": "'|||'",
    "+++$+++": "'+++$+++'",
    "::": "'::'",
    "\x01": "control character 1",
}
_LONG = tuple(d for d in DELIMITERS if len(d) > 1 or d == "\x01")


@dataclass(frozen=True)
class Form:
    """How a line becomes cells.

    Attributes:
        mark: the delimiter; empty when a line is one cell.
        cut: ``all``; or ``last`` or ``first``, when only that occurrence divides text from label.
    """

    mark: str
    cut: Literal["all", "last", "first"] = "all"

    @property
    def words(self) -> str:
        """Say what divides the fields."""
        name = DELIMITERS.get(self.mark, "space" if self.mark == " " else f"'{self.mark}'")
        return name if self.cut == "all" else f"the {self.cut} {name} of a line"


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


def _cut(text: str, form: Form) -> list[Record]:
    """Divide every line by itself, without regard to quotes."""
    found = []
    for number, raw in enumerate(io.StringIO(text, newline=""), 1):
        found.append(Record(number, number, cut_line(raw, form)))
    return found


def cut_line(raw: str, form: Form) -> list[str]:
    """Return the cells of one line that is not quoted."""
    line = raw.rstrip("\r\n")
    if not form.mark:
        return [line]
    if form.cut == "all":
        return line.split(form.mark)
    if form.cut == "last":
        head, mark, tail = line.rpartition(form.mark)
        return [head, tail] if mark else [tail]
    head, mark, tail = line.lstrip().partition(form.mark)
    return [head.removeprefix("__label__"), tail] if mark else [head]


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


def _few(cells: Iterable[str], n: int) -> bool:
    """Tell whether nearly every one of ``n`` lines has a cell, and the cells are labels."""
    looks = content([c.strip() for c in cells])
    return looks.n >= 0.9 * n and looks.label_like


def _at_sign(sample: str, bare: bool = False) -> Form | None:
    """Find ``sentence@label``; with ``bare`` every label must be one word without a dot."""
    pairs = [r.cells for r in _cut(sample, Form("@", "last")) if not blank(r.cells)]
    tails = Counter(p[1].strip() for p in pairs if len(p) == 2)
    if bare and (len(tails) < 2 or not all(re.fullmatch(r"[^\s.,;|]+", t) for t in tails)):
        return None
    if len(pairs) >= 4 and tails.total() >= 0.9 * len(pairs) and len(tails) <= len(pairs) // 2:
        return Form("@", "last")
    return None


def _one_cut(sample: str) -> Form | None:
    """Find a mark whose last or first place in every line divides a text from a label."""
    found = _at_sign(sample)
    if found:
        return found
    for mark in "\t,;|":
        if mark in sample:
            sides = [cut for cut in ("last", "first") if _labels(sample, Form(mark, cut))]  # type: ignore[arg-type]
            if len(sides) == 1:
                return Form(mark, sides[0])  # type: ignore[arg-type]
    heads = [line.split(None, 1)[0] for line in sample.splitlines() if line.strip()]
    shaped = sum(re.fullmatch(r"__label__\S+|[A-Za-z]\w*:\w+", h) is not None for h in heads)
    if len(heads) >= 4 and shaped >= 0.95 * len(heads) and len(set(heads)) <= len(heads) // 2:
        return Form(" ", "first")
    return None


def _labels(sample: str, form: Form) -> bool:
    pairs = [r.cells for r in _cut(sample, form)[:_SAMPLE_RECORDS] if not blank(r.cells)]
    at = 1 if form.cut == "last" else 0
    return len(pairs) >= 4 and _few((p[at] for p in pairs if len(p) == 2), len(pairs))


def sniff(text: str, wanted: frozenset[str] = frozenset()) -> Form:
    """Return how lines divide into cells; a form without a mark when there is a single column.

    A delimiter counts when most records have the same number of fields, two or more, or when it
    splits the first line into names of columns. The last resorts: ``@``, tab and the like where
    only their last or first place in a line leaves few different values on the outer side, and
    a line that starts with ``__label__x`` or ``GROUP:class``.

    Args:
        text: the whole file.
        wanted: names of columns the user gave.
    """
    told = re.match(r'"?sep=(.)"?\r?\n', text)
    if told and told[1] in DELIMITERS:
        return Form(told[1])
    sample = text[:_SAMPLE_CHARS]
    starts = [line.lstrip() for line in sample.splitlines() if line.strip()]
    if len(starts) >= 4 and all(re.match(r"__label__\S+\s", s) for s in starts[:-1]):
        return Form(" ", "first")
    scores = []
    for place, delimiter in enumerate((*_LONG, *"\t,;|")):
        if delimiter not in sample:
            continue
        # A record cut by the end of the sample must not count.
        long = delimiter in _LONG
        records = _cut(sample, Form(delimiter)) if long else _parse(sample, delimiter)
        records = [r for r in records[: _SAMPLE_RECORDS + 1] if not blank(r.cells)]
        whole = records[:-1] if len(text) > len(sample) and len(records) > 1 else records
        width, share = _width(whole)
        first = whole[0].cells if whole else []
        names = sum(is_heading(c) or c.strip() in wanted for c in first) if len(first) > 1 else 0
        if long and (share < 0.9 or width < 2):
            continue
        if names or (width > 1 and share >= 0.6):
            even = [r.cells for r in whole if len(r.cells) == width > 1]
            labelled = any(content(cells).label_like for cells in zip(*even, strict=True))
            share = share if width > 1 else 0.0
            scores.append((min(names, 2), round(share, 1), labelled, share, -place, delimiter))
    best = max(scores, default=None)
    if best and (best[0] or best[1] >= 0.9):
        bare = not best[0] and best[-1] in ",;|" and '"' not in sample
        return (bare and _at_sign(sample, bare=True)) or Form(best[-1])
    return _one_cut(sample) or Form(best[-1] if best else "")


def records(text: str, form: Form, name: str) -> tuple[list[Record], list[str]]:
    """Return the records, and notes on how quotes were read.

    Quotes are read as CSV means them. When they do not balance, backslash-escaped quotes and then
    plain characters are tried; a reading wins when every record has the same number of fields.

    Raises:
        UndercutError: a quote that is opened and never closed, with its line.
    """
    delimiter = form.mark
    if len(delimiter) != 1 or form.cut != "all" or delimiter == "\x01":
        return _cut(text, form), []
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


def standard_quotes(head: str, form: Form) -> bool:
    """Tell from the first lines of a big file whether quotes are to be read as CSV means them."""
    if len(form.mark) != 1 or form.cut != "all" or form.mark == "\x01":
        return False
    if form.mark in ",;":
        return True
    found = _parse(head, form.mark)
    return '"' in head and _even(found[:-1]) and not _swallows(head, found)


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
