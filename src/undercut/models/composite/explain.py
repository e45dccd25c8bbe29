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

from undercut.core.explaining import Attribution, Explainer
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

    def attribute(self, value: Any, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in a unit's scores of ``classes``."""
        parts = [(w, self._children[n].attribute(value, classes, unit))
                 for n, w in self._weights.items()]  # fmt: skip
        beside: dict[str, np.ndarray] = {}
        for w, part in parts:
            for name, values in part.beside.items():
                beside[name] = beside.get(name, 0.0) + w * values
        return Attribution(
            np.sum([w * part.shares for w, part in parts], axis=0),
            np.sum([w * part.start for w, part in parts], axis=0),
            np.sum([w * part.scores for w, part in parts], axis=0),
            any(part.truncated for _, part in parts),
            sum(part.steps for _, part in parts),
            beside,
        )


def make_explainer(manifest: Manifest, children: Mapping[str, Explainer]) -> StackExplainer:
    """Build the explainer of a stack from its manifest and opened children."""
    return StackExplainer(children, manifest.config)
