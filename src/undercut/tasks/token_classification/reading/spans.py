"""One span of a JSON record, in any of the shapes that tools write."""

from __future__ import annotations

import re
from typing import Any

from undercut.tasks.token_classification.reading.keys import (
    END,
    KIND,
    PAIR,
    START,
    SURFACE,
    plain_key,
)
from undercut.tasks.token_classification.reading.marks import Mark


def whole(value: Any) -> int | None:
    """Return a value as a whole number, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value.strip()):
        return int(value)
    return None


def two(value: Any) -> tuple[int, int] | None:
    """Return a pair of whole numbers, or None."""
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    a, b = whole(value[0]), whole(value[1])
    return None if a is None or b is None else (a, b)


def marks_of(value: Any, kind: str | None = None) -> list[Mark] | str:
    """Return the spans a value stands for, or what is wrong with it.

    Args:
        value: a list such as ``[start, end, type]``, or an object.
        kind: the type, where it is told elsewhere.
    """
    if isinstance(value, list | tuple):
        return _of_list(list(value), kind)
    if isinstance(value, dict):
        return _of_object(value, kind)
    return f"{str(value)[:40]!r}"


def _of_list(value: list[Any], kind: str | None) -> list[Mark] | str:
    shown = str(value)[:60]
    if len(value) >= 2 and (pair := two(value[0])) and isinstance(value[1], str):
        return [Mark(*pair, value[1].strip())]
    numbers = [(i, n) for i, v in enumerate(value) if not isinstance(v, str)
               and (n := whole(v)) is not None]  # fmt: skip
    texts = [v for v in value if isinstance(v, str)]
    if len(numbers) != 2 or len(texts) + 2 != len(value) or len(texts) > 2:
        return shown
    if not texts:
        return shown if kind is None else [Mark(numbers[0][1], numbers[1][1], kind)]
    # [start, end, type], [start, end, type, text], [type, start, end], [text, start, end, type]
    if len(texts) == 2 and numbers[0][0] == 1:
        return [Mark(numbers[0][1], numbers[1][1], texts[1].strip(), texts[0])]
    surface = texts[1] if len(texts) == 2 else None
    if not texts[0].strip():
        return shown
    return [Mark(numbers[0][1], numbers[1][1], texts[0].strip(), surface)]


def _of_object(value: dict[str, Any], kind: str | None) -> list[Mark] | str:
    shown = str(value)[:80]
    keys = {plain_key(k): v for k, v in value.items()}
    if isinstance(keys.get("value"), dict):
        inner = {plain_key(k): v for k, v in keys["value"].items()}
        keys = {k: v for k, v in keys.items() if k != "value" and k != "type"} | inner
    at = _offsets(keys)
    points = keys.get("points")
    if at is None and not isinstance(points, list):
        return shown
    name = kind if kind is not None else _kind(keys)
    if name is None:
        return f"no one type in {shown}"
    if at is None:
        found = []
        for point in points or []:
            part = marks_of(point, name)
            if isinstance(part, str):
                return part
            found += part
        return found
    return [Mark(*at, name, _surface(keys, name))]


def _offsets(keys: dict[str, Any]) -> tuple[int, int] | None:
    start = next((n for k in keys if k in START and (n := whole(keys[k])) is not None), None)
    end = next((n for k in keys if k in END and (n := whole(keys[k])) is not None), None)
    if start is not None and end is not None:
        return start, end
    at, length = whole(keys.get("offset", keys.get("start"))), whole(keys.get("length"))
    if at is not None and length is not None:
        return at, at + length
    return next((pair for k in PAIR if (pair := two(keys.get(k)))), None)


def _kind(keys: dict[str, Any]) -> str | None:
    for k in KIND:
        found = keys.get(k)
        if isinstance(found, list):
            if len(found) != 1:
                continue
            found = found[0]
        if isinstance(found, str) and found.strip():
            return found.strip()
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None


def _surface(keys: dict[str, Any], kind: str) -> str | None:
    for k in SURFACE:
        found = keys.get(k)
        if isinstance(found, str) and found.strip() and not (found == kind and k == "entity"):
            return found
    return None
