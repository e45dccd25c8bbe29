"""Why an artefact answers as it does: words of the text, each with its share in the decision."""

from __future__ import annotations

import re

import numpy as np
from pydantic import Field

from undercut.core.contracts import Attribution, Explainer
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


class Explanation(Record):
    """Why one text got its answer.

    ``start + sum of the words' pull + gap`` is the log-odds, ``ln(p answer / p other)``.
    """

    text: str
    label: str = Field(description="the answer")
    probability: float
    against: str = Field(description="the label it is compared with; the runner-up by default")
    against_probability: float
    log_odds: float = Field(description="of the answer against the other, as explained")
    start: float = Field(description="log-odds before any word is read")
    gap: float = Field(description="what the words leave unexplained; rounding where exact")
    own_start: float
    own_gap: float
    words: list[Word] = Field(description="in the order of the text")
    steps: int = Field(description="gradients computed; 0 where shares are exact")
    truncated: bool = Field(description="the end of the text was not read")
    note: str = ""


def units(text: str) -> list[tuple[int, int]]:
    """Return where the words of a text are; an ideograph, kana or mark is one by itself."""
    names = {SPACE: " ", WORD: "w", SINGLE: "s"}
    looks = "".join("a" if c in "'\u2019" else names[kind_of(c)] for c in text)
    return [m.span() for m in _UNIT.finditer(looks)]


def explain_text(
    text: str, predictor: Predictor, explainer: Explainer, against: str | None = None
) -> Explanation:
    """Explain one answer.

    Args:
        text: what was asked.
        predictor: the artefact that answers.
        explainer: of the same artefact, or of the reference it was made from.
        against: label to compare the answer with; the runner-up when ``None``.
    """
    labels = predictor.labels
    scored = predictor.score([text])
    log_probs = scored.log_probs[0]
    order = [int(k) for k in np.argsort(-log_probs, kind="stable")]
    answer, other = order[0], order[1]
    if against is not None and labels.index(against) != answer:
        other = labels.index(against)
    for tier in scored.tiers:
        explainer = getattr(explainer, "parts", {}).get(tier, explainer)
    found = explainer.attribute(text, [answer, other])
    pull = found.shares[:, 0] - found.shares[:, 1]
    score, start, gap = (float(v[0] - v[1]) for v in (found.scores, found.start, found.gap))
    p = np.exp(log_probs.astype(np.float64))
    return Explanation(
        text=text,
        label=labels[answer],
        probability=min(float(p[answer]), 1.0),
        against=labels[other],
        against_probability=min(float(p[other]), 1.0),
        log_odds=score,
        start=start,
        gap=gap,
        own_start=float(found.start[0]),
        own_gap=float(found.gap[0]),
        words=_words(text, pull, found),
        steps=found.steps,
        truncated=found.truncated,
        note=_note(float(log_probs[answer] - log_probs[other]), score),
    )


def _words(text: str, pull: np.ndarray, found: Attribution) -> list[Word]:
    spans = _all(text, np.abs(found.shares).sum(axis=1))
    return [
        Word(
            text=text[a:b],
            begin=a,
            end=b,
            pull=float(pull[a:b].sum()),
            own=float(found.shares[a:b, 0].sum()),
        )
        for a, b in spans
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
