"""Why a stack answers as it does: its children's shares, each times its weight in the pool.

The pool is ``log_softmax(sum_i w_i / (T_i T) * log p_i)``. A child's ``log p_i`` is its score less
a number that is the same for every class, and such a number drops out of the softmax; so
``sum_i w_i / (T_i T) * score_i`` serves as the pool's score, differences between classes are
exactly those of its log-probabilities, and shares add up with the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from undercut.core.contracts import Attribution, Explainer
from undercut.core.types import Manifest


class StackExplainer:
    """Shares out the score of a stack."""

    def __init__(self, children: Mapping[str, Explainer], config: Mapping[str, Any]) -> None:
        self._children = children
        self._weights = {
            n: config["weights"][n] / (config["temperatures"][n] * config["temperature"])
            for n in children
        }
        parts = [f"{self._weights[n]:.2f} x {n} ({c.method})" for n, c in children.items()]
        self.method = f"sum over the parts, as they are pooled: {'; '.join(parts)}"

    def attribute(self, text: str, classes: Sequence[int]) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""
        shares = np.zeros((len(text), len(classes)))
        start, scores = np.zeros(len(classes)), np.zeros(len(classes))
        truncated, steps = False, 0
        for name, child in self._children.items():
            part, weight = child.attribute(text, classes), self._weights[name]
            shares += weight * part.shares
            start += weight * part.start
            scores += weight * part.scores
            truncated, steps = truncated or part.truncated, steps + part.steps
        return Attribution(shares, start, scores, truncated, steps)


def make_explainer(manifest: Manifest, children: Mapping[str, Explainer]) -> StackExplainer:
    """Build the explainer of a stack from its manifest and opened children."""
    return StackExplainer(children, manifest.config)
