"""Scores of a reference and a candidate that differ in exactly the rows asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from undercut.compression import gate as room
from undercut.core.types import Examples, GateResult
from undercut.tasks.text_classification.task import TextClassification

LABELS = ("a", "b", "c")


def scores_of(answers: np.ndarray, k: int = 3, sure: float = 0.8) -> np.ndarray:
    """Return log-probabilities ``(n, k)`` whose likeliest labels are ``answers``."""
    rest = (1 - sure) / (k - 1)
    return np.log(np.where(np.eye(k, dtype=bool)[answers], sure, rest))


def pair(
    n: int, lost: int, gained: int, wrong: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return answers of both and targets: rows lost, rows gained, then rows both get wrong."""
    y = np.arange(n) % 3
    before, after = y.copy(), y.copy()
    after[:lost] = (y[:lost] + 1) % 3
    before[lost : lost + gained] = (y[lost : lost + gained] + 1) % 3
    both = slice(lost + gained, lost + gained + wrong)
    before[both] = after[both] = (y[both] + 2) % 3
    return before, after, y


def gate(
    before: Any, after: Any, y: np.ndarray, free: Any, free_after: Any, **facts: Any
) -> GateResult:
    """Judge scores of texts whose targets are the labels at ``y``."""
    task, labels = TextClassification(), facts["labels_reference"]
    texts = [""] * len(y)
    rows = Examples(texts, [labels[i] for i in y], texts)
    return room.gate(
        (before, after),
        (free, free_after),
        judge=lambda x: task.judge(x, rows, labels),
        answers=lambda x: task.answers(x, [], labels),
        **facts,
    )


def judge(n: int, lost: int, gained: int, wrong: int = 0, **changes: Any) -> GateResult:
    """Judge a candidate that loses and gains that many rows; ``changes`` go to the gate."""
    before, after, y = pair(n, lost, gained, wrong)
    facts: dict[str, Any] = {
        "labels_reference": LABELS,
        "labels_candidate": LABELS,
        "reference_hash": "r" * 64,
    }
    unlabelled = changes.pop("unlabelled", (scores_of(y), scores_of(y)))
    return gate(scores_of(before), scores_of(after), y, *unlabelled, **(facts | changes))
