"""Files whose rows are no table of texts and labels: their task tells them, and reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.contracts import Progress, silent
from undercut.core.errors import Problem, UndercutError
from undercut.core.registry import TaskInfo
from undercut.core.types import Examples
from undercut.data.inputs import Inputs, Part, held, part_of
from undercut.data.own_splits import WORDS
from undercut.data.sources import Sources, resolve

AUTO = "auto"
DEFAULT = "text-classification"


def task_for(asked: str, train: Sequence[Path]) -> tuple[str, list[str]]:
    """Return the task of files, and a note when it was told from them.

    Args:
        asked: name of a task, or ``auto``.
        train: files or folders to learn from.

    Raises:
        UndercutError: no such task, or files that are not there.
    """
    if asked != AUTO:
        return plugins.get("task", asked).name, []
    for path in resolve(train).train[:1] if train else []:
        for name in plugins.names("task"):
            info: TaskInfo = plugins.get("task", name)
            if info.recognise and (why := plugins.attr(info.recognise)(path)):
                return name, [
                    f"{path.name}: {why}, so the task is {name} (else: --task {DEFAULT})."
                ]
    return DEFAULT, []


def own_reader(task: Any) -> TaskInfo | None:
    """Return the record of a task that reads its own files, or None."""
    name = getattr(task, "name", "")
    info = plugins.get("task", name) if name in plugins.names("task") else None
    return info if info is not None and info.read else None


def read_files(
    info: TaskInfo,
    paths: Sequence[Path],
    names: dict[Path, str],
    text_column: str | None,
    label_column: str | None,
) -> tuple[dict[str, Examples], list[str]]:
    """Return the rows of files by part, and notes.

    Raises:
        UndercutError: bad rows of all files together (``data-rows``), or a file of another kind.
    """
    found: dict[str, Examples] = {}
    notes: list[str] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            parts, said = plugins.attr(info.read)(path, names[path], text_column, label_column)
        except UndercutError as e:
            if e.code != "data-rows":
                raise
            problems += e.problems
            continue
        notes += said
        for part, rows in parts.items():
            found[part] = found[part].plus(rows) if part in found else rows
    if problems:
        raise UndercutError("data-rows", problems)
    return found, notes


def open_task_inputs(
    task: str, path: Path, text_column: str | None, tick: Callable[[Progress], None] = silent
) -> tuple[Inputs, bool]:
    """Open what a model of a task is to answer in a file, in its order.

    Args:
        task: registered name.
        path: a file, a folder, or - for standard input.
        text_column: name or number of the column; found when None.
        tick: told the bytes of a big file looked through.

    Returns:
        The inputs, and whether the task reads the file itself.

    Raises:
        UndercutError: an unreadable file or record, or an unclear text column.
    """
    info: TaskInfo = plugins.get("task", task)
    parts: list[Part] = []
    sources = resolve([path])
    own = False
    for file in sources.files:
        name = sources.names[file]
        placed = plugins.attr(info.inputs)(file, name, text_column) if info.inputs else None
        own = own or placed is not None
        parts.append(
            part_of(file, name, text_column, tick) if placed is None else held(list(placed))
        )
    return Inputs(parts), own


def joined(parts: dict[str, Examples], *wanted: str) -> Examples:
    """Return the rows of the first part that is there, else all of them."""
    for part in wanted:
        if part in parts:
            return parts[part]
    whole = Examples([], [], [])
    for rows in parts.values():
        whole = whole.plus(rows)
    return whole


def read_parts(
    info: TaskInfo, sources: Sources, text_column: str | None, label_column: str | None
) -> tuple[dict[str, Examples], list[str]]:
    """Return the rows of a set by part; files named for a part win over what ``train`` brings.

    Raises:
        UndercutError: see :func:`read_files`.
    """
    columns = (text_column, label_column)
    parts, notes = read_files(info, sources.train, sources.names, *columns)
    if len(parts) > 1:
        said = ", ".join(f"{WORDS[p]} {len(rows):,}" for p, rows in parts.items())
        notes.append(f"rows by the splits of the data: {said}.")
    for role, paths in (("valid", sources.valid), ("test", sources.test)):
        if paths:
            found, said_ = read_files(info, paths, sources.names, *columns)
            parts[role] = joined(found, role)
            notes += said_
    return parts, notes
