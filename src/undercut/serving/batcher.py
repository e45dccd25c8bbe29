"""Requests in, batches out: what waits is given to the model the moment it is free.

No fixed wait: an idle model takes a single text at once, a busy one finds a batch when it
returns. A batch holds at most ``batch_inputs`` texts and ``batch_tokens`` tokens. A request that
does not fit whole goes to the back of the queue with its rest, so a long one cannot hold up the
short ones behind it. The model runs in a thread of its own; callers hold a future.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from undercut.serving.waiting import (
    ClosedError,
    DeadlineError,
    Load,
    ModelError,
    Part,
    QueueFullError,
    Waiting,
    tell,
)


class Predicts(Protocol):
    """Anything that answers a list with a list, one answer an input, in order."""

    def predict(self, inputs: list[Any], /) -> Sequence[Any]:
        """Return one answer an input."""


class Batcher:
    """A bounded queue in front of a model.

    Args:
        predictor: the model; called from one thread.
        batch_inputs, batch_tokens: most inputs and tokens of one call. An input larger than
            ``batch_tokens`` gets a call of its own.
        queue_inputs: most inputs waiting. A request is always taken when nothing waits.
    """

    def __init__(
        self,
        predictor: Predicts,
        *,
        batch_inputs: int = 64,
        batch_tokens: int = 4_096,
        queue_inputs: int = 1_024,
    ) -> None:
        self._predictor = predictor
        self._batch_inputs, self._batch_tokens = batch_inputs, batch_tokens
        self._queue_inputs = queue_inputs
        self._queue: OrderedDict[Waiting, None] = OrderedDict()
        self._ready = threading.Condition()
        self._closed = False
        self._running: float | None = None
        self.load = Load()
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    def submit(
        self, inputs: Sequence[Any], sizes: Sequence[int], seconds: float
    ) -> Future[list[Any]]:
        """Queue a request; never blocks on the model.

        Args:
            inputs: what the model reads.
            sizes: tokens of each input.
            seconds: time to the deadline.

        Returns:
            A future of one answer an input, in order; cancelling it drops the request. It may
            raise :class:`DeadlineError`, :class:`ModelError` or :class:`ClosedError`.

        Raises:
            QueueFullError: too many inputs wait.
            ClosedError: the batcher was closed.
        """
        future: Future[list[Any]] = Future()
        request = self._enter(inputs, sizes, seconds, future)
        future.add_done_callback(lambda _: self._forget(request))
        return future

    def _enter(
        self, inputs: Sequence[Any], sizes: Sequence[int], seconds: float, to: Any
    ) -> Waiting:
        n = len(inputs)
        if n != len(sizes):
            raise ValueError(f"{n} inputs with {len(sizes)} sizes")
        request = Waiting(inputs, sizes, time.monotonic() + seconds, to, left=n, answers=[None] * n)
        with self._ready:
            if self._closed:
                raise ClosedError
            if not n:
                to.set_result([])
                return request
            if self.load.waiting and self.load.waiting + n > self._queue_inputs:
                raise QueueFullError(self._retry_after())
            self._queue[request] = None
            self.load.waiting += n
            self._ready.notify()
        return request

    def ask(self, inputs: Sequence[Any], sizes: Sequence[int], seconds: float) -> list[Any]:
        """Queue a request and wait for its answer, from a thread. Raises as :meth:`submit`."""
        future = self.submit(inputs, sizes, seconds)
        try:
            return future.result(timeout=seconds)
        except TimeoutError:
            future.cancel()
            raise DeadlineError from None

    async def answer(
        self, inputs: Sequence[Any], sizes: Sequence[int], seconds: float
    ) -> list[Any]:
        """Queue a request and await its answer; cancelling drops it. Raises as :meth:`submit`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Any]] = loop.create_future()
        request = self._enter(inputs, sizes, seconds, future)
        late = loop.call_later(seconds, request.expire)
        try:
            return await future
        finally:
            late.cancel()
            if request in self._queue:
                self._forget(request)

    @property
    def closed(self) -> bool:
        """Whether requests are no longer taken."""
        return self._closed

    def busy_for(self) -> float:
        """Return the seconds the running batch has taken so far; 0 when idle."""
        started = self._running
        return 0.0 if started is None else time.monotonic() - started

    def close(self, seconds: float = 10.0) -> None:
        """Take no more requests, answer those that wait, and fail what is left in the end."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        self._thread.join(seconds)
        with self._ready:
            abandoned = list(self._queue)
        for request in abandoned:
            request.fail(ClosedError())

    def _retry_after(self) -> int:
        done = self.load
        seconds = done.waiting * done.busy_seconds / done.inputs if done.inputs else 1.0
        return min(60, max(1, math.ceil(seconds)))

    def _forget(self, request: Waiting) -> None:
        """Give a finished or dropped request's place in the queue back."""
        with self._ready:
            if request in self._queue:
                self._remove(request)

    def _remove(self, request: Waiting) -> None:
        del self._queue[request]
        self.load.waiting -= len(request.inputs) - request.taken

    def _work(self) -> None:
        while (parts := self._take()) is not None:
            if parts:
                self._run(parts)

    def _take(self) -> list[Part] | None:
        """Return the next batch; empty when only late requests waited, ``None`` at the end."""
        parts: list[Part] = []
        late: list[Waiting] = []
        with self._ready:
            while not self._queue:
                if self._closed:
                    return None
                self._ready.wait()
            inputs = tokens = 0
            now = time.monotonic()
            while self._queue:
                request = next(iter(self._queue))
                if request.deadline <= now:
                    late.append(request)
                    self._remove(request)
                    continue
                start = end = request.taken
                while end < len(request.inputs) and inputs < self._batch_inputs:
                    size = request.sizes[end]
                    if inputs and tokens + size > self._batch_tokens:
                        break
                    inputs, tokens, end = inputs + 1, tokens + size, end + 1
                if end > start:
                    parts.append(Part(request, start, end))
                    request.taken = end
                    self.load.waiting -= end - start
                if end < len(request.inputs):
                    if end > start:
                        self._queue.move_to_end(request)
                    break
                del self._queue[request]
        for request in late:
            request.fail(DeadlineError())
        return parts

    def _run(self, parts: list[Part]) -> None:
        """Answer a batch; when the model raises, each request in it is tried alone, once."""
        inputs = [x for p in parts for x in p.request.inputs[p.start : p.end]]
        try:
            answers = self._call(inputs)
        except BaseException as error:  # this thread outlives any model
            if len(parts) == 1:
                failure = ModelError("the model failed on this request")
                failure.__cause__ = error
                parts[0].request.fail(failure)
                return
            for part in parts:
                if time.monotonic() > part.request.deadline:
                    part.request.fail(DeadlineError())
                elif not part.request.future.done():
                    self._run([part])
            return
        at, whole = 0, []
        with self._ready:
            for part in parts:
                request = part.request
                n = part.end - part.start
                request.answers[part.start : part.end] = answers[at : at + n]
                request.left -= n
                at += n
                if not request.left:
                    whole.append(request)
        now = time.monotonic()
        for request in whole:
            if now > request.deadline:
                request.error = DeadlineError()
        tell(whole)

    def _call(self, inputs: list[Any]) -> list[Any]:
        started = self._running = time.monotonic()
        try:
            answers = list(self._predictor.predict(inputs))
            if len(answers) != len(inputs):
                raise ValueError(f"{len(inputs)} inputs, {len(answers)} answers")
            return answers
        finally:
            with self._ready:
                self._running = None
                self.load.batches += 1
                self.load.inputs += len(inputs)
                self.load.busy_seconds += time.monotonic() - started
