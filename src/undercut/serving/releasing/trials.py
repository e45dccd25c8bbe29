"""The other variant of a trial, asked in the background: no caller waits for it, pays, or fails.

It is asked after the answer has left, from a queue of its own that is bounded, in small batches,
and each batch waits until no caller's request is being answered. What does not fit or comes too
late is no evidence and is dropped.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from undercut.predict.answers import answer_row
from undercut.serving.batcher import Batcher, Predicts
from undercut.serving.database import insert
from undercut.serving.lane import Served
from undercut.serving.opened import Opened
from undercut.serving.tables import pairs, stamp
from undercut.serving.waiting import ClosedError, DeadlineError, ModelError, QueueFullError

logger = logging.getLogger("undercut.serving")

BATCH_INPUTS = 8
QUEUE_INPUTS = 256
LATE_SECONDS = 30.0
LOOK_SECONDS = 0.005
MOST_PAIRS = 20_000
"""Pairs a trial keeps; more would prove nothing that these do not."""
MOST_UNWRITTEN = 4_096


class BusyError(Exception):
    """Callers kept the server busy until the end."""


class Patient:
    """A model that starts a batch only when nobody else needs the machine."""

    def __init__(self, predictor: Predicts, idle: Callable[[], bool]) -> None:
        self._predictor, self._idle = predictor, idle
        self.ended = threading.Event()

    def predict(self, inputs: list[Any], /) -> Sequence[Any]:
        """Wait, and answer."""
        while not self._idle():
            if self.ended.wait(LOOK_SECONDS):
                break
        if self.ended.is_set():
            raise BusyError
        return self._predictor.predict(inputs)


@dataclass(frozen=True)
class _Told:
    """One request of a trial, its caller already answered."""

    trial: str
    request_id: str
    task: str
    answers: list[Any]
    by_candidate: bool
    refused: bool


class Trials:
    """Asks the other variant and keeps the pairs of answers. Safe to use from several threads.

    Args:
        database: the store.
        idle: whether no request is being answered or waits.
    """

    def __init__(self, database: sa.Engine, idle: Callable[[], bool]) -> None:
        self._database, self._idle = database, idle
        self._lock = threading.Lock()
        self._beside: dict[str, tuple[Patient, Batcher]] = {}
        self._unwritten: deque[dict[str, Any]] = deque(maxlen=MOST_UNWRITTEN)
        self._kept: dict[str, int] = {}
        self.dropped = 0

    def tell(
        self,
        served: Served,
        request_id: str,
        texts: Sequence[Any],
        sizes: Sequence[int],
        answers: Sequence[Any],
    ) -> None:
        """Let the other variant answer too, if the request is in a trial; never raises or waits.

        Args:
            served: what the request named, and who answered it.
            request_id: its id.
            texts: what was read.
            sizes: tokens of each.
            answers: what the caller got.
        """
        try:
            other, now = served.beside(request_id), served.standing
            if other is None or now is None or now.candidate is None:
                return
            if self._kept.get(now.trial, 0) + len(texts) > MOST_PAIRS:
                return
            by_candidate = served.chosen is now.candidate
            told = _Told(
                now.trial,
                request_id,
                served.info.task,
                list(answers),
                by_candidate,
                other.version in served.refused,
            )
            if told.refused:  # a canary that failed on it; that is an answer too
                self._keep(told, None)
                return
            future = self._queue(other).submit(texts, sizes, LATE_SECONDS)
            future.add_done_callback(partial(self._answered, told))
        except (QueueFullError, ClosedError):
            self.dropped += len(texts)
        except Exception as error:
            logger.error("a trial failed: %s", type(error).__name__)

    def forget(self, opened: Opened) -> None:
        """End the background queue of a variant that is being closed."""
        with self._lock:
            found = self._beside.pop(opened.version, None)
        if found:
            found[0].ended.set()
            found[1].close(1.0)

    def close(self) -> None:
        """End every background queue and write what is there."""
        with self._lock:
            versions, self._beside = self._beside, {}
        for patient, batcher in versions.values():
            patient.ended.set()
            batcher.close(1.0)
        self.flush()

    def flush(self) -> None:
        """Write the pairs that are there.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the store refuses; the pairs are lost, as evidence may.
        """
        rows = []
        while self._unwritten:
            rows.append(self._unwritten.popleft())
        if not rows:
            return
        with self._database.begin() as db:
            db.execute(insert(db, pairs).on_conflict_do_nothing(), rows)
            for trial in {row["trial"] for row in rows}:
                mine = sa.select(sa.func.count()).where(pairs.c.trial == trial)
                self._kept[trial] = db.execute(mine).scalar_one()

    def _queue(self, opened: Opened) -> Batcher:
        with self._lock:
            if opened.version not in self._beside:
                patient = Patient(opened.predictor, self._idle)
                batcher = Batcher(patient, batch_inputs=BATCH_INPUTS, queue_inputs=QUEUE_INPUTS)
                self._beside[opened.version] = (patient, batcher)
            return self._beside[opened.version][1]

    def _answered(self, told: _Told, future: Future[list[Any]]) -> None:
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or isinstance(error, (DeadlineError, ClosedError)):
            self.dropped += len(told.answers)
        elif error is None:
            self._keep(told, future.result())
        elif isinstance(error, ModelError) and not isinstance(error.__cause__, BusyError):
            self._keep(told, None)
        else:
            self.dropped += len(told.answers)

    def _keep(self, told: _Told, others: list[Any] | None) -> None:
        """Note what both answered; ``None`` where the other variant failed."""
        at = stamp()
        for position, answer in enumerate(told.answers):
            other = None if others is None else others[position]
            first, second = (other, answer) if told.by_candidate else (answer, other)
            alike = None not in (first, second) and _words(told.task, first) == _words(
                told.task, second
            )
            self._unwritten.append(
                {
                    "trial": told.trial,
                    "request_id": told.request_id,
                    "position": position,
                    "live": getattr(first, "label", None),
                    "candidate": getattr(second, "label", None),
                    "alike": alike,
                    "at": at,
                }
            )


def _words(task: str, answer: Any) -> str:
    """Return what an answer says, without how sure it is."""
    return json.dumps(_plain(answer_row(task, answer, 0)), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if not isinstance(v, float)}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) else value
