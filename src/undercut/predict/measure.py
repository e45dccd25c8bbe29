"""Measure artefacts on this machine side by side: texts a second, latency of one text, memory.

A ratio of two speeds is worth something only where both were taken at the same time: what else a
machine does changes from one minute to the next. So whatever is to be compared takes turns, a round
each, and its figures are ratios to the first one's in the same round; the median round counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from undercut.core.errors import UndercutError
from undercut.core.processor import processor
from undercut.core.types import Measurement
from undercut.ledger.meter import Neighbours
from undercut.predict.remote import RemoteWatch
from undercut.predict.stopwatch import Round
from undercut.store.learned import needed_bytes

ROUNDS = 5
BUSY = 0.25
"""Cores that others may keep busy before a figure is said to be too low."""
open_watch = RemoteWatch


@dataclass(frozen=True)
class Thing:
    """What is measured.

    Attributes:
        folder: artefact folder.
        backend: registered backend, or ``None`` for the artefact's own.
    """

    folder: Path
    backend: str | None = None


class Yardstick:
    """A measured artefact that others are measured beside; opened when first needed.

    Args:
        thing: the artefact.
        known: its measurement, to which the others' figures are scaled.
    """

    def __init__(self, thing: Thing, known: Measurement) -> None:
        self.thing, self.known = thing, known
        self._watch: RemoteWatch | None = None

    def open(self, texts: Sequence[Any], threads: int) -> RemoteWatch:
        """Return its watch, which stays open; always on the texts it was first opened with."""
        if self._watch is None:
            self._watch = open_watch(self.thing.folder, texts, threads, self.thing.backend)
        return self._watch

    def close(self) -> None:
        """Let the artefact go."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None


def measure(
    folder: Path, texts: Sequence[Any], threads: int, backend: str | None = None
) -> Measurement:
    """Measure one artefact in a fresh process.

    Args:
        folder: artefact folder.
        texts: realistic inputs; at most 2,000 are used.
        threads: cores the variant may use.
        backend: registered backend, or ``None`` for the artefact's own.

    Raises:
        UndercutError: the artefact could not be run; its own message is passed on.
    """
    thing = Thing(folder, backend)
    return together([thing], texts, threads)[thing]


def together(
    things: Sequence[Thing],
    texts: Sequence[Any],
    threads: int,
    beside: Yardstick | None = None,
    may_fail: bool = False,
) -> dict[Thing, Measurement]:
    """Measure artefacts in turns, each in a fresh process.

    Args:
        things: what is measured.
        texts: realistic inputs; at most 2,000 are used.
        threads: cores each may use.
        beside: what all are compared with; the first thing if ``None``.
        may_fail: leave out what cannot be run, unless that is everything.

    Raises:
        UndercutError: something could not be run; its own message is passed on.
    """
    with ExitStack() as stack:
        watches: dict[Thing, RemoteWatch] = {}
        errors: list[UndercutError] = []
        for thing in dict.fromkeys(things):
            try:
                watch = open_watch(thing.folder, texts, threads, thing.backend)
            except UndercutError as e:
                errors.append(e)
                continue
            stack.callback(watch.close)
            watches[thing] = watch
        if errors and not (may_fail and watches):
            raise errors[-1]
        running = list(watches.values())
        if beside is not None:
            running.insert(0, beside.open(texts, threads))
        neighbours = Neighbours()
        took: list[list[Round]] = [[] for _ in running]
        for number in range(ROUNDS):
            order = list(zip(running, took, strict=True))
            for watch, rounds in order[:: -1 if number % 2 else 1]:
                rounds.append(watch.round())
        others = neighbours.cores()
        known = beside.known if beside else None
        own = took[len(took) - len(watches) :]
        return {
            thing: _figures(thing, watch, rounds, took[0], known, threads, others)
            for (thing, watch), rounds in zip(watches.items(), own, strict=True)
        }


def _figures(
    thing: Thing,
    watch: RemoteWatch,
    rounds: list[Round],
    first: list[Round],
    known: Measurement | None,
    threads: int,
    others: float | None,
) -> Measurement:
    """Return the figures of one artefact, as ratios to the first one's in the same rounds."""
    pairs = list(zip(rounds, first, strict=True))
    pace = median(own.rate / other.rate for own, other in pairs)
    slow = median(median(own.singles_ms) / median(other.singles_ms) for own, other in pairs)
    rate = known.texts_per_second if known else median(r.rate for r in first)
    p50 = known.p50_ms if known else median(x for r in first for x in r.singles_ms)
    tail = median(_tail(r.singles_ms) for r in rounds)
    used = max(r.cores for r in rounds)
    return Measurement(
        texts_per_second=pace * rate,
        p50_ms=slow * p50,
        p95_ms=slow * p50 * tail,
        size_bytes=needed_bytes(thing.folder),
        peak_memory_bytes=watch.peak_memory_bytes(),
        threads=max(1, min(threads, -int(-(used - 0.15) // 1))),
        processor=processor(),
        backend=watch.backend,
        texts=sum(r.texts for r in rounds),
        lanes=watch.plan.lanes if watch.plan else None,
        lone_threads=watch.plan.lone if watch.plan else None,
        others_cores=others,
    )


def _tail(singles_ms: list[float]) -> float:
    """Return the 95th percentile over the median."""
    return sorted(singles_ms)[int(len(singles_ms) * 0.95)] / median(singles_ms)


def busy_note(found: Sequence[Measurement]) -> str:
    """Return what is to be said of figures taken on a busy machine; empty on a quiet one."""
    most = max((m.others_cores or 0.0 for m in found), default=0.0)
    if most <= BUSY:
        return ""
    return (
        f"Other programs kept up to {most:.1f} cores busy meanwhile: all took turns, so their "
        "ratios hold, but texts a second are fewer, and USD more, than on a quiet machine."
    )
