"""What is open at once: opens variants, measures them, unloads the least recently used."""

from __future__ import annotations

import ctypes
import gc
import logging
import sys
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import psutil

from undercut.core.errors import UndercutError, fail
from undercut.serving.batcher import Predicts
from undercut.serving.lane import Lane
from undercut.serving.opened import Opened
from undercut.serving.options import Limits
from undercut.serving.schemas import ModelInfo
from undercut.store.files import size_of

logger = logging.getLogger("undercut.serving")

WARM_UP = "warm up"
MB = 1_000_000


class Keeper:
    """Opens and unloads. One model is opened at a time, so that what it takes can be measured.

    Args:
        opener: opens an artefact folder under a name, verifying its files.
        limits: bounds of each queue.
        memory_mb: what the models may take together, megabytes; ``None`` for no limit.
    """

    def __init__(
        self,
        opener: Callable[[Path, str | None], tuple[Predicts, ModelInfo]],
        limits: Limits,
        memory_mb: int | None = None,
    ) -> None:
        self._opener, self._limits = opener, limits
        self._most = None if memory_mb is None else memory_mb * MB
        self._lock = threading.RLock()
        self._sizes: dict[str, int] = {}
        self.lanes: list[Lane] = []
        self.retire: Callable[[Opened], None] = lambda opened: opened.close(limits.deadline_seconds)

    def open(
        self,
        folder: Path,
        name: str | None = None,
        version: str | None = None,
        beside: Collection[Lane] = (),
    ) -> Opened:
        """Open an artefact, let it answer once, and measure the memory that took.

        Args:
            folder: artefact folder.
            name: what it is served as; its own name when ``None``.
            version: the hash it must have, if that is known.
            beside: names whose variants must stay open.

        Raises:
            UndercutError: not an artefact, changed files, it cannot answer, another version, or
                it does not fit into the memory.
        """
        with self._lock:
            self._make_room(self._sizes.get(version or "", size_of(folder)), folder, beside)
            before = _resident()
            predictor, info = self._opener(folder, name)
            if version is not None and info.version != version:
                raise fail(
                    "release-lost",
                    expected=f"the artefact that was promoted, version {version[:12]}",
                    found=f"version {info.version[:12]}",
                    where=str(folder),
                    fix="Put it back, or start with --fresh to serve what the command line names.",
                )
            predictor.predict([WARM_UP])
            taken = max(_resident() - before, size_of(folder), self._sizes.get(info.version, 0))
            self._sizes[info.version] = taken
            self._make_room(taken, folder, beside)
            return Opened(predictor, info, self._limits, folder, taken)

    def load_again(self, lane: Lane) -> None:
        """Load the model of a name if it is unloaded.

        Raises:
            UndercutError: its files are gone or changed.
        """
        with self._lock:
            now = lane.now
            if now.live is not None or lane.folder is None:
                return
            opened = self.open(lane.folder, lane.name, now.info.version, [lane])
            if not lane.load(now, opened):
                opened.close(0.0)

    def _held(self) -> int:
        return sum(x.bytes_held for lane in self.lanes for x in lane.now.opened)

    def _make_room(self, wanted: int, folder: Path, beside: Collection[Lane]) -> None:
        if self._most is None:
            return
        if wanted > self._most:
            raise self._refused(wanted, folder, 0)
        while self._held() + wanted > self._most:
            idle = [
                lane
                for lane in self.lanes
                if lane not in beside
                and lane.folder is not None
                and lane.now.live is not None
                and lane.now.candidate is None
            ]
            if not idle:
                raise self._refused(wanted, folder, self._held())
            self._unload(min(idle, key=lambda lane: lane.used))

    def _unload(self, lane: Lane) -> None:
        now = lane.now
        opened = now.live
        if opened is not None and lane.load(now, None):
            self.retire(opened)
            logger.info("unloaded %s: least recently used", lane.name)
        del opened, now
        gc.collect()
        _give_back()

    def _refused(self, wanted: int, folder: Path, held: int) -> UndercutError:
        most = (self._most or 0) / MB
        beside = f" beside {held / MB:,.0f} MB that cannot be unloaded now" if held else ""
        return fail(
            "memory-limit",
            expected=f"a model that fits into {most:,.0f} MB",
            found=f"one that takes {wanted / MB:,.1f} MB{beside}",
            where=str(folder),
            fix="Raise --memory-mb, serve fewer models, or compress it: undercut compress.",
        )


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


def _give_back() -> None:
    """Return freed memory to the system, where the C library can."""
    if sys.platform == "linux":
        try:
            ctypes.CDLL(None).malloc_trim(0)
        except (OSError, AttributeError):  # another C library than GNU's
            return
