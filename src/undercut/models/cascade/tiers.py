"""The cascade: a tier answers what it is sure of, and only the rest reaches the next one.

A tier is sure when its highest probability is at least its threshold; the last tier answers
whatever reaches it. A tier that says nothing, every label being equally likely to it (rules that do
not match, an API that refused), never answers while another tier has said something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from undercut.core.contracts import Scored, Scorer
from undercut.core.types import Manifest
from undercut.models.cascade.cache import Answers

SAYS = 1e-6
"""Log-probabilities that differ by no more than this are equal: the tier says nothing."""


def confidence(log_probs: np.ndarray) -> np.ndarray:
    """Return how sure a tier is of each answer, ``float64 (n,)``; 0 where it says nothing.

    Args:
        log_probs: ``(n, K)``.
    """
    if not len(log_probs):
        return np.zeros(0)
    scores = np.asarray(log_probs)
    best = scores.max(axis=1)
    says = best - scores.min(axis=1) > SAYS
    return np.where(says, np.exp(best.astype(np.float64)), 0.0)


class CascadeScorer:
    """Asks the tiers in turn, each only what those before were unsure of.

    Args:
        children: name -> scorer, cheapest first.
        config: ``thresholds``, one a tier but the last; ``cache``, the most answers kept
            (``exact``, ``near``), 0 for none.

    Attributes:
        asked: inputs that have reached each tier since it was opened.
        cache: answers of the tiers after the first, or ``None``.
    """

    def __init__(self, children: Mapping[str, Scorer], config: Mapping[str, Any]) -> None:
        self.children = children
        self.thresholds: Mapping[str, float] = config["thresholds"]
        sizes = config.get("cache", {})
        exact, near = int(sizes.get("exact", 0)), int(sizes.get("near", 0))
        self.cache = Answers(exact, near) if exact or near else None
        self.asked = dict.fromkeys(children, 0)

    def score(self, inputs: Sequence[Any]) -> Scored:
        """Return each input's log-probabilities from the tier that answered it, with its name."""
        n, names = len(inputs), list(self.children)
        left, missed = np.arange(n), np.arange(0)
        tiers = np.full(n, names[0], object)
        cut, heard = np.zeros(n, bool), np.zeros(n, bool)
        scores = np.empty((0, 0), np.float32)
        for step, name in enumerate(names):
            if step == 1 and self.cache is not None:
                left = missed = self._remembered(inputs, left, scores, tiers, cut)
            if not len(left):
                break
            self.asked[name] += len(left)
            part = self.children[name].score([inputs[i] for i in left.tolist()] if step else inputs)
            rows = np.asarray(part.log_probs)
            if not step:
                scores = np.array(rows, np.float32)
            sure = confidence(rows)
            takes = (sure > 0) | ~heard[left]
            at = left[takes]
            scores[at], tiers[at] = rows[takes], name
            cut[at] = np.asarray(part.truncated, bool)[takes]
            heard[left[sure > 0]] = True
            if step + 1 < len(names):
                left = left[sure < max(self.thresholds[name], SAYS)]
        if self.cache is not None:
            for i in missed[heard[missed]].tolist():
                self.cache.put(inputs[i], (scores[i].copy(), tiers[i], bool(cut[i])))
        return Scored(scores, cut.tolist(), tiers.tolist())

    def _remembered(
        self,
        inputs: Sequence[Any],
        left: np.ndarray,
        scores: np.ndarray,
        tiers: np.ndarray,
        cut: np.ndarray,
    ) -> np.ndarray:
        """Answer from the cache what it holds; return what is left."""
        assert self.cache is not None
        missed = []
        for i in left.tolist():
            found = self.cache.get(inputs[i])
            if found is None:
                missed.append(i)
            else:
                scores[i], tiers[i], cut[i] = found
        return np.asarray(missed, np.int64)


def make_scorer(manifest: Manifest, children: Mapping[str, Scorer]) -> CascadeScorer:
    """Build the scorer of a cascade from its manifest and opened children, in their order."""
    return CascadeScorer({c.name: children[c.name] for c in manifest.children}, manifest.config)
