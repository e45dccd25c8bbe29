"""Which device a fit runs on, and with which settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from undercut.core.types import Progress, silent
from undercut.training.compute import Compute
from undercut.training.precision import fast_dtype


def settings(device: str, cache: Path, tick: Callable[[Progress], None] = silent) -> Compute:
    """Return what to compute with."""
    return Compute(dtype=fast_dtype())
