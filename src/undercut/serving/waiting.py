"""What waits in the batcher's queue, and how it can fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


class QueueFullError(Exception):
    """Too much is waiting; ``retry_after_seconds`` is when the queue should be empty."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"the queue is full; retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class DeadlineError(Exception):
    """The answer was not there in time."""


class ClosedError(Exception):
    """The batcher takes no more requests."""


class ModelError(Exception):
    """The model raised on this request's inputs; ``__cause__`` says what."""


@dataclass(eq=False)
class Waiting:
    """A request: its first ``taken`` inputs are with the model, ``left`` are not yet answered."""

    inputs: Sequence[Any]
    sizes: Sequence[int]
    deadline: float
    future: Future[list[Any]] | asyncio.Future[list[Any]] = field(default_factory=Future)
    taken: int = 0
    left: int = 0
    answers: list[Any] = field(default_factory=list)

    error: Exception | None = None

    def fail(self, error: Exception) -> None:
        """Give the caller an error, unless it has given up."""
        self.error = error
        tell([self])

    def expire(self) -> None:
        """Give a caller on an event loop up, from that loop: the deadline is over."""
        if not self.future.done():
            self.future.set_exception(DeadlineError())


def tell(finished: Iterable[Waiting]) -> None:
    """Give callers their answers or errors, unless they have given up; from any thread.

    An event loop is woken once for all its callers: each waking costs a system call, and the
    interpreter's lock.
    """
    on_loops: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
    for request in finished:
        if isinstance(request.future, Future):
            with suppress(InvalidStateError):
                _settle(request)
        else:
            on_loops.setdefault(request.future.get_loop(), []).append(request)
    for loop, mine in on_loops.items():
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(_settle_all, mine)


def _settle(request: Waiting) -> None:
    if request.error is not None:
        request.future.set_exception(request.error)
    else:
        request.future.set_result(request.answers)


def _settle_all(finished: list[Waiting]) -> None:
    for request in finished:
        if not request.future.done():
            _settle(request)


@dataclass(frozen=True)
class Part:
    """Inputs ``start`` to ``end`` of a request."""

    request: Waiting
    start: int
    end: int


@dataclass
class Load:
    """Inputs waiting; batches run, inputs in them, and the seconds those took."""

    waiting: int = 0
    batches: int = 0
    inputs: int = 0
    busy_seconds: float = 0.0
