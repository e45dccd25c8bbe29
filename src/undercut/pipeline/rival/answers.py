"""From what an API wrote to an answer of the task, read by the task: strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Kind = Literal["answer", "refused", "cut", "unparsed"]


@dataclass(frozen=True)
class Parsed:
    """An answer's kind, and the labels of the input's units it stands for, ``int64 (u,)``.

    What is no answer stands for labels that are wrong, or find nothing.
    """

    kind: Kind
    units: np.ndarray


def parse(
    text: str, value: Any, target: Any, labels: Any, task: Any, *, refused: bool, cut: bool
) -> Parsed:
    """Read an answer.

    Args:
        text: what the API wrote.
        value: what it was asked.
        target: what would have been right.
        labels: the label space.
        task: reads the answer.
        refused: the API said that it refuses.
        cut: the API said that the answer was cut at its longest length.
    """
    units = None if refused else task.rival_units(text, value, labels)
    if units is not None:
        return Parsed("answer", units)
    kind: Kind = "refused" if refused else "cut" if cut else "unparsed"
    return Parsed(kind, task.rival_missed(value, target, labels))
