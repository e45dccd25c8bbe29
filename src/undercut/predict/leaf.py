"""Score with one model: prepare, pack, run batches side by side, restore the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from undercut.core.contracts import Frontend, Prepared, Scored, Session
from undercut.core.registry import ArchitectureInfo
from undercut.predict.packing import pack

CHUNK_ROWS = 20_000
LANE_SHARE = 4
"""With lanes, a batch holds at most this fraction of the work of a lane, so that all end alike."""


@dataclass(frozen=True)
class Plan:
    """How a model uses its cores; measured once on a machine (predict/measure.py).

    Attributes:
        lanes: batches run side by side, one core each; 1 when they run one after the other on all.
        lone: cores of an input that comes alone.
    """

    lanes: int
    lone: int


class LeafScorer:
    """One model: a front end, and sessions on one backend.

    A batch that comes alone runs on a session of all cores. Several batches run side by side, one
    core each, on a second session: no core waits for the others at the end of every operation.
    Each session is opened when it is first needed.

    Args:
        info: the architecture; says what a batch may hold and what it costs.
        frontend: prepares inputs and finishes outputs.
        open_session: opens a session, given the cores of one batch and how many batches run it
            side by side.
        threads: cores to use.
        plan: how they are used.
    """

    def __init__(
        self,
        info: ArchitectureInfo,
        frontend: Frontend,
        open_session: Callable[[int, int], Session],
        threads: int,
        plan: Plan,
    ) -> None:
        self.info, self.frontend, self.threads, self.plan = info, frontend, threads, plan
        self._open = open_session
        self._sessions: dict[tuple[int, int], Session] = {}

    def session(self, cores: int, lanes: int = 1) -> Session:
        """Return the session with so many cores a batch, run by so many threads at once."""
        if (cores, lanes) not in self._sessions:
            self._sessions[cores, lanes] = self._open(cores, lanes)
        return self._sessions[cores, lanes]

    @property
    def wide(self) -> Session:
        """The session with all cores."""
        return self.session(self.threads)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.plan.lanes, thread_name_prefix="undercut-lane")

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return calibrated log-probabilities of the inputs' units, in input order."""
        parts: list[np.ndarray] = []
        truncated: list[bool] = []
        for start in range(0, len(inputs), CHUNK_ROWS):
            prepared = self.frontend.prepare(inputs[start : start + CHUNK_ROWS])
            parts.append(self.score_prepared(prepared))
            truncated.extend(map(bool, prepared.truncated))
        parts = [p for p in parts if len(p)]  # inputs without a unit have no width either
        if len(parts) == 1:
            return Scored(parts[0], truncated)
        joined = np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
        return Scored(joined, truncated)

    def score_prepared(self, prepared: Prepared) -> np.ndarray:
        """Return log-probabilities of inputs that the front end has made ready."""

        def score(session: Session, index: np.ndarray) -> np.ndarray:
            outputs = session.run(self.frontend.collate(prepared, index))
            return self.frontend.finish(outputs, prepared, index)

        return self._rows(prepared, score)

    @property
    def embeds(self) -> bool:
        """Whether :meth:`embed` has vectors to give; opens a session."""
        return bool(getattr(self._lone, "embeds", False))

    def embed(self, inputs: Sequence[Any]) -> np.ndarray:
        """Return the vector that the head reads of each input, ``float32 (n, D)``."""
        return self.embed_told(inputs)[0]

    def embed_told(self, inputs: Sequence[Any]) -> tuple[np.ndarray, list[bool]]:
        """Return :meth:`embed`, and whether each input was cut to the model's length."""
        parts: list[np.ndarray] = []
        truncated: list[bool] = []
        for start in range(0, len(inputs), CHUNK_ROWS):
            prepared = self.frontend.prepare(inputs[start : start + CHUNK_ROWS])

            def vectors(session: Any, index: np.ndarray, prepared: Prepared = prepared) -> Any:
                return session.embed(self.frontend.collate(prepared, index))

            parts.append(self._rows(prepared, vectors))
            truncated.extend(map(bool, prepared.truncated))
        found = np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)
        return found, truncated

    @property
    def _lone(self) -> Session:
        """The session of an input that comes alone."""
        cores = self.plan.lone
        return self.session(cores, self.plan.lanes if cores == 1 else 1)

    def _rows(
        self, prepared: Prepared, work: Callable[[Session, np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Return one row a unit, from what ``work`` makes of each batch."""
        if len(prepared.sizes) == 1 and prepared.places is None:  # nothing to pack or put in order
            return work(self._lone, np.zeros(1, np.int64))
        overhead, budget, lanes = self.info.batch_overhead, self.info.batch_budget, self.plan.lanes
        if lanes > 1:
            share = int(np.sum(prepared.sizes)) // (LANE_SHARE * lanes)
            budget = min(budget, max(share, LANE_SHARE * overhead))
        batches = pack(prepared.sizes, budget, overhead)
        beside = lanes > 1 and len(batches) > 1
        session = self.session(1, lanes) if beside else self.wide

        def one(index: np.ndarray) -> np.ndarray:
            return work(session, index)

        # Large batches first: the small ones even the lanes out.
        batches = batches[::-1]
        finished = self._pool.map(one, batches) if beside else map(one, batches)
        places, units = prepared.places, len(prepared.sizes)
        if places is not None:
            units = sum(map(len, places))
        found: np.ndarray | None = None
        for index, rows in zip(batches, finished, strict=True):
            if found is None:
                found = np.empty((units, rows.shape[1]), dtype=np.float32)
            at = index if places is None else np.concatenate([places[i] for i in index])
            found[at] = rows
        return found if found is not None else np.empty((0, 0), dtype=np.float32)
