"""Whether labelled files can be learnt from in the memory there is, asked before they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psutil

from undercut.core.cores import own_groups
from undercut.core.errors import fail
from undercut.data.reader import is_big
from undercut.pipeline.doctor.machine import memory_limit, size

TIMES = 6.0
"""Bytes of memory for a byte of file while rows are read, split and hashed; docs/design/reading.md
says how it was measured. Fitting asks for more, by method, and is not counted."""


def free_bytes() -> float:
    """Return the memory this process can have: what is free, or what its container allows."""
    limit = memory_limit(own_groups())
    free = float(psutil.virtual_memory().available)
    return free if limit is None else min(free, limit)


def refuse_too_big(files: Sequence[Path]) -> None:
    """Refuse files whose rows would not fit into memory even before a model is fitted.

    Raises:
        UndercutError: code ``data-memory``.
    """
    big = sum(p.stat().st_size for p in files if is_big(p))
    needed, free = TIMES * big, free_bytes()
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
