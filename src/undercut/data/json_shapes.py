"""Shapes of published JSON that are not a list of records, made into one."""

from __future__ import annotations

from typing import Any

from undercut.data.names import match

Record = tuple[int, Any]
"""The line a record starts on, and the record."""


def of_columns(values: dict[str, Any], line: int) -> list[Record] | None:
    """Return the records of ``{"text": ["a", "b"], "label": [0, 1]}``, as pandas and arrow write.

    The columns must be equally long and named like a text and a label; else the names are taken
    for labels, as in ``{"refund": ["a", "b"], "late": ["c"]}``.
    """
    lists = {key: value for key, value in values.items() if isinstance(value, list)}
    if len(lists) < 2 or len(lists) != len(values) or len({len(v) for v in lists.values()}) != 1:
        return None
    if not all(any(match(key, role) for key in lists) for role in ("text", "label")):
        return None
    return [
        (line, dict(zip(lists, cells, strict=True))) for cells in zip(*lists.values(), strict=True)
    ]


def of_segments(value: Any) -> str | None:
    """Return the text of ``{"data": [{"text": "play "}, {"text": "jazz", "entity": "genre"}]}``."""
    parts = value.get("data") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(parts, list) or not parts:
        return None
    texts = [p.get("text") if isinstance(p, dict) else None for p in parts]
    known = [t for t in texts if isinstance(t, str)]
    return "".join(known).strip() if len(known) == len(texts) else None


def of_labels(found: list[Record], labels: list[str]) -> list[Record] | None:
    """Return records of texts that came in lists named by their label; None when they did not."""
    texts = [value if isinstance(value, str) else of_segments(value) for _, value in found]
    if not found or None in texts:
        return None
    return [
        (line, {"text": text, "label": label})
        for (line, _), text, label in zip(found, texts, labels, strict=True)
    ]


def unwrapped(found: list[Record]) -> list[Record]:
    """Return what is inside ``{"row_idx": 0, "row": {...}, "truncated_cells": []}``."""
    if not all(isinstance(v, dict) and isinstance(v.get("row"), dict) for _, v in found):
        return found
    known = {"row", "row_idx", "truncated_cells"}
    if any(set(value) - known for _, value in found):
        return found
    return [(line, value["row"]) for line, value in found]


def label_names(features: Any) -> dict[str, list[str]]:
    """Return the names of the labels of each ``ClassLabel`` column among a data set's features.

    Both forms are known: ``{"label": {"names": [...]}}`` and ``[{"name": "label", "type": ...}]``.
    """
    if isinstance(features, list):
        features = {
            f["name"]: f["type"]
            for f in features
            if isinstance(f, dict) and isinstance(f.get("name"), str) and "type" in f
        }
    if not isinstance(features, dict):
        return {}
    found = {k: f.get("names") for k, f in features.items() if isinstance(f, dict)}
    return {
        k: names
        for k, names in found.items()
        if isinstance(names, list) and names and all(isinstance(n, str) for n in names)
    }


def named(found: list[Record], names: dict[str, list[str]]) -> list[Record]:
    """Return records with the numbers of labels replaced by their names, where all are known."""
    for column, words in names.items():
        numbers = {str(i): word for i, word in enumerate(words)}
        values = [v.get(column) if isinstance(v, dict) else None for _, v in found]
        if all(isinstance(v, str) and v in numbers for v in values):
            found = [(line, value | {column: numbers[value[column]]}) for line, value in found]
    return found
