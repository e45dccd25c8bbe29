"""Files to a split data set: read, choose the columns, check every row, split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.types import Dataset, Examples
from undercut.data.columns import Choice, choose
from undercut.data.delimited import sniff
from undercut.data.identity import dataset_hash
from undercut.data.names import is_heading
from undercut.data.normal import same_key
from undercut.data.read import looks_like_json, read_table, read_text
from undercut.data.splits import split
from undercut.data.table import Nested, Table, count, raise_rows, shown
from undercut.store.files import sha256_file

Like = tuple[list[str], Choice]


def _names(paths: Sequence[Path]) -> list[str]:
    """Return short names, whole paths where two files share a name."""
    often = Counter(p.name for p in paths)
    return [p.name if often[p.name] == 1 else str(p) for p in paths]


def _as_names(*columns: str | None) -> frozenset[str]:
    """Return the given columns that are names; a number says nothing about a heading."""
    return frozenset(c for c in columns if c and not c.isdecimal())


def _task(task: Any) -> Any:
    return plugins.attr(plugins.get("task", task).load)() if isinstance(task, str) else task


def _row_problem(table: Table, line: int, role: str, cell: str | None, choice: Choice) -> Problem:
    column = table.columns[choice.text if role == "text" else choice.label]
    found = f"nothing in column '{column}'"
    if isinstance(cell, Nested):
        found = f"a list or object in column '{column}': {shown(cell)}"
    expected = "a text" if role == "text" else "one label"
    fix = "Fill it in, or delete the row."
    return Problem(expected, found, f"{table.name}:{line}", fix)


def _examples(table: Table, choice: Choice, task: Any) -> Examples:
    """Return the rows of a table; all bad ones are raised together."""
    problems = list(table.problems)
    inputs: list[str] = []
    targets: list[Any] = []
    rows: list[str] = []
    parsed: dict[str, Any] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        text, cell = row[choice.text], row[choice.label]
        good = True
        if not text or isinstance(text, Nested) or not text.strip():
            problems.append((line, _row_problem(table, line, "text", text, choice)))
            good = False
        if cell is None or isinstance(cell, Nested) or not cell.strip():
            problems.append((line, _row_problem(table, line, "label", cell, choice)))
            continue
        if cell not in parsed:
            try:
                parsed[cell] = task.check_target(cell)
            except ValueError as e:
                problem = Problem("one label", str(e), f"{table.name}:{line}")
                problems.append((line, problem))
                continue
        if good:
            inputs.append(str(text))
            targets.append(parsed[cell])
            rows.append(f"{table.name}:{line}")
    raise_rows(problems)
    return Examples(inputs, targets, rows)


def _load(
    paths: Sequence[Path],
    names: Sequence[str],
    task: Any,
    text_column: str | None,
    label_column: str | None,
    like: Like | None,
) -> tuple[Examples, list[str], Like]:
    wanted = _as_names(text_column, label_column)
    notes: list[str] = []
    all_rows: list[Examples] = []
    problems: list[Problem] = []
    for path, name in zip(paths, names, strict=True):
        known = _as_names(*like[0]) if like else frozenset()
        table = read_table(path, name, wanted | known)
        choice = choose(table, text_column, label_column, like)
        like = like or (table.columns, choice)
        notes += [*table.notes, choice.note] if choice.note else table.notes
        try:
            all_rows.append(_examples(table, choice, task))
        except UndercutError as e:
            problems += e.problems
    if problems:
        raise UndercutError("data-rows", problems)
    assert like is not None
    joined = Examples(
        [x for part in all_rows for x in part.inputs],
        [t for part in all_rows for t in part.targets],
        [r for part in all_rows for r in part.rows],
    )
    return joined, notes, like


def load_examples(
    paths: Sequence[Path],
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
) -> tuple[Examples, list[str]]:
    """Read labelled files, one after the other.

    Args:
        paths: CSV, TSV, JSON or JSON lines files.
        task: the task, or its registered name.
        text_column: name, or number from 1; found by itself when None.
        label_column: the same for the label.

    Returns:
        The rows, with ``file:line`` of each, and notes on what was decided.

    Raises:
        UndercutError: unreadable files, unclear columns (``data-columns``), or bad rows
            (``data-rows``), all at once.
    """
    if not paths:
        raise fail("data-none", expected="a labelled file", found="none")
    found, notes, _ = _load(paths, _names(paths), _task(task), text_column, label_column, None)
    return found, notes


def load_inputs(path: Path, text_column: str | None = None) -> list[str]:
    """Read texts to answer, in the order of the file.

    A table gives its text column. A plain text file gives one text a line; empty lines inside it
    stay, so that the n-th answer belongs to the n-th line.

    Raises:
        UndercutError: an unreadable file, or an unclear text column.
    """
    text, _ = read_text(path, path.name)
    wanted = _as_names(text_column)
    tabular = path.suffix.lower() in {".csv", ".tsv"} or looks_like_json(path, text)
    if not tabular and text_column is None and not _has_columns(text):
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        if is_heading(lines[0]) and len(lines) > 1:
            lines = lines[1:]
        return lines
    table = read_table(path, path.name, wanted)
    raise_rows(table.problems)
    choice = choose(table, text_column, None, want_label=False)
    return [str(cell or "") for cell in table.cells(choice.text)]


def _has_columns(text: str) -> bool:
    """Tell a table in a text file from one text a line: tabs, ``@label``, or a heading."""
    delimiter = sniff(text)
    if delimiter in ("\t", "@"):
        return True
    first = text.lstrip().partition("\n")[0].rstrip("\r")
    return delimiter is not None and any(is_heading(c) for c in first.split(delimiter))


def _overlap(train: Examples, valid: Examples) -> list[str]:
    known = {same_key(x) for x in train.inputs}
    shared = [r for x, r in zip(valid.inputs, valid.rows, strict=True) if same_key(x) in known]
    if not shared:
        return []
    return [
        f"{count(len(shared), 'validation row')} also in the training files (first {shared[0]}): "
        "choices made on them are too hopeful; remove them from one side."
    ]


def _check_valid(train: Examples, valid: Examples, task: Any) -> None:
    known = task.label_space(train.targets)
    strange = dict(zip(valid.targets[::-1], valid.rows[::-1], strict=True))
    problems = [
        Problem("a label that occurs in training", f"'{t}'", strange[t], did_you_mean(t, known))
        for t in sorted(set(strange) - set(known), key=str)[:20]
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
        train: labelled files to learn from.
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
    if not train:
        raise fail("data-none", expected="a labelled file", found="none")
    plugin = _task(task)
    files = [*train, *valid, *test]
    names = dict(zip(dict.fromkeys(files), _names(list(dict.fromkeys(files))), strict=True))
    columns = (text_column, label_column)
    rows, notes, like = _load(train, [names[p] for p in train], plugin, *columns, None)
    held = None
    if test:
        held, more, _ = _load(test, [names[p] for p in test], plugin, *columns, like)
        notes += more
    if valid:
        kept, more, _ = _load(valid, [names[p] for p in valid], plugin, *columns, like)
        _check_valid(rows, kept, plugin)
        notes += [*more, *_overlap(rows, kept)]
    else:
        parts = split(rows, plugin.stratum, valid_share, seed)
        rows, kept = rows.take(parts.train), rows.take(parts.valid)
        notes.append(
            f"{count(len(kept), 'row')} of {len(kept) + len(rows):,} kept for validation, "
            "each label in proportion, near copies on one side."
        )
        if parts.loosened:
            notes.append(
                f"{count(parts.loosened, 'row')} are of one mould: only the closest copies among "
                "them were kept on one side of the split."
            )
    labels = plugin.label_space([*rows.targets, *kept.targets])
    data = Dataset(
        name=train[0].stem,
        task=task,
        hash=dataset_hash(task, labels, rows, kept, held),
        labels=tuple(labels),
        train=rows,
        valid=kept,
        test=held,
        sources={names[p]: sha256_file(p) for p in names},
        licence=licence,
    )
    return data, notes
