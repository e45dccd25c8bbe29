"""Files to a split data set: read, choose the columns, check every row, split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.types import Dataset, Examples
from undercut.data.big import Big, open_big
from undercut.data.columns import Choice, choose
from undercut.data.identity import dataset_hash
from undercut.data.normal import same_key
from undercut.data.own_splits import WORDS, nothing_to_learn_from
from undercut.data.read import read_table
from undercut.data.rows import Batch, Rows, batches
from undercut.data.sources import Sources, resolve, sha256_source
from undercut.data.splits import split
from undercut.data.table import Table, count, raise_rows
from undercut.data.task_files import joined, own_reader, read_files, read_parts

Like = tuple[list[str], Choice]


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


def _as_names(*columns: str | None) -> frozenset[str]:
    """Return the given columns that are names; a number says nothing about a heading."""
    return frozenset(c for c in columns if c and not c.isdecimal())


def _task(task: Any) -> Any:
    return plugins.attr(plugins.get("task", task).load)() if isinstance(task, str) else task


class _Reader:
    """Reads files one after the other; later ones follow the columns of the first."""

    def __init__(self, names: dict[Path, str], text: str | None, label: str | None) -> None:
        self.names, self.text, self.label = names, text, label
        self.like: Like | None = None
        self.notes: list[str] = []

    def open(self, path: Path) -> tuple[Table | Big, Choice]:
        name = self.names[path]
        known = _as_names(*self.like[0]) if self.like else frozenset()
        wanted = _as_names(self.text, self.label) | known
        source: Table | Big = open_big(path, name, wanted) or read_table(path, name, wanted)
        table = source if isinstance(source, Table) else source.sample
        choice = choose(table, self.text, self.label, self.like)
        self.like = self.like or (table.columns, choice)
        self.notes += [*table.notes, choice.note] if choice.note else table.notes
        return source, choice

    def read(self, paths: Sequence[Path], task: Any) -> dict[str, Rows]:
        """Return the rows of all files by part.

        Raises:
            UndercutError: bad rows of all files together.
        """
        found: dict[str, Rows] = {}
        problems: list[Problem] = []
        for path in paths:
            source, choice = self.open(path)
            for batch in batches(source, choice, task):
                _join(found, batch)
                try:
                    raise_rows(batch.problems, batch.bad)
                except UndercutError as e:
                    problems += e.problems
            del source
        if problems:
            raise UndercutError("data-rows", problems)
        return found


def _join(found: dict[str, Rows], batch: Batch) -> None:
    for part, rows in batch.parts.items():
        if part not in found:
            found[part] = rows
        else:
            found[part].inputs += rows.inputs
            found[part].targets += rows.targets
            found[part].rows += rows.rows


def _of(found: dict[str, Rows], *parts: str) -> Examples:
    """Return the rows of the first part that is there, else all of them."""
    for part in parts:
        if part in found:
            return found[part].examples()
    whole = Rows()
    for rows in found.values():
        _join({"": whole}, Batch({"": rows}))
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
    if not train:
        raise fail("data-none", expected="a labelled file", found="none")
    plugin, sources = _task(task), resolve(train, valid, test)
    if (info := own_reader(plugin)) is not None:
        parts, read_notes = read_parts(info, sources, text_column, label_column)
        if "train" not in parts:
            raise nothing_to_learn_from(parts, [sources.names[p] for p in sources.train])
        notes = [*sources.notes, *read_notes]
        return Parts(parts["train"], parts.get("valid"), parts.get("test"), notes, sources)
    reader = _Reader(sources.names, text_column, label_column)
    reader.notes += sources.notes
    own = reader.read(sources.train, plugin)
    given = {"test": sources.test, "valid": sources.valid}
    held: dict[str, Examples | None] = {}
    for role, paths in given.items():
        held[role] = own[role].examples() if role in own else None
        if paths:
            if role in own:
                unused = count(len(own[role]), f"own {WORDS[role]} row")
                reader.notes.append(f"{unused} not used: {WORDS[role]} files are given.")
            held[role] = _of(reader.read(paths, plugin), role)
    if len(own) > 1 or "train" not in own:
        said = ", ".join(f"{WORDS[p]} {len(rows):,}" for p, rows in own.items())
        reader.notes.append(f"rows by the splits of the data: {said}.")
    if "train" not in own and own:
        raise nothing_to_learn_from(own, [sources.names[p] for p in sources.train])
    rows = own["train"].examples() if own else Examples([], [], [])
    return Parts(rows, held["valid"], held["test"], reader.notes, sources)


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
    if (info := own_reader(_task(task))) is not None:
        parts, told = read_files(info, files, sources.names, text_column, label_column)
        wanted = ("test", "valid", "train") if held_out else ()
        return joined(parts, *wanted), [*sources.notes, *told]
    reader = _Reader(sources.names, text_column, label_column)
    reader.notes += sources.notes
    found = reader.read(files, _task(task))
    rows = _of(found, "test", "valid", "train") if held_out else _of(found)
    return rows, reader.notes


def iter_batches(
    paths: Sequence[Path],
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
    size: int = 20_000,
) -> tuple[list[str], Iterator[Batch]]:
    """Read labelled files in batches; big ones in memory that does not grow with them.

    Returns:
        Notes, which grow while the batches are read, and the batches. Bad rows stand in
        ``Batch.problems``; they are not raised.

    Raises:
        UndercutError: unreadable files or unclear columns, when the file is reached.
    """
    sources, plugin = resolve(paths), _task(task)
    reader = _Reader(sources.names, text_column, label_column)
    reader.notes += sources.notes

    def read() -> Iterator[Batch]:
        for path in sources.files:
            source, choice = reader.open(path)
            yield from batches(source, choice, plugin, size)

    return reader.notes, read()


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
    plugin = _task(task)
    parts = load_parts(
        train, valid, test, task=plugin, text_column=text_column, label_column=label_column
    )
    rows, kept, notes, sources = parts.train, parts.valid, parts.notes, parts.sources
    if kept is not None:
        _check_valid(rows, kept, plugin)
        notes += _overlap(rows, kept, plugin)
    else:
        if own_reader(plugin) is None:
            divided = split(rows, plugin.stratum, valid_share, seed)
        else:
            texts = Examples([plugin.text(x) for x in rows.inputs], rows.targets, rows.rows)
            divided = split(texts, plugin.stratum, valid_share, seed, least=1)
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
