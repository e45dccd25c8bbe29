"""Probable label errors: cross-validated linear models, then confident learning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.core.contracts import Progress
from undercut.core.types import Examples
from undercut.data.near import near
from undercut.data.personal import masked
from undercut.data.table import count
from undercut.evaluation.label_errors import Suspicions, suspicions
from undercut.methods.linear.cross import FOLDS, cross_probabilities
from undercut.pipeline.checking.record import LabelErrors, Suspect
from undercut.pipeline.checking.sample import affordable, drawn

FEWEST = 50
MOST = 20_000
CELLS = 20_000_000
"""Most rows, and most rows times classes, of one search."""
BYTES = 16 << 20
"""Most bytes of text of one search, so that long texts do not fill the memory."""
LISTED = 20
SHOWN = 200


@dataclass(frozen=True)
class Search:
    """Suspicions, and the probabilities they come from.

    Attributes:
        found: its rows are positions in ``at``.
        at: rows looked at, positions in the part, ``int64 (m,)``.
        probabilities: out of fold, ``float64 (m, classes)``.
        accuracy: share of rows whose likeliest label is the given one.
    """

    found: Suspicions
    at: np.ndarray
    probabilities: np.ndarray
    accuracy: float


def search(
    part: Examples,
    task: Any,
    seed: int = 0,
    tick: Callable[[Progress], None] = lambda _: None,
    groups: np.ndarray | None = None,
) -> Search | str:
    """Look for suspected labels; return what was found, or why it was not looked for.

    Near copies stay in one fold, so that a wrong label does not vouch for its own copy. Of more
    rows than the limits allow a seeded sample is looked at.

    Args:
        part: labelled texts.
        task: the task.
        seed: of folds, solver and sample.
        tick: progress callback.
        groups: cluster of each row; found when not given.
    """
    labels = task.label_space(part.targets)
    if len(part) < FEWEST or len(labels) < 2 or len(labels) > len(part) / 4:
        return (
            f"Label errors not looked for: {count(len(part), 'row')} of "
            f"{count(len(labels), 'label')}, too few to tell."
        )
    y = task.encode(part, labels)
    most = min(MOST, max(CELLS // len(labels), FEWEST))
    at = drawn(len(part), max(affordable(part, most, BYTES), FEWEST), seed)
    texts = list(part.take(at).inputs)
    if groups is None:
        clusters = near(texts, largest=len(at) // 10, tick=tick).cluster
    else:
        clusters = groups[at]
    try:
        p = cross_probabilities(texts, y[at], len(labels), clusters, seed=seed, tick=tick)
    except ValueError as e:
        return f"Label errors not looked for: {e}."
    accuracy = float((p.argmax(axis=1) == y[at]).mean())
    return Search(suspicions(p, y[at]), at, p, accuracy)


def label_errors(
    part: Examples,
    task: Any,
    seed: int = 0,
    tick: Callable[[Progress], None] = lambda _: None,
    groups: np.ndarray | None = None,
) -> LabelErrors | str:
    """Return the 20 likeliest label errors; see :func:`search`."""
    got = search(part, task, seed, tick, groups)
    if isinstance(got, str):
        return got
    found, at = got.found, got.at
    labels = task.label_space(part.targets)
    listed = [
        Suspect(
            row=part.rows[at[found.rows[i]]],
            text=cut(part.inputs[at[found.rows[i]]]),
            given=labels[found.given[i]],
            likely=labels[found.likely[i]],
            confidence=round(float(found.confidence[i]), 4),
            given_probability=round(float(found.self_confidence[i]), 4),
        )
        for i in range(min(LISTED, len(found.rows)))
    ]
    return LabelErrors(
        rows=len(at),
        folds=FOLDS,
        accuracy=round(got.accuracy, 4),
        estimated=found.estimated,
        suspects=listed,
    )


def cut(text: str) -> str:
    """Return a text for showing: personal data masked, one line, at most 200 characters."""
    flat = " ".join(masked(text).split())
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 3] + "..."
