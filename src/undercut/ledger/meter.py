"""Processor seconds of a whole process tree, from the operating system."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from undercut.core.limits import memory_left, own_groups


def tree_cpu_seconds() -> float:
    """Return user + system seconds used so far by this process and all its descendants.

    Finished children that were waited for are counted through their parent (``getrusage``
    children times), living ones by walking the tree. The figure never falls between calls
    made by one process, except by a child that ends without being waited for.
    """
    me = psutil.Process()
    seconds = 0.0
    for process in [me, *_descendants(me)]:
        try:
            t = process.cpu_times()
        except psutil.Error:
            continue
        seconds += t.user + t.system
        seconds += getattr(t, "children_user", 0.0) + getattr(t, "children_system", 0.0)
    return seconds


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def machine_cpu_seconds() -> float | None:
    """Return the seconds all programs of the machine have used; ``None`` where it does not say."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq, *_ = (int(x) for x in line[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class Neighbours:
    """How busy other programs keep the machine, from now on."""

    def __init__(self) -> None:
        self._begin = (machine_cpu_seconds(), tree_cpu_seconds(), time.perf_counter())

    def cores(self) -> float | None:
        """Return the mean number of cores others have kept busy; ``None`` where unknown."""
        busy, own, begin = self._begin
        now, mine, end = machine_cpu_seconds(), tree_cpu_seconds(), time.perf_counter()
        if busy is None or now is None or end <= begin:
            return None
        return round(max(0.0, (now - busy - (mine - own)) / (end - begin)), 2)


def peak_memory_bytes() -> int:
    """Return the peak resident memory of this process so far, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().peak_wset)
    import sys

    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


@dataclass
class Peak:
    """What :func:`peak_of` found; 0 until its block is over."""

    memory_bytes: int = 0


@contextmanager
def peak_of() -> Iterator[Peak]:
    """Measure the peak resident memory of this process inside the block.

    Linux lets a process set its high-water mark back to what it holds now (proc_pid_clear_refs(5),
    value 5). Elsewhere the mark of the whole process is given: never less than the truth.
    """
    peak = Peak()
    reset = False
    try:
        Path("/proc/self/clear_refs").write_text("5")
        reset = True
    except OSError:
        pass
    try:
        yield peak
    finally:
        peak.memory_bytes = _high_water() if reset else peak_memory_bytes()


def _high_water() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return peak_memory_bytes()


def free_memory() -> float:
    """Return the bytes this process may still take: what is free, or what its container leaves."""
    left = memory_left(own_groups())
    free = float(psutil.virtual_memory().available)
    return free if left is None else min(free, left)
