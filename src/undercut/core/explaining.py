"""What explaining is made of: what is asked, and where scores come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Asked:
    """One answer to an input, set against another one.

    Its log-odds are the sum over ``units`` of the difference of their two log-probabilities.

    Attributes:
        label: what was answered.
        probability: of that answer.
        against: what it is compared with.
        against_probability: of that.
        units: unit of the input, its label in the answer, and in the other, as positions.
        begin, end: characters of the input's text that the answer is about; ``None``: all of it.
    """

    label: str
    probability: float
    against: str
    against_probability: float
    units: tuple[tuple[int, int, int], ...]
    begin: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Attribution:
    """Where some classes' scores for one unit come from, character by character.

    A score is the model's own, before the softmax and divided by its temperature, so that the
    difference of two scores is the logarithm of the ratio of the two probabilities. For every
    class ``start + shares.sum(0) + sum(beside.values()) + gap == scores``.

    Attributes:
        shares: part of each score due to each character of the text, ``float64 (len(text), C)``.
        start: scores without the text, ``float64 (C,)``.
        scores: ``float64 (C,)``.
        truncated: the end of the text was not read.
        steps: gradients computed; 0 where the shares are exact.
        beside: parts due to no single character, by what they are due to, ``float64 (C,)``.
    """

    shares: np.ndarray
    start: np.ndarray
    scores: np.ndarray
    truncated: bool = False
    steps: int = 0
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def gap(self) -> np.ndarray:
        """Part of each score that is left unexplained, ``float64 (C,)``."""
        left: np.ndarray = self.scores - self.start - self.shares.sum(axis=0)
        for part in self.beside.values():
            left = left - part
        return left


class Explainer(Protocol):
    """Says which characters of a text a score is due to.

    Attributes:
        method: one sentence on how the shares are computed.
        parts: only of a cascade: one explainer a tier; the tier that answered is asked.
    """

    method: str

    def attribute(self, value: Any, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in a unit's scores of ``classes``.

        Characters are those of the input as one text, see :meth:`Task.text`.
        """


@dataclass(frozen=True)
class Term:
    """What one n-gram does to one class, over a set of texts.

    Attributes:
        text: the n-gram as it is read: folded, a space at the edge of a word as ``_``.
        piece: a piece of a word (character n-gram), not whole words.
        effect: mean pull where it occurs, in log-odds against the average class.
        rows: texts it occurs in.
    """

    text: str
    piece: bool
    effect: float
    rows: int
