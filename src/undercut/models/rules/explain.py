"""Why a rule answers as it does: the characters it matched, alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.contracts import Attribution
from undercut.core.types import Manifest
from undercut.models.rules.scorer import RulesScorer


class RulesExplainer:
    """Shares the score of a rule out over what it matched."""

    method = "exact: the rule that matched, its weight shared by the characters it matched"

    def __init__(self, manifest: Manifest) -> None:
        self._scorer = RulesScorer(manifest.config, manifest.labels)

    def attribute(self, text: str, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in the scores of ``classes``; a text is one unit."""
        row = self._scorer.score([text]).log_probs[0].astype(np.float64)
        start = np.full(len(classes), -np.log(len(row)))
        scores = row[list(classes)]
        shares = np.zeros((len(text), len(classes)))
        which = self._scorer.rules.first(text)
        if which >= 0:
            folded, origin = _folded(text)
            hit = {
                origin[i]
                for begin, end in self._scorer.rules.places(which, folded)
                for i in range(begin, end)
            }
            shares[sorted(hit)] = (scores - start) / max(len(hit), 1)
        return Attribution(shares, start, scores)


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the text as rules see it, and of which character of the text each one is."""
    letters: list[str] = []
    origin: list[int] = []
    for i, c in enumerate(text):
        for made in unicodedata.normalize("NFKC", c).casefold():
            if made.isspace():
                if not letters or letters[-1] == " ":
                    continue
                made = " "
            letters.append(made)
            origin.append(i)
    if letters and letters[-1] == " ":
        letters.pop()
        origin.pop()
    return "".join(letters), origin


def open_explainer(folder: Path, manifest: Manifest) -> RulesExplainer:
    """Open the explainer of rules."""
    return RulesExplainer(manifest)
