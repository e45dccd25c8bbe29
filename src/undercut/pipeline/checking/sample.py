"""Of more rows than a check can hold, a seeded sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.core.types import Examples
from undercut.data.kept import Texts
from undercut.pipeline.checking.record import Sample


def size(texts: Sequence[str]) -> int:
    """Return the bytes of texts in UTF-8."""
    if isinstance(texts, Texts):
        return int(np.asarray(texts.size).sum(dtype=np.int64))
    return sum(len(t) if t.isascii() else len(t.encode("utf-8", "surrogatepass")) for t in texts)


def affordable(part: Examples, rows: int, most_bytes: int) -> int:
    """Return how many rows to look at: at most ``rows``, and about ``most_bytes`` of text."""
    total = size(part.inputs)
    return min(rows, len(part) * most_bytes // total) if total > most_bytes else rows


def drawn(n: int, rows: int, seed: int) -> np.ndarray:
    """Return ``rows`` of ``n`` row numbers by chance, ascending; all when there are no more."""
    if n <= rows:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, rows, replace=False))


def random_sample(check: str, rows: int, of: int, seed: int) -> Sample:
    """Return the record of a random sample."""
    how = f"a random {rows:,} of {of:,} rows, seed {seed}"
    return Sample(check=check, rows=rows, of=of, how=how)
