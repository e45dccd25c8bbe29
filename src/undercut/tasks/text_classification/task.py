"""The text classification task: rows are texts, targets are labels, answers are probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.core.types import Prediction
from undercut.tasks.text_classification.prompt import rival_prompt


def _number(label: str) -> float | None:
    try:
        value = float(label)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


class TextClassification:
    """Implements :class:`undercut.core.types.Task` for single-label classification.

    Scoring against targets is ``undercut.evaluation``'s work, not the task's.
    """

    name = "text-classification"

    def check_target(self, value: str) -> str:
        """Return the label without white space around it.

        Raises:
            ValueError: the cell is empty.
        """
        label = value.strip()
        if not label:
            raise ValueError("empty label")
        return label

    def label_space(self, targets: Sequence[Any]) -> tuple[str, ...]:
        """Return the distinct labels, sorted; by value when all of them are numbers."""
        labels = sorted(set(targets))
        values = [_number(label) for label in labels]
        if None not in values:
            return tuple(label for _, label in sorted(zip(values, labels, strict=True)))  # type: ignore[type-var]
        return tuple(labels)

    def stratum(self, target: Any) -> str:
        """Return the label itself: splits keep its share."""
        return str(target)

    def encode(self, targets: Sequence[Any], labels: Sequence[str]) -> np.ndarray:
        """Return positions in ``labels``, ``int64 (n,)``.

        Raises:
            UndercutError: labels that are not in the label space, each named once.
        """
        position = {label: i for i, label in enumerate(labels)}
        unknown = sorted({str(t) for t in targets if t not in position})
        if unknown:
            raise UndercutError(
                "label-unknown",
                [
                    Problem("a label the model knows", f"'{u}'", fix=did_you_mean(u, labels))
                    for u in unknown[:20]
                ],
            )
        return np.fromiter((position[t] for t in targets), np.int64, len(targets))

    def decode(
        self, scores: Any, labels: Sequence[str], truncated: Sequence[bool]
    ) -> list[Prediction]:
        """Return one prediction an input.

        Args:
            scores: calibrated log-probabilities, ``(n, K)``.
            labels: the label space, in the order of the columns.
            truncated: which inputs the model did not read to the end, ``(n,)``.
        """
        if not len(scores):
            return []
        p = np.exp(np.asarray(scores, np.float64))
        p /= p.sum(axis=1, keepdims=True)
        best, names = p.argmax(axis=1).tolist(), list(labels)
        # The values are ours and in range; validating K of them a row would cost more than scoring.
        return [
            Prediction.model_construct(
                label=names[k],
                probability=row[k],
                probabilities=dict(zip(names, row, strict=True)),
                truncated=bool(cut),
            )
            for k, row, cut in zip(best, p.tolist(), truncated, strict=True)
        ]

    def correct(self, scores: Any, targets: Sequence[Any], labels: Sequence[str]) -> np.ndarray:
        """Return whether the likeliest label is the target, ``bool (n,)``."""
        y = self.encode(targets, labels)
        if not len(y):
            return np.zeros(0, bool)
        found: np.ndarray = np.asarray(scores).argmax(axis=1) == y
        return found

    def rival_prompt(self, labels: Sequence[str]) -> str:
        """Return the instruction a language model would be given; the text is the next message."""
        return rival_prompt(labels)
