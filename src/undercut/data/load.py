"""Files to a split data set: read, choose the columns, check every row, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.registry import TaskInfo
from undercut.core.types import Dataset, Examples
from undercut.data.identity import dataset_hash
from undercut.data.normal import same_key
from undercut.data.own_splits import nothing_to_learn_from
from undercut.data.reader import Reader, Source, task_of
from undercut.data.rows import Rows
from undercut.data.sources import Sources, resolve, sha256_source
from undercut.data.splits import Parts as Split
from undercut.data.splits import split
from undercut.data.table import count, raise_rows
from undercut.data.task_files import joined, own_reader, read_files, read_parts
from undercut.data.usable import read_sets


@dataclass(frozen=True)
class Parts:
    """Labelled rows as they came.

    Attributes:
        train: rows to learn from; validation rows may still be carved out of them.
        valid: rows to choose on, or None.
        test: rows held out, or None.
        notes: what was decided.
        sources: the files.
    """

    train: Examples
    valid: Examples | None
    test: Examples | None
    notes: list[str]
    sources: Sources


def _refuse(sources: Sequence[Source]) -> None:
    """Raise the bad rows of all files together."""
    problems: list[Problem] = []
    for source in sources:
        try:
            raise_rows(source.refused.problems, source.refused.found)
        except UndercutError as e:
            problems += e.problems
    if problems:
        raise UndercutError("data-rows", problems)


def _of(sources: Sequence[Source], *wanted: str) -> Examples:
    """Return the rows of the first part that is there, else all of them."""
    there = {part for source in sources for part in source.parts}
    part = next((p for p in wanted if p in there), None)
    whole = Rows()
    for source in sources:
        for name, rows in source.parts.items():
            if part in (None, name):
                whole.extend(rows)
    return whole.examples()


def load_parts(
    train: Sequence[Path],
    valid: Sequence[Path],
    test: Sequence[Path],
    *,
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
) -> Parts:
    """Read what was named; nothing is split, but the splits of the data itself are kept.

    Args:
        train: files, folders or ``-``; see :func:`undercut.data.sources.resolve`. A file whose
            records name their part (a ``split`` column, JSON of ``{"train": [...]}``) is divided.
        valid: the same; they win over validation rows that come with ``train``.
        test: the same for test rows.
        task: the task, or its registered name.
        text_column: name, or number from 1; found by itself when None.
        label_column: the same for the label.

    Raises:
        UndercutError: unreadable files, unclear columns (``data-columns``), or bad rows
            (``data-rows``), all at once.
    """
    if (info := own_reader(task_of(task))) is not None:
        return _own_parts(info, resolve(train, valid, test), text_column, label_column)
    found = read_sets(train, valid, test, task, text_column, label_column)
    _refuse(found.read)
    held = [None if rows is None else rows.examples() for rows in (found.valid, found.test)]
    return Parts(found.train.examples(), held[0], held[1], found.notes, found.sources)


def _own_parts(
    info: TaskInfo, sources: Sources, text_column: str | None, label_column: str | None
) -> Parts:
    """Return what a task reads of its own files."""
    if not sources.train:
        raise fail("data-none", expected="a labelled file", found="none")
    parts, notes = read_parts(info, sources, text_column, label_column)
    if "train" not in parts:
        raise nothing_to_learn_from(parts, [sources.names[p] for p in sources.train])
    said = [*sources.notes, *notes]
    return Parts(parts["train"], parts.get("valid"), parts.get("test"), said, sources)


def load_examples(
    paths: Sequence[Path],
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
    held_out: bool = False,
) -> tuple[Examples, list[str]]:
    """Read labelled files, one after the other.

    Args:
        paths: files, folders or ``-``.
        task: the task, or its registered name.
        text_column: name, or number from 1; found by itself when None.
        label_column: the same for the label.
        held_out: of data with its own splits take the test rows, else validation rows; by default
            every row is taken.

    Returns:
        The rows, with ``file:line`` of each, and notes on what was decided.

    Raises:
        UndercutError: unreadable files, unclear columns (``data-columns``), or bad rows
            (``data-rows``), all at once.
    """
    if not paths:
        raise fail("data-none", expected="a labelled file", found="none")
    sources = resolve(paths)
    files = sources.files
    if held_out and (sources.test or sources.valid):
        files = sources.test or sources.valid
    if (info := own_reader(task_of(task))) is not None:
        parts, told = read_files(info, files, sources.names, text_column, label_column)
        wanted = ("test", "valid", "train") if held_out else ()
        return joined(parts, *wanted), [*sources.notes, *told]
    reader = Reader(sources.names, text_column, label_column, task)
    read = [reader.read(path) for path in files]
    _refuse(read)
    notes = [*sources.notes, *(note for source in read for note in source.notes)]
    return _of(read, *(("test", "valid", "train") if held_out else ())), notes


def _overlap(train: Examples, valid: Examples, task: Any) -> list[str]:
    known = {same_key(task.text(x)) for x in train.inputs}
    shared = [
        r for x, r in zip(valid.inputs, valid.rows, strict=True) if same_key(task.text(x)) in known
    ]
    if not shared:
        return []
    return [
        f"{count(len(shared), 'validation row')} also in the training files (first {shared[0]}): "
        "choices made on them are too hopeful; remove them from one side."
    ]


def _check_valid(train: Examples, valid: Examples, task: Any) -> None:
    known = {c for target in train.targets for c in task.classes(target)}
    strange: dict[str, str] = {}
    for target, row in zip(valid.targets, valid.rows, strict=True):
        for c in task.classes(target):
            if c not in known:
                strange.setdefault(c, row)
    problems = [
        Problem("a label that occurs in training", f"'{t}'", strange[t], did_you_mean(t, known))
        for t in sorted(strange)[:20]
    ]
    if problems:
        raise UndercutError("data-labels", problems)


def divide(rows: Examples, task: Any, valid_share: float, seed: int) -> Split:
    """Return which rows to learn from and which to choose on.

    Raises:
        UndercutError: too few rows or classes; see :func:`undercut.data.splits.split`.
    """
    if own_reader(task) is None:
        return split(rows, task.stratum, valid_share, seed)
    texts = Examples([task.text(x) for x in rows.inputs], rows.targets, rows.rows)
    return split(texts, task.stratum, valid_share, seed, least=1)


def load_dataset(
    train: Sequence[Path],
    test: Sequence[Path],
    valid: Sequence[Path],
    *,
    task: str,
    seed: int,
    text_column: str | None = None,
    label_column: str | None = None,
    valid_share: float = 0.1,
    licence: str = "",
) -> tuple[Dataset, list[str]]:
    """Read files into a data set; validation rows are carved out of training when not given.

    Args:
        train: labelled files to learn from, a folder, or ``-``; see :func:`load_parts`.
        test: labelled files held out; may be empty.
        valid: labelled files to choose on; carved out of ``train`` when empty.
        task: registered name of the task.
        seed: of the split.
        text_column: see :func:`load_examples`.
        label_column: see :func:`load_examples`.
        valid_share: share of training rows kept to choose on.
        licence: licence of the data, as the user states it.

    Returns:
        The data set, and notes on what was decided.

    Raises:
        UndercutError: see :func:`load_examples`; or rows too few to split.
    """
    plugin = task_of(task)
    parts = load_parts(
        train, valid, test, task=plugin, text_column=text_column, label_column=label_column
    )
    rows, kept, notes, sources = parts.train, parts.valid, parts.notes, parts.sources
    if kept is not None:
        _check_valid(rows, kept, plugin)
        notes += _overlap(rows, kept, plugin)
    else:
        divided = divide(rows, plugin, valid_share, seed)
        rows, kept = rows.take(divided.train), rows.take(divided.valid)
        notes.append(
            f"{count(len(kept), 'row')} of {len(kept) + len(rows):,} kept for validation, "
            "each label in proportion, near copies on one side."
        )
        if divided.loosened:
            notes.append(
                f"{count(divided.loosened, 'row')} are of one mould: only the closest copies among "
                "them were kept on one side of the split."
            )
    labels = plugin.label_space([*rows.targets, *kept.targets])
    data = Dataset(
        name=sources.name,
        task=task,
        hash=dataset_hash(task, labels, rows, kept, parts.test),
        labels=tuple(labels),
        train=rows,
        valid=kept,
        test=parts.test,
        sources={sources.names[p]: sha256_source(p) for p in sources.files},
        licence=licence,
    )
    return data, notes
