"""The stack: a weighted geometric mean of its children's probabilities.

``log p = log_softmax(sum_i w_i * log p_i / T_i) `` divided by a final temperature inside the
softmax; a log-linear opinion pool (Genest and Zidek 1986, Statistical Science 1(1), p. 119).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.core.contracts import Scored, Scorer
from undercut.core.types import Manifest


def log_softmax(x: np.ndarray) -> np.ndarray:
    """Return log-softmax over the last axis, overflow-free."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def pool(
    log_probs: Sequence[np.ndarray],
    weights: Sequence[float],
    temperatures: Sequence[float],
    temperature: float = 1.0,
) -> np.ndarray:
    """Join children's log-probabilities.

    Args:
        log_probs: one ``(n, K)`` array a child.
        weights: one weight a child, summing to 1.
        temperatures: one temperature a child, dividing its log-probabilities.
        temperature: of the joined distribution.

    Returns:
        Log-probabilities ``float32 (n, K)``.
    """
    joined = np.zeros(np.shape(log_probs[0]), dtype=np.float64)
    for scores, weight, t in zip(log_probs, weights, temperatures, strict=True):
        joined += (weight / t) * np.asarray(scores, dtype=np.float64)
    if not len(joined):  # inputs without a unit
        return joined.astype(np.float32)
    return log_softmax(joined / temperature).astype(np.float32)


@dataclass
class StackScorer:
    """Scores with every child and pools the answers."""

    children: Mapping[str, Scorer]
    config: Mapping[str, Any]

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return pooled log-probabilities; an input is cut when any child cut it."""
        parts = [child.score(inputs) for child in self.children.values()]
        names = list(self.children)
        scores = pool(
            [p.log_probs for p in parts],
            [self.config["weights"][n] for n in names],
            [self.config["temperatures"][n] for n in names],
            self.config["temperature"],
        )
        cut = [any(flags) for flags in zip(*(p.truncated for p in parts), strict=True)]
        return Scored(scores, cut)


def make_scorer(manifest: Manifest, children: Mapping[str, Scorer]) -> StackScorer:
    """Build the scorer of a stack from its manifest and opened children."""
    return StackScorer(children, manifest.config)
