"""What a cheap student is taught: labelled rows, and texts that only its teacher answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from undercut.compression.made_up import made_up
from undercut.compression.recovery import answers
from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.shrinking import ShrinkJob
from undercut.training.temperature import fit_temperature

HELD = 10
"""Without rows to choose on, one row in so many is kept for the temperature."""
T = TypeVar("T")


@dataclass(frozen=True)
class Lessons:
    """Texts with soft targets, and rows to fit the temperature on.

    Attributes:
        texts: labelled ones first, then those the teacher alone answers.
        targets: probabilities of the classes, ``float32 (n, K)``.
        held: labelled texts to fit the temperature on.
        held_targets: theirs, ``float32 (h, K)``.
        held_classes: their labels as positions, ``int64 (h,)``.
    """

    texts: list[str]
    targets: np.ndarray
    held: list[str]
    held_targets: np.ndarray
    held_classes: np.ndarray

    def learn(
        self,
        teach: Callable[[list[str], np.ndarray], T],
        margins: Callable[[T, list[str]], np.ndarray],
    ) -> tuple[T, float]:
        """Return a student of all rows, and its temperature.

        The temperature is that of a first student which has not seen the held rows; the one that
        is served has, as a refit of the ladder has.

        Args:
            teach: makes a student of texts and targets.
            margins: what a student says of texts, ``(h, K)``.
        """
        first = teach(self.texts, self.targets)
        temperature = fit_temperature(margins(first, self.held), self.held_classes)
        targets = np.concatenate([self.targets, self.held_targets])
        return teach([*self.texts, *self.held], targets), temperature


def lessons(job: ShrinkJob, trust: float, share: float) -> Lessons:
    """Return what the teacher of a job has to say.

    Targets of labelled rows are a part of the teacher's probabilities and the rest of the true
    label (Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network, section 2);
    of all other texts the teacher's alone.

    Args:
        job: its rows, its unlabelled texts, and its teacher, or its source where there is none.
        trust: weight of the teacher against the true label, from 0 to 1.
        share: texts made up for each labelled one.

    Raises:
        UndercutError: there are no rows.
    """
    if job.rows is None or not len(job.rows):
        raise fail(
            "recovery-rows",
            expected="training rows to train the smaller model on",
            found="none",
            where=str(job.source),
            fix="Name the training files with --train.",
        )
    task = plugins.attr(plugins.get("task", job.manifest.task).load)()
    rows, held = job.rows, job.valid
    if held is None:
        order = np.random.default_rng(job.seed).permutation(len(rows))
        cut = max(len(rows) // HELD, 1)
        rows, held = rows.take(np.sort(order[cut:])), rows.take(np.sort(order[:cut]))
    labels = job.manifest.labels
    inputs = [str(t) for t in [*rows.inputs, *held.inputs]]
    classes = np.concatenate([task.encode(rows, labels), task.encode(held, labels)])
    targets = np.eye(len(labels), dtype=np.float32)[classes]
    if trust:
        targets = trust * answers(job, inputs) + (1 - trust) * targets
    n = len(rows)
    texts, taught = inputs[:n], targets[:n]
    free = [str(t) for t in job.unlabelled]
    if more := [*free, *made_up(texts, round(share * n), job.seed)]:
        texts, taught = [*texts, *more], np.concatenate([taught, answers(job, more)])
    return Lessons(texts, taught, inputs[n:], targets[n:], classes[n:])
