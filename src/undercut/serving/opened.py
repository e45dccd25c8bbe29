"""A variant that is open: what is told about it, and the queue in front of it."""

from __future__ import annotations

from pathlib import Path

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
        self.batcher = Batcher(
            predictor,
            batch_inputs=limits.batch_inputs,
            batch_tokens=limits.batch_tokens,
            queue_inputs=limits.queue_inputs,
        )

    @property
    def version(self) -> str:
        """Return the artefact's hash."""
        return self.info.version

    @property
    def busy(self) -> bool:
        """Whether a request is being answered or waits."""
        return bool(self.batcher.load.waiting or self.batcher.busy_for())

    def close(self, seconds: float) -> None:
        """Take no more requests, and answer those that wait."""
        self.batcher.close(seconds)
