"""Texts as short unit vectors: the linear model's n-grams, reduced by a truncated SVD."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.methods.linear.fit import FEW_ROWS
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.tfidf import fit_features

WIDTH = 128
"""Latent semantic dimensions (Deerwester et al. 1990); fewer where the rows allow no more."""


def text_vectors(texts: Sequence[str], seed: int) -> np.ndarray:
    """Return a unit vector a text, ``float32 (n, D)``; 0 where a text shares no n-gram.

    Args:
        texts: at least one.
        seed: of the randomised SVD (Halko, Martinsson and Tropp 2011).
    """
    _, rows = fit_features(texts, NgramSpec(), 1 if len(texts) < FEW_ROWS else 2)
    width = min(WIDTH, min(rows.shape) - 1)
    if width < 1:
        made = np.asarray(rows.sum(axis=1), np.float64)
    else:
        from sklearn.utils.extmath import randomized_svd

        left, size, _ = randomized_svd(rows, width, n_iter=2, random_state=seed)
        made = left * size
    length = np.linalg.norm(made, axis=1, keepdims=True)
    return np.asarray(made / np.maximum(length, 1e-9), np.float32)
