"""The verb ``new``: a commented ``undercut.toml``, every word of it from the specs and the file."""

from __future__ import annotations

import inspect
import json
import os
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.specs_data import NewSpec
from undercut.core.specs_training import RunSpec
from undercut.core.types import Record
from undercut.data.columns import choose
from undercut.data.load import load_examples
from undercut.data.read import read_table
from undercut.data.task_files import own_reader, task_for
from undercut.store.files import write_text

WIDTH = 96
LISTED = 12


class Scaffold(Record):
    """The result of ``new``."""

    path: str
    rows: int
    labels: dict[str, int]
    text_column: str | None
    label_column: str | None
    notes: list[str]


def new(spec: NewSpec, listener: object = None) -> Scaffold:
    """Read a labelled file and write ``undercut.toml`` for it.

    Raises:
        UndercutError: no file, unreadable rows or unclear columns, or the file to write is there.
    """
    if spec.out.exists() and not spec.force:
        raise fail(
            "file-exists",
            expected="a file that is not there yet",
            found="one",
            where=str(spec.out),
            fix="Add --force to replace it, or --out FILE.",
        )
    if not spec.train:
        raise fail("data-none", expected="a labelled file", found="none", fix="undercut new FILE")
    name, said = task_for(spec.task, spec.train)
    task = plugins.attr(plugins.get("task", name).load)()
    rows, notes = load_examples(spec.train, task, spec.text_column, spec.label_column)
    text_column, label_column = spec.text_column, spec.label_column
    if own_reader(task) is None:
        text_column, label_column = _names(spec)
    counts = Counter(c for target in rows.targets for c in task.classes(target))
    made = Scaffold(
        path=str(spec.out),
        rows=len(rows),
        labels=dict(counts.most_common()),
        text_column=text_column,
        label_column=label_column,
        notes=[*said, *notes],
    )
    write_text(spec.out, _document(spec, made))
    return made


def _names(spec: NewSpec) -> tuple[str | None, str | None]:
    """Return the names of the columns in the first file, where it names them."""
    path = spec.train[0]
    if not path.is_file():
        return spec.text_column, spec.label_column
    table = read_table(path, path.name)
    if not table.header:
        return spec.text_column, spec.label_column
    choice = choose(table, spec.text_column, spec.label_column)
    return table.columns[choice.text], table.columns[choice.label]


def _document(spec: NewSpec, made: Scaffold) -> str:
    given = {k: getattr(spec, k) for k in spec.model_fields_set if k in RunSpec.model_fields}
    given |= {"text_column": made.text_column, "label_column": made.label_column}
    given["train"] = spec.train
    for name in ("train", "test", "valid"):
        given[name] = [_beside(p, spec.out) for p in given.get(name) or []]
    parts = [
        _comment(
            f"Written by `undercut new`. {made.rows:,} rows, {len(made.labels)} labels: "
            f"{_labels(made.labels)}."
        ),
        *(_comment(note) for note in made.notes),
        "",
        _comment(
            "Then: undercut run. Lines without # are set; others show the default, or ... where "
            "there is none. Flags on the command line win. Paths are relative to this folder."
        ),
    ]
    *kinds, _, _, _ = RunSpec.__mro__  # less Spec, BaseModel and object
    for kind in [*kinds[1:], RunSpec]:
        own = [n for n in inspect.get_annotations(kind) if n in RunSpec.model_fields]
        own = [n for n in own if n not in ("model_config", "options")]
        if own:
            title = (inspect.getdoc(kind) or "").splitlines()[0]
            parts += ["", f"# --- {title}", *(_line(n, given.get(n)) for n in own)]
    methods = [n for n in plugins.names("method") if plugins.get("method", n).rung is not None]
    parts += [
        "",
        _comment(f"--- {RunSpec.model_fields['options'].description} Methods: {_join(methods)}."),
        f"# [options.{methods[-1]}]",
    ]
    return "\n".join(parts) + "\n"


def _line(name: str, value: Any) -> str:
    """Return an option with what it means, commented out unless it is set."""
    field = RunSpec.model_fields[name]
    default = field.get_default(call_default_factory=True)
    key = name.replace("_", "-")
    text = _comment(field.description or "")
    if value is not None and value != default:
        return f"{text}\n{key} = {_toml(value)}"
    shown = "..." if default in (None, PydanticUndefined) else _toml(default)
    return f"{text}\n# {key} = {shown}"


def _beside(path: Path, out: Path) -> Path:
    """Return a path as seen from the folder of the file that is written."""
    return path if path.is_absolute() else Path(os.path.relpath(path, out.parent))


def _toml(value: Any) -> str:
    """Return a value as TOML; its strings and lists are JSON's."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(
        Path(value).as_posix() if isinstance(value, Path) else str(value), ensure_ascii=False
    ).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    flat = " ".join(text.split())
    return textwrap.fill(flat, WIDTH, initial_indent="# ", subsequent_indent="# ")


def _labels(counts: dict[str, int]) -> str:
    shown = [f"{name} ({n})" for name, n in list(counts.items())[:LISTED]]
    return _join(shown) + (f" and {len(counts) - LISTED} more" if len(counts) > LISTED else "")


def _join(words: list[str]) -> str:
    return ", ".join(words)
