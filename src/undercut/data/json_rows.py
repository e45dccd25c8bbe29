"""JSON and JSON lines to a table, with the line every record starts on."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from undercut.core.errors import Problem, UndercutError, fail
from undercut.data.content import content
from undercut.data.own_splits import assign, part_of
from undercut.data.table import Nested, Table, raise_rows

_SPACE = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIX = 'Write a list of objects, {"data": [...]}, or one object a line.'

# Numbers stay as they are written: 1.0, 007 and 12345678901234567890 are labels, not floats.
_decoder = json.JSONDecoder(
    parse_int=str, parse_float=str, parse_constant=lambda _: None, strict=False
)


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _SURROGATE.sub("�", text.replace("\0", ""))
    return text if isinstance(value, str) else Nested(text)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return _decoder.raw_decode(text, at)
    except RecursionError:
        raise json.JSONDecodeError("lists nested too deeply", text, at) from None


def _elements(text: str, at: int) -> Iterator[tuple[int, Any]]:
    """Yield (position, value) of the list that opens at ``at``; the last position is after it."""
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        yield at + 1, None
        return
    while True:
        value, end = _value(text, at)
        yield at, value
        at = _skip(text, end)
        mark = text[at : at + 1]
        if mark == "]":
            yield at + 1, None
            return
        if mark != ",":
            raise json.JSONDecodeError("',' or ']' is missing", text, at)
        at = _skip(text, at + 1)


def _list(text: str, at: int) -> tuple[list[tuple[int, Any]], int]:
    """Return (line, value) of each element, and the position after the list."""
    found, line, seen = [], text.count("\n", 0, at) + 1, at
    for place, value in _elements(text, at):
        line += text.count("\n", seen, place)
        seen = place
        found.append((line, value))
    return found[:-1], seen


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield (key, start, end) of the values of the object that opens at ``at``."""
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        key, end = _value(text, at)
        start = _skip(text, end)
        if not isinstance(key, str) or text[start : start + 1] != ":":
            raise json.JSONDecodeError("a name and ':' are missing", text, at)
        start = _skip(text, start + 1)
        _, end = _value(text, start)
        yield key, start, end
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "}":
            raise json.JSONDecodeError("',' or '}' is missing", text, at)


class _Groups(list[tuple[int, Any]]):
    """Records that came under names of splits: ``groups[i]`` is the name of record ``i``."""

    groups: list[str]


def _split_groups(text: str, lists: dict[str, int]) -> _Groups:
    """Return the records of ``{"train": [...], "test": [...]}`` with the name of each."""
    found = _Groups()
    found.groups = []
    for key, start in lists.items():
        records = _list(text, start)[0]
        found += records
        found.groups += [key] * len(records)
    return found


def _document(text: str, name: str) -> list[tuple[int, Any]]:
    """Return (line, record) of one JSON document."""
    at = _skip(text, 0)
    if at >= len(text):
        raise json.JSONDecodeError("nothing", text, 0)
    if text[at] == "[":
        found, end = _list(text, at)
        if _skip(text, end) != len(text):
            raise json.JSONDecodeError("text after the list", text, end)
        return found
    members = list(_members(text, at))
    lists = {key: start for key, start, _ in members if text[start] == "["}
    if members and not any(text[start] in "[{" for _, start, _ in members):
        return [(text.count("\n", 0, at) + 1, _value(text, at)[0])]
    if len(lists) > 1 and any(part_of(key) for key in lists):
        return _split_groups(text, lists)
    if len(lists) > 1 and "data" not in lists and len(lists) == len(members):
        groups = _split_groups(text, lists)
        if all(isinstance(value, str) for _, value in groups):
            return [
                (line, {"text": value, "label": label})
                for (line, value), label in zip(groups, groups.groups, strict=True)
            ]
    chosen = "data" if "data" in lists else next(iter(lists)) if len(lists) == 1 else None
    if chosen is None:
        raise fail(
            "data-json",
            expected="a list of records",
            found=f"one object with {', '.join(repr(k) for k, _, _ in members[:5]) or 'nothing'}",
            where=name,
            fix=f"{_FIX} (pandas: orient='records')",
        )
    return _list(text, lists[chosen])[0]


def line_value(line: str, where: str) -> Any:
    """Return the value of one line of JSON lines, or what is wrong with it."""
    try:
        start = _skip(line, 0)
        value, end = _value(line, start)
        if _skip(line, end) != len(line):
            raise json.JSONDecodeError("text after the record", line, end)
    except json.JSONDecodeError as e:
        return Problem("one JSON object a line", e.msg, where)
    if not isinstance(value, dict):
        return Problem("one JSON object a line", _kind(value), where)
    return value


def cells_of(value: dict[str, Any], columns: list[str]) -> list[str | None]:
    """Return an object's cells, one a column."""
    return [_cell(value.get(key)) for key in columns]


def _lines(text: str, name: str) -> list[tuple[int, Any]]:
    found, problems = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            start = _skip(line, 0)
            value, end = _value(line, start)
            if _skip(line, end) != len(line):
                raise json.JSONDecodeError("text after the record", line, end)
            found.append((number, value))
        except json.JSONDecodeError as e:
            problem = Problem("one JSON object a line", e.msg, f"{name}:{number}")
            problems.append((number, problem))
    raise_rows(problems)
    return found


def is_lines(text: str) -> bool:
    """Tell JSON lines from one document: the first line is a whole value and more follows."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip():
        return False
    try:
        _, end = _value(first, 0)
    except json.JSONDecodeError:
        return False
    return _skip(first, end) == len(first)


def read_json(text: str, name: str, lines: bool = False) -> Table:
    """Return the records of a JSON document or of JSON lines.

    Args:
        text: the whole file.
        name: how it is called in messages.
        lines: the file's name says that it is JSON lines.

    Raises:
        UndercutError: not JSON, with the line; or not a list of records.
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    try:
        many = lines or is_lines(text)
        records = _lines(text, name) if many else _document(text, name)
    except json.JSONDecodeError as e:
        raise fail(
            "data-json", expected="JSON", found=e.msg, where=f"{name}:{e.lineno}", fix=_FIX
        ) from None
    if not records:
        raise fail("data-empty", expected="rows", found="no record", where=name)
    groups = records.groups if isinstance(records, _Groups) else None
    if all(isinstance(value, list) for _, value in records):
        return _of_lists(records, name, groups)
    if all(isinstance(value, str) for _, value in records):
        rows: list[list[str | None]] = [[_cell(value)] for _, value in records]
        return Table(name, ["1"], False, rows, [line for line, _ in records])
    bad = [
        (line, Problem("an object with a text and a label", _kind(value), f"{name}:{line}"))
        for line, value in records
        if not isinstance(value, dict)
    ]
    if len(bad) == len(records):
        found = f"a list of {_kind(records[0][1])} and the like"
        raise UndercutError("data-json", Problem("a list of objects", found, name, _FIX))
    good = [(line, value) for line, value in records if isinstance(value, dict)]
    columns = list(dict.fromkeys(key for _, value in good for key in value))
    rows = [cells_of(value, columns) for _, value in good]
    names = [_cell(key) or "" for key in columns]
    table = Table(name, names, True, rows, [line for line, _ in good], problems=bad)
    if groups:
        known = [
            g for g, (_, value) in zip(groups, records, strict=True) if isinstance(value, dict)
        ]
        _divide(table, known)
    return table


def _of_lists(records: list[tuple[int, Any]], name: str, groups: list[str] | None) -> Table:
    """Return records that are lists of cells, as ``["where is it", "late"]``."""
    width = Counter(len(value) for _, value in records).most_common(1)[0][0]
    table = Table(name, [str(j) for j in range(1, width + 1)], False, [], [])
    known = []
    for i, (line, value) in enumerate(records):
        if len(value) != width or not width:
            found = f"a list of {len(value)}"
            problem = Problem(f"a list of {max(width, 2)} values", found, f"{name}:{line}")
            table.problems.append((line, problem))
            continue
        table.rows.append([_cell(v) for v in value])
        table.lines.append(line)
        known += [groups[i]] if groups else []
    if groups:
        _divide(table, known)
    return table


def _divide(table: Table, groups: list[str]) -> None:
    """Set the part of every row from the name of its group; rows of other groups are left out."""
    names = list(dict.fromkeys(groups))
    at: dict[str, list[int]] = {n: [] for n in names}
    for i, group in enumerate(groups):
        at[group].append(i)
    label = _label_place(table)
    labels = [{table.rows[i][label] or "" for i in at[n]} if label >= 0 else set() for n in names]
    parts, notes = assign(names, labels, [len(at[n]) for n in names])
    part = dict(zip(names, parts, strict=True))
    keep = [i for i, group in enumerate(groups) if part[group]]
    table.parts = [str(part[groups[i]]) for i in keep]
    table.rows = [table.rows[i] for i in keep]
    table.lines = [table.lines[i] for i in keep]
    table.notes += [f"{table.name}: {note}." for note in notes]


def _label_place(table: Table) -> int:
    """Return the column with the fewest different values that are not all one; -1 for none."""
    looks = [content(table.cells(j)) for j in range(len(table.columns))]
    fit = [j for j in range(len(looks)) if looks[j].label_like]
    return min(fit, key=lambda j: looks[j].distinct, default=-1)


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return kinds.get(type(value), "an empty value" if value is None else "a number")
