"""What waits in the batcher's queue, and how it can fail."""

from __future__ import annotations

from collections.abc import Sequence
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
    future: Future[list[Any]] = field(default_factory=Future)
    taken: int = 0
    left: int = 0
    answers: list[Any] = field(default_factory=list)

    def fail(self, error: Exception) -> None:
        """Give the caller an error, unless it has given up."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)

    def succeed(self) -> None:
        """Give the caller the answers, unless it has given up."""
        with suppress(InvalidStateError):
            self.future.set_result(self.answers)


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
