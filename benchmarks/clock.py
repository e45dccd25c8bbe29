"""Timers: processor seconds of a process and its children, steps, and extrapolation."""

from __future__ import annotations

import math
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from undercut.ledger.meter import machine_cpu_seconds

CONFIDENCE = 0.95


def cpu_now() -> float:
    """Return user + system seconds of this process and of its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@dataclass
class Usage:
    """What a piece of work took, in seconds.

    Attributes:
        others_cores: mean number of cores that other programs kept busy meanwhile; ``None``
            where the system does not say.
    """

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    others_cores: float | None = None

    def as_json(self) -> dict[str, float]:
        """Return the seconds, rounded to a tenth of a millisecond."""
        return {
            "cpu_seconds": round(self.cpu_seconds, 4),
            "wall_seconds": round(self.wall_seconds, 4),
        }


@contextmanager
def measured() -> Iterator[Usage]:
    """Measure the block: processor seconds (children included) and wall seconds."""
    usage = Usage()
    cpu, wall, busy = cpu_now(), time.perf_counter(), machine_cpu_seconds()
    try:
        yield usage
    finally:
        usage.cpu_seconds = cpu_now() - cpu
        usage.wall_seconds = time.perf_counter() - wall
        now = machine_cpu_seconds()
        if now is not None and busy is not None:
            others = (now - busy - usage.cpu_seconds) / max(usage.wall_seconds, 1e-9)
            usage.others_cores = round(max(0.0, others), 2)


class StepClock:
    """Times the steps of a loop after a warm-up.

    Call :meth:`tick` once when the loop begins and once after every step.

    Args:
        warm_up: steps to leave out.
    """

    def __init__(self, warm_up: int) -> None:
        self.warm_up = warm_up
        self.cpu: list[float] = []
        self.wall: list[float] = []
        self._ticks = 0
        self._last = (0.0, 0.0)

    def tick(self) -> None:
        """Note that a step has ended (the first call: that the loop begins)."""
        now = (cpu_now(), time.perf_counter())
        if self._ticks > self.warm_up:
            self.cpu.append(now[0] - self._last[0])
            self.wall.append(now[1] - self._last[1])
        self._ticks += 1
        self._last = now


def extrapolate(samples: Sequence[float], steps: int) -> dict[str, Any]:
    """Return the expected total of ``steps`` steps from timed ones, with a 95 % interval.

    The interval is Student's for the mean step, times the number of steps.

    Args:
        samples: seconds of each timed step, at least two.
        steps: steps of the whole job.

    Raises:
        ValueError: fewer than two samples.
    """
    if len(samples) < 2:
        raise ValueError(f"two timed steps or more are needed, {len(samples)} given")
    from scipy.stats import t

    mean = statistics.fmean(samples)
    error = statistics.stdev(samples) / math.sqrt(len(samples))
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(samples) - 1)) * error
    return {
        "value": round(mean * steps, 3),
        "low": round(max(mean - half, 0.0) * steps, 3),
        "high": round((mean + half) * steps, 3),
    }
