"""Marginal probabilities of tags in linear chains: forward and backward, many sentences at once.

Source: Rabiner 1989 (A Tutorial on Hidden Markov Models, Proceedings of the IEEE 77(2), section V),
as it serves conditional random fields (Lafferty, McCallum and Pereira 2001, ICML).
"""

from __future__ import annotations

import numpy as np

REACH = 200.0
"""Weights are cut to this far below the word's best tag: e^-200 is nothing, and is not 0."""
FLOOR = 1e-13
"""Least probability reported, so that logarithms stay finite."""


def marginals(
    emissions: np.ndarray,
    first: np.ndarray,
    transitions: np.ndarray,
    allowed: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> np.ndarray:
    """Return the probability of every tag of every word, ``float64 (w, K)``, rows summing to 1.

    Args:
        emissions: score of each tag of each word, ``(w, K)``.
        first: first word of each sentence, and ``w`` at the end, ``int64 (s + 1,)``.
        transitions: score of a tag (column) after a tag (row), ``(K, K)``.
        allowed: whether it may follow at all, ``bool (K, K)``.
        starts: tags a sentence may begin with, ``bool (K,)``.
        ends: tags it may end with, ``bool (K,)``. From any tag that may occur some allowed path
            must lead to an end.
    """
    if not len(emissions):
        return np.zeros(emissions.shape, np.float64)
    scores = np.asarray(emissions, np.float64)
    local = np.exp(np.maximum(scores - scores.max(axis=1, keepdims=True), -REACH))
    step = np.where(allowed, np.exp(np.clip(transitions, -REACH, REACH)), 0.0)
    lengths = np.diff(first)
    order = np.argsort(-lengths, kind="stable")
    begin = first[:-1][order]
    longest = int(lengths.max())
    # How many sentences, the longest first, are longer than t.
    longer = np.searchsorted(-lengths[order], -np.arange(longest + 1), side="left")
    forward, backward = np.empty_like(local), np.empty_like(local)
    at = begin[: longer[0]]
    forward[at] = _shares(local[at] * starts)
    for t in range(1, longest):
        at = begin[: longer[t]] + t
        forward[at] = _shares((forward[at - 1] @ step) * local[at])
    last = first[1:][lengths > 0] - 1
    backward[last] = ends
    for t in range(longest - 2, -1, -1):
        at = begin[: longer[t + 1]] + t
        backward[at] = _shares((local[at + 1] * backward[at + 1]) @ step.T)
    return _shares(forward * backward)


def _shares(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=1, keepdims=True)


def logarithms(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return ``log_softmax(log p / temperature)``, ``float32 (w, K)``, never below -70.

    Args:
        probabilities: ``(w, K)``.
        temperature: above 0.
    """
    z = np.log(np.maximum(probabilities, FLOOR)) / temperature
    z = np.maximum(z - z.max(axis=1, keepdims=True, initial=-np.inf), -60.0)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return z.astype(np.float32)
