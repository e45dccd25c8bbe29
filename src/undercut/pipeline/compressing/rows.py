"""The rows of a search: those that judge, and those that forms may learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.core import plugins
from undercut.core.contracts import Task
from undercut.core.errors import fail
from undercut.core.specs_models import CompressSpec
from undercut.core.types import Examples, Manifest
from undercut.data.inputs import load_inputs
from undercut.data.load import load_examples, load_parts
from undercut.data.normal import same_key
from undercut.data.splits import split
from undercut.pipeline.unseen import unseen
from undercut.store.files import content_hash

FREE_ROWS = 500
VALID_SHARE = 0.1


@dataclass(frozen=True)
class Rows:
    """Rows of a search.

    Attributes:
        held: labelled rows the gate judges by.
        free: inputs near them without labels, on which answers are compared.
        train: rows to learn from, or ``None``.
        valid: rows to choose on while learning, or ``None``.
        notes: what was left out.
        unlabelled: inputs of the domain that a teacher may answer.
    """

    task: Task
    held: Examples
    free: list[Any]
    train: Examples | None
    valid: Examples | None
    notes: list[str]
    unlabelled: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return a hash of everything the gate sees."""
        return content_hash([list(self.held.inputs), list(self.held.targets), self.free])[:16]

    @property
    def learned_key(self) -> str:
        """Return a hash of the rows to learn from."""
        sets = [s for s in (self.train, self.valid) if s is not None]
        found: list[Any] = [[list(s.inputs), list(s.targets)] for s in sets]
        return content_hash([*found, self.unlabelled] if self.unlabelled else found)[:16]


def read_rows(spec: CompressSpec, manifest: Manifest, folders: Sequence[Path]) -> Rows:
    """Read the rows of a search; nothing that is held out is learned from, or has been.

    Args:
        spec: which files.
        manifest: of the full model.
        folders: the models whose rows are left out of what judges.

    Raises:
        UndercutError: no held-out rows, unreadable ones, too few that the models have not learned
            from, or labels the model does not know.
    """
    task: Task = plugins.attr(plugins.get("task", manifest.task).load)()
    held = labelled(spec.data, manifest, task, spec.text_column, spec.label_column)
    held, notes = unseen(held, folders, spec.workspace, ", ".join(map(str, spec.data)))
    free = task.unlabelled(held.inputs, FREE_ROWS, spec.seed)
    if not spec.train:
        if spec.unlabelled:
            raise fail(
                "data-none",
                expected="labelled rows beside --unlabelled: students learn from both",
                found="none",
                fix="Name them with --train.",
            )
        return Rows(task, held, free, None, None, notes)
    columns = {"text_column": spec.text_column, "label_column": spec.label_column}
    rows = load_parts(spec.train, [], [], task=task, **columns).train
    _check_labels(rows, spec.train, manifest, task)
    known = {same_key(value) for value in held.inputs}
    keep = [i for i, value in enumerate(rows.inputs) if same_key(value) not in known]
    if len(keep) < len(rows):
        notes.append(
            f"{len(rows) - len(keep)} training rows are held out too: nothing learns from them"
        )
    rows = rows.take(keep)
    if not len(rows):
        return Rows(task, held, free, None, None, notes)
    more = [t for p in spec.unlabelled for t in load_inputs(p, spec.text_column)]
    more = [t for t in dict.fromkeys(more) if same_key(t) not in known]
    parts = split(rows, task.stratum, VALID_SHARE, spec.seed)
    return Rows(task, held, free, rows.take(parts.train), rows.take(parts.valid), notes, more)


def labelled(
    paths: list[Path],
    manifest: Manifest,
    task: Task,
    text_column: str | None,
    label_column: str | None,
) -> Examples:
    """Read labelled files whose labels a model knows.

    Raises:
        UndercutError: no file, unreadable rows, or a label the model does not know.
    """
    if not paths:
        raise fail("data-none", expected="a labelled file after the artefact", found="none")
    rows, _ = load_examples(paths, task, text_column, label_column, held_out=True)
    _check_labels(rows, paths, manifest, task)
    return rows


def _check_labels(rows: Examples, paths: list[Path], manifest: Manifest, task: Task) -> None:
    known = task.class_names(manifest.labels)
    unknown = sorted({c for target in rows.targets for c in task.classes(target)} - set(known))
    if unknown:
        raise fail(
            "label-unknown",
            expected=f"labels the model knows: {', '.join(known[:8])} ...",
            found=", ".join(map(repr, unknown[:5])),
            where=", ".join(str(p) for p in paths),
        )
