"""How many cores this process may use: its affinity, and the quota of its control groups."""

from __future__ import annotations

import os
from pathlib import Path


def usable_cores(groups: list[Path] | None = None) -> int:
    """Return the cores to use when the user names no number; at least one.

    More threads than a quota allows are stopped in turns by the kernel, which is slower than fewer
    threads; so a quota of 1.5 cores gives one.

    Args:
        groups: control groups, innermost first; those of this process when ``None``.
    """
    quota = core_limit(own_groups() if groups is None else groups)
    allowed = affinity()
    return max(int(min(allowed, quota or allowed)), 1)


def affinity() -> int:
    """Return the cores the kernel may run this process on (``taskset``, ``cpuset``)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def own_groups() -> list[Path]:
    """Return the control groups of this process; none where there are no such things."""
    try:
        return cgroup_folders(Path("/proc/self/cgroup").read_text())
    except (OSError, ValueError):
        return []


def cgroup_folders(own: str, root: Path = Path("/sys/fs/cgroup")) -> list[Path]:
    """Return the control groups this process is in, innermost first.

    Args:
        own: the text of ``/proc/self/cgroup``.
        root: where control groups are mounted.
    """
    found: list[Path] = []
    for line in own.splitlines():
        _, kinds, path = line.split(":", 2)
        for kind in kinds.split(",") if kinds else [""]:
            place = root / kind / path.lstrip("/")
            found += [p for p in (place, *place.parents) if p.is_relative_to(root / kind)]
    return found


def core_limit(folders: list[Path]) -> float | None:
    """Return the cores a quota allows, or ``None`` without one (cgroup versions 1 and 2)."""
    limits = []
    for folder in folders:
        try:
            quota, period = map(float, (folder / "cpu.max").read_text().split())
            limits.append(quota / period)
        except (OSError, ValueError):
            quota = number(folder / "cpu.cfs_quota_us") or -1
            period = number(folder / "cpu.cfs_period_us") or 0
            if quota > 0 and period > 0:
                limits.append(quota / period)
    return min(limits, default=None)


def number(path: Path) -> float | None:
    """Return the first number in a file of a control group, or ``None``."""
    try:
        return float(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None  # not there, or "max"
