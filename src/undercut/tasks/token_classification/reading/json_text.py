"""JSON and JSON lines to records with their lines; numbers stay numbers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from undercut.core.errors import Problem, UndercutError, fail
from undercut.data.own_splits import part_of
from undercut.data.table import raise_rows

_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()
_FIX = "Write a list of objects, or one object a line."
_LISTS = ("data", "rows", "examples", "documents", "records", "items", "sentences", "annotations")


@dataclass
class Records:
    """Records of a file.

    Attributes:
        found: (line, value); numbers of records where several stand on a line.
        parts: ``train``, ``valid`` or ``test`` of each record, where the file says so.
        counted: the numbers count records, not lines.
    """

    found: list[tuple[int, Any]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    counted: bool = False


def json_records(text: str, name: str) -> Records:
    """Return the records of a list, of ``{"data": [...]}``, of parts by name, or of lines.

    Raises:
        UndercutError: not JSON, with the line (``data-json``, ``data-rows``).
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    try:
        records = Records(_lines(text, name)) if _many(text) else _document(text, name)
    except json.JSONDecodeError as e:
        raise fail(
            "data-json", expected="JSON", found=e.msg, where=f"{name}:{e.lineno}", fix=_FIX
        ) from None
    if not records.found:
        raise fail("data-empty", expected="rows", found="no record", where=name)
    if len({line for line, _ in records.found}) < len(records.found):
        records.found = [(i, value) for i, (_, value) in enumerate(records.found, 1)]
        records.counted = True
    return records


def decode_at(text: str, at: int) -> tuple[Any, int]:
    """Return the value that starts at a position, and where it ends."""
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        raise json.JSONDecodeError("lists nested too deeply", text, at) from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python turns no text of more than 4,300 digits into a number
        raise json.JSONDecodeError("a number too long", text, at) from None


def skip(text: str, at: int) -> int:
    """Return the position of the next character that is no white space."""
    m = _SPACE.match(text, at)
    return m.end() if m else at


def _many(text: str) -> bool:
    """Whether the first line is a whole value and more follows."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip():
        return False
    try:
        _, end = decode_at(first, 0)
    except json.JSONDecodeError:
        return False
    return skip(first, end) == len(first)


def _lines(text: str, name: str) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    problems: list[tuple[int, Problem]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value, end = decode_at(line, skip(line, 0))
            if skip(line, end) != len(line):
                raise json.JSONDecodeError("text after the record", line, end)
            found.append((number, value))
        except json.JSONDecodeError as e:
            problems.append((number, Problem("one JSON record a line", e.msg, f"{name}:{number}")))
    raise_rows(problems)
    return found


def _document(text: str, name: str) -> Records:
    at = skip(text, 0)
    if text[at : at + 1] == "[":
        found, end = elements(text, at)
        if skip(text, end) != len(text):
            raise json.JSONDecodeError("text after the list", text, end)
        return Records(found)
    whole, end = decode_at(text, at)
    if skip(text, end) != len(text):
        raise json.JSONDecodeError("text after the object", text, end)
    if not isinstance(whole, dict):
        raise UndercutError("data-json", Problem("a list of objects", str(whole)[:40], name, _FIX))
    lists = {k: v for k, v in whole.items() if isinstance(v, list)}
    parts = {k: part for k in lists if (part := part_of(k))}
    if len(parts) > 1:
        records = Records()
        for key, part in parts.items():
            records.found += [(1, value) for value in lists[key]]
            records.parts += [part] * len(lists[key])
        return records
    for key in _LISTS:
        some = [v for v in lists.get(key, []) if v is not None]  # null: a text not yet marked
        if some and all(map(_is_record, some)) and "text" not in whole:
            return Records([(1, value) for value in some])
    return Records([(1, whole)])


def _is_record(value: Any) -> bool:
    pair = isinstance(value, list) and len(value) == 2
    return isinstance(value, dict) or (pair and isinstance(value[0], str))


def elements(text: str, at: int) -> tuple[list[tuple[int, Any]], int]:
    """Return (line, value) of the list that opens at ``at``, and the position after it."""
    found: list[tuple[int, Any]] = []
    line, seen = text.count("\n", 0, at) + 1, at
    at = skip(text, at + 1)
    if text[at : at + 1] == "]":
        return found, at + 1
    while True:
        value, end = decode_at(text, at)
        line += text.count("\n", seen, at)
        seen = at
        found.append((line, value))
        at = skip(text, end)
        if text[at : at + 1] == "]":
            return found, at + 1
        if text[at : at + 1] != ",":
            raise json.JSONDecodeError("',' or ']' is missing", text, at)
        at = skip(text, at + 1)
