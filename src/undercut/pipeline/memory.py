"""Whether labelled files can be learnt from in the memory there is, asked before they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from undercut.core.errors import fail
from undercut.data.reader import is_big
from undercut.ledger.meter import free_memory
from undercut.pipeline.doctor.machine import size

TIMES = 6.0
"""Bytes of memory for a byte of file while rows are read, split and hashed; docs/design/reading.md
says how it was measured. Fitting asks for more, by method, and is not counted."""


def refuse_too_big(files: Sequence[Path]) -> None:
    """Refuse files whose rows would not fit into memory even before a model is fitted.

    Raises:
        UndercutError: code ``data-memory``.
    """
    big = sum(p.stat().st_size for p in files if is_big(p))
    needed, free = TIMES * big, free_memory()
    if needed <= free:
        return
    names = ", ".join(p.name for p in files[:3]) + (" ..." if len(files) > 3 else "")
    raise fail(
        "data-memory",
        expected=f"about {size(needed)} of free memory to read and split {size(big)} of rows",
        found=f"{size(free)}",
        where=names,
        fix="Learn from a part of the rows (shuf -n 200000 FILE), or on a larger machine; "
        "undercut check reads files of any size.",
    )
