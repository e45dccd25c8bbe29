"""Parquet of tokens and tags, as the ``datasets`` library writes it: numbers with their names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from undercut.data.parquet import open_parquet


def parquet_records(path: Path, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Return (row from 1, record) of a Parquet file; numbers of classes become their names.

    Raises:
        UndercutError: no pyarrow, or broken.
    """
    file = open_parquet(path, name)
    names = _names(file)
    table = file.read()
    found = []
    for i, record in enumerate(table.to_pylist(), 1):
        for column, known in names.items():
            value = record.get(column)
            if isinstance(value, list):
                record[column] = [_named(v, known) for v in value]
        found.append((i, record))
    return found


def head_record(path: Path, name: str) -> dict[str, Any] | None:
    """Return the first row of a Parquet file."""
    file = open_parquet(path, name)
    for batch in file.iter_batches(batch_size=1):
        rows: list[dict[str, Any]] = batch.to_pylist()
        return rows[0] if rows else None
    return None


def _named(value: Any, names: list[str]) -> Any:
    known = isinstance(value, int) and 0 <= value < len(names)
    return names[value] if known else value


def _names(file: Any) -> dict[str, list[str]]:
    """Return the class names that stand in the file beside the numbers, by column."""
    try:
        meta = json.loads((file.schema_arrow.metadata or {})[b"huggingface"])
        features = meta["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    found = {}
    for column, feature in features.items():
        inner = feature.get("feature", feature) if isinstance(feature, dict) else {}
        if isinstance(feature, list) and feature and isinstance(feature[0], dict):
            inner = feature[0]
        if isinstance(inner, dict) and isinstance(inner.get("names"), list):
            found[column] = [str(n) for n in inner["names"]]
    return found
