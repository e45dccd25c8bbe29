"""Texts as sparse rows of n-gram counts: for fitting and explaining, not for serving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.models.linear.ngrams import NgramSpec, hashed
from undercut.models.linear.tfidf import chunks


@dataclass(frozen=True)
class Counts:
    """How often n-grams occur in texts, over the buckets that occur at all.

    Attributes:
        used: those buckets, increasing, ``int64 (D,)``.
        rows: ``scipy.sparse.csr_matrix float64 (n, D)``, each row of ``1 / sqrt(n-grams)`` times
            counts: what the weights of a hashed model are multiplied by.
    """

    used: np.ndarray
    rows: Any

    def columns(self, buckets: np.ndarray) -> np.ndarray:
        """Return the column of each bucket, ``int64 (m,)``; -1 where it is none."""
        at = np.minimum(np.searchsorted(self.used, buckets), max(len(self.used) - 1, 0))
        if not len(self.used):
            return np.full(len(buckets), -1)
        found: np.ndarray = np.where(self.used[at] == buckets, at, -1)
        return found


def count(texts: Sequence[str], spec: NgramSpec) -> Counts:
    """Count the n-grams of texts."""
    from scipy.sparse import csr_matrix

    rows, buckets = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start, chunk in chunks(texts):
        row, bucket = hashed(chunk, spec)
        rows.append(row + start)
        buckets.append(bucket)
    row = np.concatenate(rows)
    used, column = np.unique(np.concatenate(buckets), return_inverse=True)
    n = np.maximum(np.bincount(row, minlength=len(texts)), 1)
    values = (1 / np.sqrt(n))[row]
    shape = (len(texts), len(used))
    return Counts(used, csr_matrix((values, (row, column)), shape=shape))
