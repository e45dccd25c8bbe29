"""The models of one server: each with a queue of its own, found by name or version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.serving.batcher import Batcher, Predicts
from undercut.serving.options import Limits
from undercut.serving.problems import ApiError
from undercut.serving.schemas import ModelInfo
from undercut.serving.waiting import Load


@dataclass(frozen=True)
class Served:
    """A model, what is told about it, and the queue in front of it."""

    info: ModelInfo
    batcher: Batcher


class Shelf:
    """The models being served; the first answers when a request names none.

    Args:
        models: predictors with what is told about them.
        limits: bounds of each queue.

    Raises:
        UndercutError: two models of one name.
    """

    def __init__(self, models: Sequence[tuple[Predicts, ModelInfo]], limits: Limits) -> None:
        names = [info.name for _, info in models]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            problem = Problem(
                "models of different names",
                f"{', '.join(twice)} more than once",
                fix="Serve folders or runs of different names.",
            )
            raise UndercutError("serve-names", problem)
        self.models = [
            Served(
                info,
                Batcher(
                    predictor,
                    batch_inputs=limits.batch_inputs,
                    batch_tokens=limits.batch_tokens,
                    queue_inputs=limits.queue_inputs,
                ),
            )
            for predictor, info in models
        ]

    @property
    def infos(self) -> list[ModelInfo]:
        """What is told about each model."""
        return [m.info for m in self.models]

    def visible(self, allowed: Collection[str]) -> list[Served]:
        """Return the models of a list of names and versions, all when it is empty."""
        if not allowed:
            return self.models
        return [m for m in self.models if {m.info.name, m.info.version} & set(allowed)]

    def pick(self, name: str | None, allowed: Collection[str] = ()) -> Served:
        """Return the model that a request names, by name or version.

        Args:
            name: as named; the first of those allowed when ``None``.
            allowed: names and versions the caller may reach, all when empty. Another one is
                refused in the same words as one that does not exist.

        Raises:
            ApiError: 422 when no such model is served here.
        """
        seen = self.visible(allowed)
        if name is None and seen:
            return seen[0]
        for m in seen:
            if name in (m.info.name, m.info.version):
                return m
        names = [m.info.name for m in seen]
        wanted = f"the model '{names[0]}'" if len(names) == 1 else f"one of {len(names)} models"
        found = "none" if name is None else f"'{name[:100]}'"
        near = f"{did_you_mean(name[:100], names)} " if name and len(names) > 1 else ""
        raise ApiError(
            422,
            "model-unknown",
            f"expected {wanted}; found {found}",
            f"{near}Leave `model` out, or see GET /v1/models.",
        )

    def info_of(self, version: str) -> ModelInfo | None:
        """Return what is told about the model of a version; None if it is not served any more."""
        return next((m.info for m in self.models if m.info.version == version), None)

    def load(self) -> Load:
        """Return what all queues have done and hold."""
        total = Load()
        for m in self.models:
            total.waiting += m.batcher.load.waiting
            total.batches += m.batcher.load.batches
            total.inputs += m.batcher.load.inputs
            total.busy_seconds += m.batcher.load.busy_seconds
        return total

    def busy_for(self) -> float:
        """Return for how many seconds the slowest model has been at one batch."""
        return max(m.batcher.busy_for() for m in self.models)

    @property
    def closed(self) -> bool:
        """Whether a model takes no more requests."""
        return any(m.batcher.closed for m in self.models)

    def close(self, seconds: float) -> None:
        """Answer what is running, and stop."""
        for m in self.models:
            m.batcher.close(seconds)
