"""The text classification task: rows are texts, targets are labels, answers are probabilities.

A text is the unit, the item and the thing to be found, all in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from undercut.core.contracts import Judged, Scored
from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.core.explaining import Asked
from undercut.core.types import Examples, Metric, Prediction
from undercut.measures.intervals import wilson
from undercut.measures.metrics import averages, confusion_matrix
from undercut.measures.record import Evaluation
from undercut.tasks.text_classification.asked import asked
from undercut.tasks.text_classification.evaluate import evaluate
from undercut.tasks.text_classification.prompt import rival_prompt
from undercut.tasks.text_classification.pseudo import pseudo_texts
from undercut.tasks.text_classification.reply import read_label


def _number(label: str) -> float | None:
    try:
        value = float(label)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


class TextClassification:
    """Implements :class:`undercut.core.contracts.Task` for single-label classification."""

    name = "text-classification"
    quality_name = "accuracy"

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

    def class_names(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return the labels: they are the classes."""
        return tuple(labels)

    def classes(self, target: Any) -> Sequence[str]:
        """Return the label, the one class a text has."""
        return (str(target),)

    def text(self, value: Any) -> str:
        """Return the input: it is a text."""
        return str(value)

    def encode(self, examples: Examples, labels: Sequence[str]) -> np.ndarray:
        """Return positions in ``labels``, ``int64 (n,)``.

        Raises:
            UndercutError: labels that are not in the label space, each named once.
        """
        targets, position = examples.targets, {label: i for i, label in enumerate(labels)}
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
        self, scored: Scored, inputs: Sequence[Any], labels: Sequence[str]
    ) -> list[Prediction]:
        """Return one prediction an input.

        Args:
            scored: calibrated log-probabilities ``(n, K)``, which inputs were cut, and which
                part of a cascade answered.
            inputs: the texts; not looked at.
            labels: the label space, in the order of the columns.
        """
        if not len(scored.log_probs):
            return []
        p = np.exp(np.asarray(scored.log_probs, np.float64))
        p /= p.sum(axis=1, keepdims=True)
        best, names = p.argmax(axis=1).tolist(), list(labels)
        # The values are ours and in range; validating K of them a row would cost more than scoring.
        return [
            Prediction.model_construct(
                label=names[k],
                probability=row[k],
                probabilities=dict(zip(names, row, strict=True)),
                truncated=bool(cut),
                tier=tier,
            )
            for k, row, cut, tier in zip(
                best, p.tolist(), scored.truncated, scored.tiers or repeat("", len(p)), strict=True
            )
        ]

    def answers(
        self, log_probs: np.ndarray, inputs: Sequence[Any], labels: Sequence[str]
    ) -> np.ndarray:
        """Return the likeliest label of each text as its position, ``int64 (n,)``."""
        scores = np.asarray(log_probs)
        return scores.argmax(axis=1) if len(scores) else np.zeros(0, np.int64)

    def unlabelled(self, inputs: Sequence[Any], n: int, seed: int) -> list[Any]:
        """Return ``n`` texts near the data but not in it."""
        return pseudo_texts(inputs, n, seed)

    def judge(self, log_probs: np.ndarray, examples: Examples, labels: Sequence[str]) -> Judged:
        """Return accuracy with its Wilson interval, and which texts are answered right."""
        y = self.encode(examples, labels)
        answers = self.answers(log_probs, examples.inputs, labels)
        right = answers == y
        low, high = wilson(int(right.sum()), len(y)) if len(y) else (0.0, 1.0)
        accuracy = Metric(
            value=float(right.mean()) if len(y) else 0.0,
            low=float(low),
            high=float(high),
            n=len(y),
            method="wilson",
        )
        macro_f1 = averages(confusion_matrix(y, answers, len(labels))).macro_f1
        at = np.arange(len(y))
        return Judged(accuracy, macro_f1, right, answers, y, right, tuple(labels), at)

    def evaluate(
        self,
        log_probs: np.ndarray,
        examples: Examples,
        labels: Sequence[str],
        *,
        split: str,
        truncated: Sequence[bool] = (),
    ) -> Evaluation:
        """Return all figures of one variant on one split."""
        return evaluate(
            log_probs,
            examples.targets,
            labels,
            split=split,
            texts=examples.inputs,
            rows=examples.rows,
            truncated=truncated,
        )

    def asked(
        self, log_probs: np.ndarray, value: Any, labels: Sequence[str], against: str | None
    ) -> list[Asked]:
        """Return what can be explained of an answer, each against another."""
        return asked(log_probs, labels, against)

    def rival_prompt(self, labels: Sequence[str]) -> str:
        """Return the instruction a language model would be given; the text is the next message."""
        return rival_prompt(labels)

    def rival_answer(self, value: Any, target: Any) -> str:
        """Return the label as it stands in the instruction's list."""
        return str(target)

    def rival_units(self, reply: str, value: Any, labels: Sequence[str]) -> np.ndarray | None:
        """Return the position of the label a reply is, ``int64 (1,)``; None when it is none."""
        label = read_label(reply, labels)
        return None if label is None else np.array([list(labels).index(label)])

    def rival_missed(self, value: Any, target: Any, labels: Sequence[str]) -> np.ndarray:
        """Return a label that is not the target's, ``int64 (1,)``."""
        return np.array([(list(labels).index(str(target)) + 1) % len(labels)])
