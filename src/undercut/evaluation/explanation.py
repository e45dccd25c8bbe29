"""Why an artefact answers as it does: words of the text, each with its share in the decision."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from pydantic import Field

from undercut.core.explaining import Asked, Explainer
from undercut.core.types import Record
from undercut.models.linear.text import SINGLE, SPACE, WORD, kind_of
from undercut.predict.predictor import Predictor

_UNIT = re.compile("w+(?:aw+)*|[sa]")


class Word(Record):
    """One word, or one character of a script that is written without spaces."""

    text: str
    begin: int = Field(description="its first character in the text, from 0")
    end: int
    pull: float = Field(description="its share in the log-odds of the answer, for (+) or against")
    own: float = Field(description="its share in the answer's own score alone")


class Beside(Record):
    """What is due to no single word, such as the tags of the words around."""

    name: str
    pull: float
    own: float


class Explanation(Record):
    """Why one text got its answer, or one part of a text.

    ``start + sum of the pull of words and of what is beside + gap`` is the log-odds,
    ``ln(p answer / p other)``; of several words with labels of their own, the sum of theirs.
    """

    text: str
    label: str = Field(description="the answer")
    probability: float
    against: str = Field(description="what it is compared with; the runner-up by default")
    against_probability: float
    begin: int | None = Field(None, description="first character the answer is about; null: all")
    end: int | None = Field(None, description="character after the last")
    log_odds: float = Field(description="of the answer against the other, as explained")
    start: float = Field(description="log-odds before any word is read")
    gap: float = Field(description="what the words leave unexplained; rounding where exact")
    own_start: float
    own_gap: float
    words: list[Word] = Field(
        description="in the order of the text; of a part of a text, those with a share"
    )
    beside: list[Beside] = Field(default_factory=list)
    steps: int = Field(description="gradients computed; 0 where shares are exact")
    truncated: bool = Field(description="the end of the text was not read")
    note: str = ""

    @property
    def about(self) -> str:
        """The characters that the answer is about; nothing when it is about all."""
        return "" if self.begin is None else self.text[self.begin : self.end]


def units(text: str) -> list[tuple[int, int]]:
    """Return where the words of a text are; an ideograph, kana or mark is one by itself."""
    names = {SPACE: " ", WORD: "w", SINGLE: "s"}
    looks = "".join("a" if c in "'\u2019" else names[kind_of(c)] for c in text)
    return [m.span() for m in _UNIT.finditer(looks)]


def explain_input(
    value: Any, predictor: Predictor, explainer: Explainer, against: str | None = None
) -> list[Explanation]:
    """Explain the answers to one input: its label, or each entity in it.

    Args:
        value: what was asked.
        predictor: the artefact that answers.
        explainer: of the same artefact, or of the reference it was made from.
        against: class to compare the answers with; the runner-up when ``None``.

    Raises:
        UndercutError: no such class (``label-unknown``).
    """
    scored = predictor.score([value])
    log_probs, task = scored.log_probs, predictor.task
    for tier in scored.tiers:
        explainer = getattr(explainer, "parts", {}).get(tier, explainer)
    return [
        _explained(one, value, task.text(value), log_probs, explainer)
        for one in task.asked(log_probs, value, predictor.labels, against)
    ]


def _explained(
    one: Asked, value: Any, text: str, log_probs: np.ndarray, explainer: Explainer
) -> Explanation:
    found = [explainer.attribute(value, [a, b], unit) for unit, a, b in one.units]
    served = sum(float(log_probs[unit, a] - log_probs[unit, b]) for unit, a, b in one.units)
    shares = np.sum([f.shares for f in found], axis=0)
    scores, start, gap = (
        np.sum([getattr(f, name) for f in found], axis=0) for name in ("scores", "start", "gap")
    )
    beside: dict[str, np.ndarray] = {}
    for name, part in ((n, p) for f in found for n, p in f.beside.items()):
        beside[name] = beside.get(name, np.zeros(2)) + part
    words = _words(text, shares)
    if one.begin is not None:
        words = [w for w in words if w.pull or w.own]
    return Explanation(
        text=text,
        label=one.label,
        probability=min(one.probability, 1.0),
        against=one.against,
        against_probability=min(one.against_probability, 1.0),
        begin=one.begin,
        end=one.end,
        log_odds=float(scores[0] - scores[1]),
        start=float(start[0] - start[1]),
        gap=float(gap[0] - gap[1]),
        own_start=float(start[0]),
        own_gap=float(gap[0]),
        words=words,
        beside=[
            Beside(name=name, pull=float(part[0] - part[1]), own=float(part[0]))
            for name, part in beside.items()
            if part.any()
        ],
        steps=sum(f.steps for f in found),
        truncated=any(f.truncated for f in found),
        note=_note(served, float(scores[0] - scores[1])),
    )


def _words(text: str, shares: np.ndarray) -> list[Word]:
    pull = shares[:, 0] - shares[:, 1]
    return [
        Word(
            text=text[a:b],
            begin=a,
            end=b,
            pull=float(pull[a:b].sum()),
            own=float(shares[a:b, 0].sum()),
        )
        for a, b in _all(text, np.abs(shares).sum(axis=1))
    ]


def _all(text: str, weight: np.ndarray) -> list[tuple[int, int]]:
    """Return the words, and any stretch between them that has a share."""
    spans: list[tuple[int, int]] = []
    last = 0
    for a, b in [*units(text), (len(text), len(text))]:
        if weight[last:a].any():
            spans.append((last, a))
        if b > a:
            spans.append((a, b))
        last = b
    return spans


def _note(served: float, explained: float) -> str:
    """Say when the artefact that answers is not quite the one that is explained."""
    if abs(served - explained) <= 1e-3 * max(abs(served), 1.0):
        return ""
    return (
        f"the artefact itself puts the log-odds at {served:+.2f}: it is a compressed form of the "
        "reference that is explained here"
    )
