"""Score with one model: prepare, pack, run batches side by side, restore the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np

from undercut.core.contracts import Frontend, Prepared, Scored, Session
from undercut.core.registry import ArchitectureInfo
from undercut.predict.packing import pack

CHUNK_ROWS = 20_000
LANE_SHARE = 4
"""With lanes, a batch holds at most this fraction of the work of a lane, so that all end alike."""


class LeafScorer:
    """One model: a front end, and sessions on one backend.

    A single batch runs on a session that has all cores. Several batches run side by side, one
    core each, on a second session: no core waits for the others at the end of every operation.
    Each session is opened when it is first needed.

    Args:
        info: the architecture; says what a batch may hold and what it costs.
        frontend: prepares inputs and finishes outputs.
        open_session: opens a session, given the cores of one batch and how many batches run it
            side by side.
        threads: cores to use.
        lanes: whether the backend may run batches side by side.
    """

    def __init__(
        self,
        info: ArchitectureInfo,
        frontend: Frontend,
        open_session: Callable[[int, int], Session],
        threads: int,
        lanes: bool,
    ) -> None:
        self.info, self.frontend, self.threads = info, frontend, threads
        self._open = open_session
        self._lanes = threads if lanes else 1

    @cached_property
    def wide(self) -> Session:
        """The session with all cores."""
        return self._open(self.threads, 1)

    @cached_property
    def narrow(self) -> Session:
        """The session with one core, run by several threads."""
        return self._open(1, self._lanes)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._lanes, thread_name_prefix="undercut-lane")

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return calibrated log-probabilities of the inputs' units, in input order."""
        parts: list[np.ndarray] = []
        truncated: list[bool] = []
        for start in range(0, len(inputs), CHUNK_ROWS):
            prepared = self.frontend.prepare(inputs[start : start + CHUNK_ROWS])
            parts.append(self._chunk(prepared))
            truncated.extend(bool(t) for t in prepared.truncated)
        parts = [p for p in parts if len(p)]  # inputs without a unit have no width either
        joined = np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
        return Scored(joined, truncated)

    def _chunk(self, prepared: Prepared) -> np.ndarray:
        overhead, budget = self.info.batch_overhead, self.info.batch_budget
        if self._lanes > 1:
            share = int(np.sum(prepared.sizes)) // (LANE_SHARE * self._lanes)
            budget = min(budget, max(share, LANE_SHARE * overhead))
        batches = pack(prepared.sizes, budget, overhead)
        beside = self._lanes > 1 and len(batches) > 1
        session = self.narrow if beside else self.wide

        def one(index: np.ndarray) -> np.ndarray:
            outputs = session.run(self.frontend.collate(prepared, index))
            return self.frontend.finish(outputs, prepared, index)

        # Large batches first: the small ones even the lanes out.
        batches = batches[::-1]
        finished = self._pool.map(one, batches) if beside else map(one, batches)
        places, units = prepared.places, len(prepared.sizes)
        if places is not None:
            units = sum(map(len, places))
        scores: np.ndarray | None = None
        for index, rows in zip(batches, finished, strict=True):
            if scores is None:
                scores = np.empty((units, rows.shape[1]), dtype=np.float32)
            at = index if places is None else np.concatenate([places[i] for i in index])
            scores[at] = rows
        return scores if scores is not None else np.empty((0, 0), dtype=np.float32)
