"""What the machine, or the container around this process, allows: cores and memory."""

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
            quota = _number(folder / "cpu.cfs_quota_us") or -1
            period = _number(folder / "cpu.cfs_period_us") or 0
            if quota > 0 and period > 0:
                limits.append(quota / period)
    return min(limits, default=None)


def memory_limit(folders: list[Path]) -> float | None:
    """Return the bytes a limit allows, or ``None`` without one (cgroup versions 1 and 2)."""
    names = ("memory.max", "memory.limit_in_bytes")
    limits = [n for f in folders for name in names if (n := _number(f / name)) is not None]
    return min((n for n in limits if n < 1 << 60), default=None)


def memory_left(folders: list[Path]) -> float | None:
    """Return the bytes that may still be used before a limit, or ``None`` without one.

    Memory that the kernel only keeps as a copy of files does not count as used.
    """
    left = []
    for folder in folders:
        for most, used in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, now = _number(folder / most), _number(folder / used)
            if limit is not None and now is not None and limit < 1 << 60:
                left.append(limit - now + _file_copies(folder))
    return max(min(left), 0.0) if left else None


def _file_copies(folder: Path) -> float:
    """Return the bytes of inactive file pages of a control group."""
    for line in read(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return float(value)
    return 0.0


def read(path: str | Path) -> str:
    """Return a file's text, or nothing where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None  # not there, or "max"
