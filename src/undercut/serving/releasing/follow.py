"""Bring what a server answers with to what the store says, and keep it there.

A new variant is opened and has answered before it takes a name; requests in flight finish on the
queue they are in; then the old one is closed.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from undercut.serving.keeper import Keeper
from undercut.serving.lane import Lane, Standing
from undercut.serving.opened import Opened
from undercut.serving.releasing.record import Release, Variant
from undercut.serving.releasing.store import ReleaseStore
from undercut.serving.releasing.trials import Trials
from undercut.serving.shelf import Shelf

logger = logging.getLogger("undercut.serving")

POLL_SECONDS = 1.0
RETRY_SECONDS = 30.0


class Follower:
    """Follows the releases of a store.

    Args:
        store: the releases.
        shelf: what this server answers with.
        keeper: opens variants.
        trials: the background of trials.
        deadline_seconds: longest wait for requests in flight.
    """

    def __init__(
        self,
        store: ReleaseStore,
        shelf: Shelf,
        keeper: Keeper,
        trials: Trials,
        deadline_seconds: float,
    ) -> None:
        self._store, self._shelf, self._keeper, self._trials = store, shelf, keeper, trials
        self._deadline = deadline_seconds
        self._lock, self._stop = threading.RLock(), threading.Event()
        self._applied: dict[str, int] = {}
        self._failed: dict[str, float] = {}
        self._ready: dict[str, Opened] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Follow in the background."""
        self._thread = threading.Thread(target=self._work, name="releases", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following, and write the pairs of trials."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._trials.close()

    def prepare(self, name: str, variant: Variant) -> Opened:
        """Open a variant that may take a name soon; :meth:`apply` uses it, :meth:`drop` closes it.

        Raises:
            UndercutError: it cannot be opened, or cannot answer.
        """
        lane = self._shelf.lane(name)
        assert lane is not None
        with self._lock:
            there = self._there(lane, variant) or self._ready.get(variant.version)
            if there is None:
                folder = Path(variant.folder)
                there = self._keeper.open(folder, name, variant.version, beside=[lane])
                self._ready[variant.version] = there
            return there

    def drop(self, variant: Variant) -> None:
        """Close what was prepared in vain."""
        with self._lock:
            if (opened := self._ready.pop(variant.version, None)) is not None:
                opened.close(self._deadline)

    def apply(self, release: Release) -> None:
        """Answer as a release says.

        Raises:
            UndercutError: a variant cannot be opened; what answers stays.
        """
        lane = self._shelf.lane(release.name)
        with self._lock:
            if lane is None or release.change <= self._applied.get(release.name, 0):
                return
            live = self.prepare(lane.name, release.live)
            candidate = None
            if release.candidate is not None:
                candidate = self.prepare(lane.name, release.candidate)
            for opened in (live, candidate):
                if opened is not None:
                    self._ready.pop(opened.version, None)
            gone = lane.stand(
                Standing(
                    live,
                    live.info,
                    candidate,
                    release.mode,
                    release.percent,
                    release.trial,
                )
            )
            self._applied[release.name] = release.change
        for opened in gone:
            self._trials.forget(opened)
            self._shelf.retire(opened, self._deadline)

    def poll(self) -> None:
        """Look once, and do what has changed."""
        for name, change in self._store.changes().items():
            if self._shelf.lane(name) is None or change <= self._applied.get(name, 0):
                continue
            if time.monotonic() < self._failed.get(f"{name}:{change}", 0.0):
                continue
            try:
                self.apply(self._store.find(name))
            except Exception as error:
                self._failed[f"{name}:{change}"] = time.monotonic() + RETRY_SECONDS
                logger.error("change %d of '%s' cannot be followed: %s", change, name, error)
        self._trials.flush()

    def _there(self, lane: Lane, variant: Variant) -> Opened | None:
        return next((x for x in lane.now.opened if x.version == variant.version), None)

    def _work(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                self.poll()
            except Exception as error:
                logger.error("releases cannot be read: %s", type(error).__name__)
