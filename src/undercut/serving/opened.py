"""A variant that is open: what is told about it, and the queue in front of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from undercut.serving.batcher import Batcher, Predicts
from undercut.serving.options import Limits
from undercut.serving.schemas import ModelInfo


class Opened:
    """An opened model with its queue.

    Args:
        predictor: the model.
        info: what is told about it.
        limits: bounds of the queue.
        folder: where it can be opened again; ``None`` for a model that lies nowhere.
        bytes_held: memory it was measured to take; 0 when it was not measured.
    """

    def __init__(
        self,
        predictor: Predicts,
        info: ModelInfo,
        limits: Limits,
        folder: Path | None = None,
        bytes_held: int = 0,
    ) -> None:
        self.predictor, self.info, self.folder = predictor, info, folder
        self.bytes_held = bytes_held
        self.batcher = _queue(predictor, limits)
        self.embedder: Batcher | None = None
        """The queue of those who want vectors; ``None`` where the model has none."""
        if getattr(predictor, "embeds", False):
            self.embedder = _queue(_Embedder(predictor), limits)

    @property
    def queues(self) -> list[Batcher]:
        """Return both queues, or the one there is."""
        return [self.batcher] if self.embedder is None else [self.batcher, self.embedder]

    @property
    def version(self) -> str:
        """Return the artefact's hash."""
        return self.info.version

    @property
    def busy(self) -> bool:
        """Whether a request is being answered or waits."""
        return any(q.load.waiting or q.busy_for() for q in self.queues)

    def close(self, seconds: float) -> None:
        """Take no more requests, and answer those that wait."""
        for queue in self.queues:
            queue.close(seconds)


class Vector(NamedTuple):
    """The vector of a text, and whether the text was cut to the model's length."""

    row: np.ndarray
    truncated: bool


class _Embedder:
    """A model that answers with vectors."""

    def __init__(self, model: Any) -> None:
        self._told: Callable[[list[Any]], Any] = model.embed_told

    def predict(self, inputs: list[Any], /) -> list[Vector]:
        """Return a vector a text."""
        return [Vector(row, cut) for row, cut in zip(*self._told(inputs), strict=True)]


def _queue(model: Predicts, limits: Limits) -> Batcher:
    return Batcher(
        model,
        batch_inputs=limits.batch_inputs,
        batch_tokens=limits.batch_tokens,
        queue_inputs=limits.queue_inputs,
    )
