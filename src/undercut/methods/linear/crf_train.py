"""Weights of a linear-chain CRF by stochastic gradients, on scipy's sparse products.

The gradient is that of Lafferty, McCallum and Pereira 2001 (Conditional Random Fields, ICML):
observed less expected counts. The step sizes are those of Duchi, Hazan and Singer 2011 (Adaptive
Subgradient Methods, Journal of Machine Learning Research 12, p. 2121, "Adagrad", diagonal), falling
linearly to nothing, so that the last sentences seen do not count for more than the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_matrix

from undercut.models.crf.chain import Rules, expectations
from undercut.models.crf.frontend import Rows, gathered

BATCH_WORDS, BATCHES = 1000, 40
"""Most words a batch, and least batches an epoch where there are few words."""
RATE = 0.1
SMALL = 1e-6


class Overtime(Exception):
    """Training was stopped."""


class CrfTrainer:
    """Training sentences, held once for several fits.

    Args:
        rows: features of each word, and the sentences.
        tags: of each word, ``int64 (w,)``.
        features: how many features there are.
        rules: which tags may stand where.
        seed: of the order of the sentences.
    """

    def __init__(
        self, rows: Rows, tags: np.ndarray, features: int, rules: Rules, seed: int
    ) -> None:
        ones = np.ones(len(rows.indices), np.float32)
        self._x = csr_matrix((ones, rows.indices, rows.indptr), (len(tags), features))
        words = np.bincount(rows.indices, minlength=features)
        self._words = np.maximum(words, 1).astype(np.float32)
        self._first, self._tags, self._rules, self._seed = rows.first, tags, rules, seed

    def _batches(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Yield sentences in random order, a batch at a time."""
        order = rng.permutation(len(self._first) - 1)
        words = min(max(len(self._tags) // BATCHES, 1), BATCH_WORDS)
        batch = np.cumsum(np.diff(self._first)[order]) // words
        yield from np.split(order, np.flatnonzero(np.diff(batch)) + 1)

    def fit(
        self, c2: float, epochs: int, on_epoch: Callable[[int], None]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Minimise the negative log-likelihood plus ``c2 / 2`` times the squared weights.

        Args:
            c2: strength of regularisation; a feature's share in a batch is the batch's share of
                the words that have it.
            epochs: passes over the sentences.
            on_epoch: called with the number of each pass; may raise :class:`Overtime`.

        Returns:
            Weights ``float32 (D, K)`` and scores of a tag (column) after a tag (row), ``(K, K)``.

        Raises:
            Overtime: ``on_epoch`` raised it.
        """
        size = (self._x.shape[1], len(self._rules.starts))
        weight, squares = np.zeros(size, np.float32), np.full(size, SMALL, np.float32)
        transitions, step_squares = np.zeros((size[1],) * 2), np.full((size[1],) * 2, SMALL)
        rng = np.random.default_rng(self._seed)
        place = np.zeros(size[0], np.int32)
        total, done = len(self._tags), 0
        for epoch in range(epochs):
            on_epoch(epoch + 1)
            for sentences in self._batches(rng):
                lengths = np.diff(self._first)[sentences]
                words = gathered(self._first[sentences], lengths)
                first = np.concatenate([[0], np.cumsum(lengths)])
                rate = RATE * (1 - done / (epochs * total))
                x, columns = _narrowed(self._x[words], place)
                own = weight[columns]
                residual, pairs = self._residuals(x @ own, words, first, transitions)
                gradient = x.T @ residual
                share = np.bincount(x.indices, minlength=len(columns)) / self._words[columns]
                gradient += (c2 * share.astype(np.float32))[:, None] * own
                summed = squares[columns] + gradient**2
                squares[columns] = summed
                weight[columns] = own - rate * gradient / np.sqrt(summed)
                pairs += c2 * len(words) / total * transitions
                step_squares += pairs**2
                transitions -= rate * pairs / np.sqrt(step_squares)
                done += len(words)
        return weight, transitions

    def _residuals(
        self, emissions: np.ndarray, words: np.ndarray, first: np.ndarray, transitions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return expected less observed tags ``float32 (w, K)``, and pairs ``float64 (K, K)``."""
        expected, pairs = expectations(emissions, first, transitions, self._rules)
        tags = self._tags[words]
        expected[np.arange(len(words)), tags] -= 1
        later = np.ones(len(words), bool)
        later[first[:-1][np.diff(first) > 0]] = False
        after = np.flatnonzero(later)
        np.add.at(pairs, (tags[after - 1], tags[after]), -1.0)
        return expected.astype(np.float32), pairs


def _narrowed(x: csr_matrix, place: np.ndarray) -> tuple[csr_matrix, np.ndarray]:
    """Return rows with only the columns in use, and which those are.

    Args:
        x: ``(w, D)``.
        place: zeros, ``int32 (D,)``; zeros again afterwards.
    """
    place[x.indices] = 1
    columns = np.flatnonzero(place)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    narrow = csr_matrix((x.data, place[x.indices], x.indptr), (x.shape[0], len(columns)))
    place[columns] = 0
    return narrow, columns


def frequent(hashes: np.ndarray, min_count: int) -> np.ndarray:
    """Return the features of at least ``min_count`` words, increasing, without 0 (none)."""
    ordered = np.sort(hashes, axis=None)
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])
    counts = np.diff(begins, append=len(ordered))
    keys = ordered[begins]
    kept: np.ndarray = keys[(counts >= min_count) & (keys > 0)]
    return kept
