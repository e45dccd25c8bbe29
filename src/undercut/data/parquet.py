"""Parquet to a table, in batches."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from undercut.core.errors import MissingExtra, Problem, UndercutError, fail
from undercut.data.table import Nested, Table

SUFFIXES = {".parquet", ".pq"}
MAGIC = b"PAR1"
BATCH = 4096


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").replace("\0", "")
    if isinstance(value, list | dict | tuple):
        return Nested(json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def _broken(name: str, said: object) -> UndercutError:
    found = f"one that cannot be read ({' '.join(str(said).split())[:120]})"
    return fail("data-file", expected="a Parquet file", found=found, where=name)


def open_parquet(path: Path, name: str) -> Any:
    """Return a Parquet file, opened.

    Raises:
        UndercutError: no pyarrow, or broken.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        problem = Problem(
            "the package that reads Parquet files to be installed",
            "no pyarrow",
            name,
            'Run: pip install "undercut[parquet]", or export the rows as CSV in UTF-8.',
        )
        raise MissingExtra("extra-missing", problem) from None
    try:
        return pq.ParquetFile(path)
    except Exception as e:  # ArrowInvalid, OSError and others
        raise _broken(name, e) from None


def _columns(file: Any, name: str) -> list[str]:
    columns = [str(c) for c in file.schema_arrow.names]
    if len(set(columns)) < len(columns):
        raise _broken(name, "two columns of one name")
    if not columns or not file.metadata.num_rows:
        raise fail("data-empty", expected="rows", found="none", where=name)
    return columns


def _classes(file: Any) -> dict[str, list[str]]:
    """Return the names of classes that the ``datasets`` library stores beside their numbers."""
    try:
        meta = json.loads((file.schema_arrow.metadata or {})[b"huggingface"])
        features = meta["info"]["features"]
        return {c: list(map(str, f["names"])) for c, f in features.items() if "names" in f}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def parquet_rows(
    path: Path, name: str
) -> tuple[list[str], int, Iterator[tuple[int, list[str | None]]]]:
    """Return columns, rows, and an iterator of (row from 1, cells) that holds a batch at a time.

    Raises:
        UndercutError: no pyarrow, broken, or empty.
    """
    file = open_parquet(path, name)
    columns = _columns(file, name)
    classes = _classes(file)

    def named(column: str, value: Any) -> str | None:
        names = classes.get(column)
        if names and isinstance(value, int) and 0 <= value < len(names):
            return names[value]
        return _cell(value)

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=BATCH):
                found = [
                    [named(c, v) for v in column.to_pylist()]
                    for c, column in zip(columns, batch.columns, strict=True)
                ]
                for cells in zip(*found, strict=True):
                    number += 1
                    yield number, list(cells)
        except UndercutError:
            raise
        except Exception as e:
            raise _broken(name, e) from None

    return columns, int(file.metadata.num_rows), rows()


def read_parquet(path: Path, name: str) -> Table:
    """Return the rows of a Parquet file, numbered from 1.

    Raises:
        UndercutError: no pyarrow, broken, or empty.
    """
    columns, _, rows = parquet_rows(path, name)
    found = list(rows)
    return Table(name, columns, True, [cells for _, cells in found], [i for i, _ in found])
