"""The models of one server: each name with its variants and their queues."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.serving.batcher import Batcher, Predicts
from undercut.serving.lane import Lane, Served
from undercut.serving.opened import Opened
from undercut.serving.options import Limits
from undercut.serving.problems import ApiError
from undercut.serving.schemas import ModelInfo
from undercut.serving.waiting import Load

__all__ = ["Served", "Shelf"]


class Shelf:
    """The models being served; the first answers when a request names none.

    Args:
        models: predictors with what is told about them, or names whose models are open already.
        limits: bounds of each queue.

    Raises:
        UndercutError: two models of one name.
    """

    def __init__(self, models: Sequence[tuple[Predicts, ModelInfo] | Lane], limits: Limits) -> None:
        names = [m.name if isinstance(m, Lane) else m[1].name for m in models]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            problem = Problem(
                "models of different names",
                f"{', '.join(twice)} more than once",
                fix="Serve folders or runs of different names.",
            )
            raise UndercutError("serve-names", problem)
        self.lanes = [m if isinstance(m, Lane) else Lane(Opened(*m, limits)) for m in models]
        self.reload: Callable[[Lane], None] | None = None
        """What loads an unloaded model; set where there is a limit of memory."""
        self._past: dict[str, ModelInfo] = {}
        self._done = Load()
        self._closed = False

    @property
    def infos(self) -> list[ModelInfo]:
        """What is told about the model of each name."""
        return [lane.now.info for lane in self.lanes]

    def lane(self, name: str) -> Lane | None:
        """Return the lane of a name."""
        return next((lane for lane in self.lanes if lane.name == name), None)

    def visible(self, allowed: Collection[str]) -> list[Served]:
        """Return the models of a list of names and versions, all when it is empty.

        A key that may reach a version only is never answered by another.
        """
        found = []
        for lane in self.lanes:
            if not allowed or lane.name in allowed:
                found.append(Served(lane))
            elif versions := lane.versions & set(allowed):
                usual = lane.now.info.version
                found.append(Served(lane, usual if usual in versions else min(versions)))
        return found

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
            if name == m.lane.name:
                return m
            reachable = m.lane.versions if m.version is None else {m.version}
            if name in reachable:
                return Served(m.lane, name)
        names = [m.lane.name for m in seen]
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
        """Return what is told about the model of a version; None if it was not served here."""
        for lane in self.lanes:
            for info in (lane.now.info, *(x.info for x in lane.now.opened)):
                if info.version == version:
                    return info
        return self._past.get(version)

    def load_again(self, lane: Lane) -> None:
        """Load the model of a name that was unloaded; blocks."""
        if self.reload is not None:
            self.reload(lane)

    def retire(self, opened: Opened, seconds: float) -> None:
        """Close a variant that no lane names any more: what waits in its queue is answered."""
        self._past[opened.version] = opened.info
        opened.close(seconds)
        for queue in opened.queues:
            _add(self._done, queue.load)
        self._done.waiting = 0

    def load(self) -> Load:
        """Return what all queues have done and hold."""
        total = Load()
        for one in (self._done, *(q.load for q in self._queues)):
            _add(total, one)
        return total

    def idle(self) -> bool:
        """Whether nothing is being answered and nothing waits."""
        return not any(x.busy for lane in self.lanes for x in lane.now.opened)

    def busy_for(self) -> float:
        """Return for how many seconds the slowest model has been at one batch."""
        return max((q.busy_for() for q in self._queues), default=0.0)

    @property
    def closed(self) -> bool:
        """Whether no more requests are taken."""
        return self._closed

    def close(self, seconds: float) -> None:
        """Answer what is running, and stop."""
        self._closed = True
        for q in self._queues:
            q.close(seconds)

    @property
    def _queues(self) -> list[Batcher]:
        return [q for lane in self.lanes for x in lane.now.opened for q in x.queues]


def _add(total: Load, one: Load) -> None:
    total.waiting += one.waiting
    total.batches += one.batches
    total.inputs += one.inputs
    total.busy_seconds += one.busy_seconds
