"""The models of one server: each with a queue of its own, found by name or version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.serving.batcher import Batcher, Predicts
from undercut.serving.options import Limits
from undercut.serving.problems import ApiError
from undercut.serving.schemas import ModelInfo
from undercut.serving.waiting import Load


@dataclass(frozen=True)
class Served:
    """A model, what is told about it, and the queue in front of it.

    Attributes:
        embedder: the queue of those who want vectors; ``None`` where the model has none.
    """

    info: ModelInfo
    batcher: Batcher
    embedder: Batcher | None = None

    @property
    def queues(self) -> list[Batcher]:
        """Both queues, or the one there is."""
        return [self.batcher] if self.embedder is None else [self.batcher, self.embedder]


class Embedder:
    """A model that answers with vectors."""

    def __init__(self, model: Any) -> None:
        self.predict: Callable[[list[Any]], Any] = model.embed


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

        def queue(model: Predicts) -> Batcher:
            return Batcher(
                model,
                batch_inputs=limits.batch_inputs,
                batch_tokens=limits.batch_tokens,
                queue_inputs=limits.queue_inputs,
            )

        self.models = [
            Served(info, queue(p), queue(Embedder(p)) if getattr(p, "embeds", False) else None)
            for p, info in models
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
            param="model",
        )

    def info_of(self, version: str) -> ModelInfo | None:
        """Return what is told about the model of a version; None if it is not served any more."""
        return next((m.info for m in self.models if m.info.version == version), None)

    def load(self) -> Load:
        """Return what all queues have done and hold."""
        total = Load()
        for q in self._queues:
            total.waiting += q.load.waiting
            total.batches += q.load.batches
            total.inputs += q.load.inputs
            total.busy_seconds += q.load.busy_seconds
        return total

    def busy_for(self) -> float:
        """Return for how many seconds the slowest model has been at one batch."""
        return max(q.busy_for() for q in self._queues)

    @property
    def closed(self) -> bool:
        """Whether a model takes no more requests."""
        return any(q.closed for q in self._queues)

    def close(self, seconds: float) -> None:
        """Answer what is running, and stop."""
        for q in self._queues:
            q.close(seconds)

    @property
    def _queues(self) -> list[Batcher]:
        return [q for m in self.models for q in m.queues]
