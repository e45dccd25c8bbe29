"""Labelled files read without stopping at the first bad row: what can be used, and what cannot."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.core.contracts import silent
from undercut.core.errors import fail
from undercut.core.types import Examples
from undercut.data.own_splits import WORDS, nothing_to_learn_from
from undercut.data.reader import Reader, Source, Tick, is_big
from undercut.data.rows import Refused, Rows
from undercut.data.sources import Sources, resolve
from undercut.data.table import count


@dataclass(frozen=True)
class Usable:
    """The rows of some files that have a text and a label.

    Attributes:
        train: rows to learn from; validation rows may still be carved out of them.
        valid: rows to choose on, or None.
        test: rows held out, or None.
        read: each file as it was read.
        notes: what was decided.
        sources: the files.
    """

    train: Rows
    valid: Rows | None
    test: Rows | None
    read: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sources: Sources = field(default_factory=lambda: Sources([], [], [], "data", {}))

    @property
    def refused(self) -> Refused:
        """Rows that cannot be used, file by file."""
        found = Refused()
        for source in self.read:
            found.merge(source.refused)
        return found

    @property
    def learnt(self) -> Examples:
        """Return the rows of ``train`` and ``valid``."""
        rows = self.train.examples()
        return rows if self.valid is None else rows.plus(self.valid.examples())


def _ask_room(files: Sources) -> None:
    """Refuse to begin where the temporary folder has no room for the texts."""
    needed = sum(p.stat().st_size for p in files.files if p.is_file())
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise fail(
            "data-disk",
            expected=f"{needed / 1e6:,.0f} MB of room for the texts while they are checked",
            found=f"{free / 1e6:,.0f} MB",
            where=folder,
            fix="Set TMPDIR to a folder with more room.",
        )


def read_sets(
    train: Sequence[Path],
    valid: Sequence[Path],
    test: Sequence[Path],
    task: Any,
    text_column: str | None = None,
    label_column: str | None = None,
    *,
    spill: bool = False,
    keep: bool = False,
    tick: Tick = silent,
) -> Usable:
    """Read labelled files; bad rows are told, not raised.

    Args:
        train: files, folders or ``-``; see :func:`undercut.data.sources.resolve`. Rows that come
            with a part of their own (a ``split`` column, JSON of ``{"train": [...]}``) go there.
        valid: the same for rows to choose on; they win over such parts of ``train``.
        test: the same for rows held out.
        task: the task, or its registered name.
        text_column: name, or number from 1; found by itself when None.
        label_column: the same for the label.
        spill: where a file is big (``undercut.data.big.BIG``), keep the texts of all on disk.
        keep: let each file's records be read again.
        tick: told the bytes read of big files.

    Raises:
        UndercutError: a file that cannot be read at all, unclear columns, or nothing to learn from
            though no row is bad.
    """
    if not train:
        raise fail("data-none", expected="a labelled file", found="none")
    files = resolve(train, valid, test)
    on_disk = spill and any(is_big(p) for p in files.files)
    if on_disk:
        _ask_room(files)
    reader = Reader(
        files.names, text_column, label_column, task, spill=on_disk, keep=keep, tick=tick
    )
    parts: dict[str, Rows] = {}
    read, notes = [], list(files.notes)
    for path in files.train:
        source = reader.read(path)
        read.append(source)
        notes += source.notes
        for part, rows in source.parts.items():
            parts.setdefault(part, reader.rows()).extend(rows)
        source.parts = {}
    own = {part: len(rows) for part, rows in parts.items()}
    for role, paths in (("valid", files.valid), ("test", files.test)):
        if not paths:
            continue
        if role in own:
            unused = count(own[role], f"own {WORDS[role]} row")
            notes.append(f"{unused} not used: {WORDS[role]} files are given.")
        parts[role] = reader.rows()
        for path in paths:
            source = reader.read(path)
            read.append(source)
            notes += source.notes
            found = source.parts
            for rows in [found[role]] if role in found else found.values():
                parts[role].extend(rows)
            source.parts = {}
    if len(own) > 1 or (own and "train" not in own):
        said = ", ".join(f"{WORDS[p]} {n:,}" for p, n in own.items())
        notes.append(f"rows by the splits of the data: {said}.")
    bad = any(source.refused.found for source in read)
    if own and "train" not in own and not bad:
        raise nothing_to_learn_from(own, [files.names[p] for p in files.train])
    held = {role: parts.get(role) for role in ("valid", "test")}
    learn = parts.get("train", reader.rows())
    return Usable(learn, held["valid"], held["test"], read, notes, files)
