"""Marginal probabilities of tags in linear chains: forward and backward, many sentences at once.

Source: Rabiner 1989 (A Tutorial on Hidden Markov Models, Proceedings of the IEEE 77(2), section V),
as it serves conditional random fields (Lafferty, McCallum and Pereira 2001, ICML).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REACH = 200.0
"""Weights are cut to this far below the word's best tag: e^-200 is nothing, and is not 0."""
FLOOR = 1e-13
"""Least probability reported, so that logarithms stay finite."""
DEEPEST = 60.0
"""Furthest a calibrated logarithm may be below the likeliest tag's."""


@dataclass(frozen=True)
class Rules:
    """Which tags may stand where. From any tag that may occur some path must lead to an end.

    Attributes:
        allowed: whether a tag (column) may follow a tag (row), ``bool (K, K)``.
        starts: tags a sentence may begin with, ``bool (K,)``.
        ends: tags it may end with, ``bool (K,)``.
    """

    allowed: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def marginals(
    emissions: np.ndarray, first: np.ndarray, transitions: np.ndarray, rules: Rules
) -> np.ndarray:
    """Return the probability of every tag of every word, ``float64 (w, K)``, rows summing to 1.

    Args:
        emissions: score of each tag of each word, ``(w, K)``.
        first: first word of each sentence, and ``w`` at the end, ``int64 (s + 1,)``.
        transitions: score of a tag (column) after a tag (row), ``(K, K)``.
        rules: which tags may stand where.
    """
    return expectations(emissions, first, transitions, rules)[0]


def expectations(
    emissions: np.ndarray, first: np.ndarray, transitions: np.ndarray, rules: Rules
) -> tuple[np.ndarray, np.ndarray]:
    """Return the marginals, and how often each tag is expected after each, ``float64 (K, K)``.

    Arguments are those of :func:`marginals`.
    """
    if not len(emissions):
        return np.zeros(emissions.shape, np.float64), np.zeros(np.shape(transitions))
    scores = np.asarray(emissions, np.float64)
    local = np.exp(np.maximum(scores - scores.max(axis=1, keepdims=True), -REACH))
    step = np.where(rules.allowed, np.exp(np.clip(transitions, -REACH, REACH)), 0.0)
    lengths = np.diff(first)
    order = np.argsort(-lengths, kind="stable")
    begin = first[:-1][order]
    longest = int(lengths.max())
    # How many sentences, the longest first, are longer than t.
    longer = np.searchsorted(-lengths[order], -np.arange(longest + 1), side="left")
    forward, backward = np.empty_like(local), np.empty_like(local)
    at = begin[: longer[0]]
    forward[at] = _shares(local[at] * rules.starts)
    for t in range(1, longest):
        at = begin[: longer[t]] + t
        forward[at] = _shares((forward[at - 1] @ step) * local[at])
    backward[first[1:][lengths > 0] - 1] = rules.ends
    for t in range(longest - 2, -1, -1):
        at = begin[: longer[t + 1]] + t
        backward[at] = _shares((local[at + 1] * backward[at + 1]) @ step.T)
    later = np.ones(len(local), bool)
    later[first[:-1][lengths > 0]] = False
    after = np.flatnonzero(later)
    before, rest = forward[after - 1], local[after] * backward[after]
    whole = np.einsum("wk,wk->w", before @ step, rest)
    return _shares(forward * backward), step * (before.T @ (rest / whole[:, None]))


def _shares(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=1, keepdims=True)


def logarithms(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return ``log_softmax(log p / temperature)``, ``float32 (w, K)``, never below -70.

    Args:
        probabilities: ``(w, K)``.
        temperature: above 0.
    """
    z = np.log(np.maximum(probabilities, FLOOR)) / temperature
    z = np.maximum(z - z.max(axis=1, keepdims=True, initial=-np.inf), -DEEPEST)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return z.astype(np.float32)
