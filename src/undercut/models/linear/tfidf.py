"""TF-IDF over hashed n-grams: bucket counts to sparse rows, fitted once and used everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.models.linear.ngrams import NgramSpec, hashed

_CHUNK_CHARS = 1 << 19


@dataclass(frozen=True)
class Features:
    """Which buckets are columns, and their weights.

    Attributes:
        spec: the n-grams.
        kept: buckets in use, increasing, ``int64 (D,)``.
        idf: inverse document frequency of each column, ``float16 (D,)``.
    """

    spec: NgramSpec
    kept: np.ndarray
    idf: np.ndarray


def chunks(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (first row, texts) so that a chunk holds about half a million characters."""
    start, size = 0, 0
    for i, text in enumerate(texts):
        size += len(text)
        if size >= _CHUNK_CHARS:
            yield start, texts[start : i + 1]
            start, size = i + 1, 0
    if start < len(texts):
        yield start, texts[start:]


def _count(
    rows: np.ndarray, columns: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (row, column, count) of distinct pairs, ordered by row, then column."""
    key = np.sort(rows * width + columns)
    new = np.empty(len(key), bool)
    new[:1] = True
    np.not_equal(key[1:], key[:-1], out=new[1:])
    first = np.flatnonzero(new)
    counts = np.diff(first, append=len(key))
    row, column = np.divmod(key[first], width)
    return row, column, counts


def _weigh(
    row: np.ndarray, column: np.ndarray, count: np.ndarray, n: int, features: Features
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return CSR arrays: (1 + ln tf) · idf, words and characters each of length 1, then both."""
    words = int(np.searchsorted(features.kept, features.spec.buckets // 2))
    value = (1.0 + np.log(count)) * features.idf.astype(np.float64)[column]
    block = row * 2 + (column >= words)
    norm = np.sqrt(np.bincount(block, weights=value * value, minlength=2 * n))
    blocks = (norm.reshape(n, 2) > 0).sum(axis=1)
    norm *= np.sqrt(np.repeat(blocks, 2))
    value /= norm[block]
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=indptr[1:])
    return indptr, column.astype(np.int32), value.astype(np.float32)


def _stack(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], columns: int) -> Any:
    from scipy.sparse import csr_matrix

    indptr, offset = [np.zeros(1, np.int64)], 0
    for part, _, _ in parts:
        indptr.append(part[1:] + offset)
        offset += int(part[-1])
    indices = np.concatenate([p[1] for p in parts]) if parts else np.zeros(0, np.int32)
    values = np.concatenate([p[2] for p in parts]) if parts else np.zeros(0, np.float32)
    pointer = np.concatenate(indptr)
    return csr_matrix((values, indices, pointer), shape=(len(pointer) - 1, columns))


class Vectoriser:
    """Texts to TF-IDF rows with fixed :class:`Features`."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self._column = np.full(features.spec.buckets, -1, np.int32)
        self._column[features.kept] = np.arange(len(features.kept), dtype=np.int32)

    def columns(self, buckets: np.ndarray) -> np.ndarray:
        """Return the column of each bucket, ``int32 (m,)``; -1 where it is none."""
        found: np.ndarray = self._column[buckets]
        return found

    def __call__(self, texts: Sequence[str]) -> Any:
        """Return ``scipy.sparse.csr_matrix float32 (n, D)``, rows of length 1 (or all zero)."""
        parts = []
        width = max(len(self.features.kept), 1)
        for _, chunk in chunks(texts):
            row, bucket = hashed(chunk, self.features.spec)
            column = self.columns(bucket)
            known = column >= 0
            counted = _count(row[known], column[known].astype(np.int64), width)
            parts.append(_weigh(*counted, len(chunk), self.features))
        return _stack(parts, len(self.features.kept))


def fit_features(texts: Sequence[str], spec: NgramSpec, min_df: int) -> tuple[Features, Any]:
    """Learn columns and idf from texts, and return them with the texts' TF-IDF rows.

    idf is ``ln((1 + n) / (1 + df)) + 1``, as in scikit-learn's smooth idf.

    Args:
        texts: training texts.
        spec: which n-grams.
        min_df: drop buckets found in fewer texts than this.

    Returns:
        The features and ``csr_matrix float32 (n, D)``, equal to ``Vectoriser(features)(texts)``.
    """
    df = np.zeros(spec.buckets, np.int64)
    counted = []
    for _, chunk in chunks(texts):
        row, bucket, count = _count(*hashed(chunk, spec), spec.buckets)
        df += np.bincount(bucket, minlength=spec.buckets)
        counted.append((len(chunk), row.astype(np.int32), bucket.astype(np.int32), count))
    kept = np.flatnonzero(df >= min_df)
    idf = (np.log((1 + len(texts)) / (1 + df[kept])) + 1).astype(np.float16)
    features = Features(spec, kept, idf)
    column = np.full(spec.buckets, -1, np.int64)
    column[kept] = np.arange(len(kept))
    parts = []
    for n, row, bucket, count in counted:
        known = column[bucket] >= 0
        at = column[bucket[known]]
        parts.append(_weigh(row[known].astype(np.int64), at, count[known], n, features))
    return features, _stack(parts, len(kept))
