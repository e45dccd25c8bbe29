"""Answers of any task, as JSON and as lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from undercut.core import plugins


def answer_row(task: str, answer: Any, top: int | Literal["all"]) -> dict[str, Any]:
    """Return an answer of a task as JSON; ``top`` labels are listed, none for 0."""
    row: dict[str, Any] = _row_of(task)(answer, top)
    return row


@cache
def _row_of(task: str) -> Callable[[Any, int | str], dict[str, Any]]:
    found: Callable[[Any, int | str], dict[str, Any]] = plugins.attr(plugins.get("task", task).row)
    return found


def answer_lines(task: str, answer: Any) -> list[str]:
    """Return an answer of a task as lines of a terminal."""
    lines: list[str] = plugins.attr(plugins.get("task", task).lines)(answer)
    return lines


def answer_said(task: str, answer: Any) -> tuple[str, dict[str, float]] | None:
    """Return an answer as a language model would write it, and what it was chosen from.

    ``None`` when the task has no such form.
    """
    path = plugins.get("task", task).said
    if not path:
        return None
    found: tuple[str, dict[str, float]] = plugins.attr(path)(answer)
    return found


def answer_lines_json(predictor: Any, inputs: Sequence[Any], places: Sequence[str]) -> list[str]:
    """Return one JSON line an input: its place if any, the text, and the answer.

    A task may write them itself where there are no places (``TaskInfo.dump``), faster; they read
    the same. A predictor on a server has no scores to write them from.
    """
    task = predictor.task
    info = plugins.get("task", task.name)
    if info.dump and not any(places) and hasattr(predictor, "score"):
        scored = predictor.score(inputs)
        found: list[str] = plugins.attr(info.dump)(scored, inputs, predictor.labels)
        return found
    lines = []
    for value, place, answer in zip(inputs, places, predictor.predict(inputs), strict=True):
        row = ({"row": place} if place else {}) | {"text": task.text(value)}
        row |= answer_row(info.name, answer, 0)
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return lines


def knows(task: str, labels: Sequence[str], target: str) -> bool:
    """Whether a target, as text, is one whose classes a model of a task knows."""
    kind = plugins.attr(plugins.get("task", task).load)()
    try:
        classes = kind.classes(kind.check_target(target))
    except ValueError:
        return False
    return set(classes) <= set(kind.class_names(labels))


@cache
def any_answer() -> TypeAdapter[Any]:
    """Return what reads an answer of any registered task: their records share no shape."""
    models: Any = None
    for name in plugins.names("task"):
        model = plugins.attr(plugins.get("task", name).answer)
        models = model if models is None else models | model
    return TypeAdapter(models)
