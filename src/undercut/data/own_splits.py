"""Data that comes with its own training, validation and test rows: how these are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from undercut.core.errors import UndercutError, fail
from undercut.data.content import content
from undercut.data.names import match, name_key
from undercut.data.table import Table, count

_NAMES = {
    "train": "train training trn traindata trainset 训练 训练集",
    "valid": "valid validation val dev development devel validset devset testa 验证 验证集 开发集",
    "test": "test testing tst testdata testset testb heldout holdout 测试 测试集",
}
_PARTS = {word: part for part, words in _NAMES.items() for word in words.split()}
_COLUMNS = {"split", "partition", "subset", "fold", "set", "part", "数据集", "划分"}
WORDS = {"train": "training", "valid": "validation", "test": "test"}


def part_of(name: str) -> str | None:
    """Return ``train``, ``valid`` or ``test`` for a word that means it, such as ``dev``."""
    return _PARTS.get(re.sub(r"[\W_]+", "", name_key(name)))


def part_in(name: str) -> str | None:
    """Return the part that a longer name speaks of, ``dialogsum.dev``, or None when none or two."""
    whole = part_of(name)
    if whole:
        return whole
    tokens = re.split(r"[\W_\d]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))
    found = {_PARTS[name_key(t)] for t in tokens if name_key(t) in _PARTS}
    return found.pop() if len(found) == 1 else None


def assign(
    names: Sequence[str], labels: Sequence[set[str]], sizes: Sequence[int]
) -> tuple[list[str | None], list[str]]:
    """Return the part of each group of rows, and notes.

    ``train``, ``val`` and the like are plain. A further group such as ``oos_train`` joins the part
    its name speaks of when it brings labels of its own; otherwise it may repeat rows, and is left.

    Args:
        names: of the groups.
        labels: values of the label in each group; empty where that is not known.
        sizes: rows of each group.
    """
    parts = [part_of(name) for name in names]
    seen: set[str] = set()
    for part, found in zip(parts, labels, strict=True):
        seen |= found if part else set()
    notes = []
    for i, name in enumerate(names):
        if parts[i]:
            continue
        part = part_in(name)
        rows = count(sizes[i], "row")
        if part and labels[i] and not labels[i] & seen:
            parts[i] = part
            notes.append(f"'{name}' ({rows}, labels of its own) joins {WORDS[part]}")
        else:
            notes.append(f"'{name}' ({rows}) is not used")
    return parts, notes


def names_parts(name: str, values: Iterable[str]) -> bool:
    """Whether a column of that name, with these values, says which part a row is of."""
    if name_key(name) not in _COLUMNS:
        return False
    parts = {part_of(value) for value in values}
    return None not in parts and "train" in parts and len(parts) > 1


def part_column(table: Table) -> int:
    """Return the column, such as ``split`` or ``partition``, that says which part a row is of."""
    for j, name in enumerate(table.columns if table.header and table.rows else []):
        if names_parts(name, [c or "" for c in set(table.cells(j))]):
            return j
    return -1


def from_column(table: Table) -> None:
    """Set the parts of a table that has such a column."""
    at = part_column(table) if table.parts is None else -1
    if at >= 0:
        table.parts = [str(part_of(c or "")) for c in table.cells(at)]
        name = table.columns[at]
        table.notes.append(f"{table.name}: column '{name}' says which rows are for what.")


def is_part_column(name: str, cells: Sequence[str | None]) -> bool:
    """Tell a column that holds names of parts from a label."""
    looks = content(cells)
    if match(name, "label") is not None or not 2 <= looks.distinct <= 4:
        return False
    return all(part_of(c) for c in {c.strip() for c in cells[:2000] if c and c.strip()})


def nothing_to_learn_from(parts: Iterable[str], names: Sequence[str]) -> UndercutError:
    """Return the error of a set that has rows for other parts only.

    Args:
        parts: the parts it has.
        names: its files.
    """
    found = f"only rows for {' and '.join(WORDS[p] for p in parts)}"
    return fail("data-few", expected="rows for training", found=found, where=", ".join(names))
