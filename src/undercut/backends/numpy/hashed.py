"""Run an artefact of format ``hashed`` without a compiler: the same integers, added by scipy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from undercut.core.types import Manifest
from undercut.models.hashed import files
from undercut.models.linear.files import Table
from undercut.models.linear.ngrams import NgramSpec, occurrences
from undercut.models.linear.text import lay_out

_START = np.zeros(1, np.uint32)


class HashedSession:
    """Holds the 8-bit table; ``run`` may be called from several threads."""

    def __init__(self, spec: NgramSpec, table: Table) -> None:
        self._spec, self._table = spec, table

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return margins ``float32 (B, K)``: ``scale * sum / sqrt(n) + bias`` of n n-grams.

        The sums are whole numbers, so that no order of adding changes them.
        """
        texts = len(arrays["bounds"]) - 1
        codes, _ = lay_out(np.concatenate([_START, arrays["codes"]]))
        row, bucket = occurrences(codes, self._spec)
        used, column = np.unique(bucket, return_inverse=True)
        ones = np.ones(len(row), np.int32)
        counts = csr_matrix((ones, (row, column)), shape=(texts, len(used)))
        sums = counts @ self._table.weight[used].astype(np.int32)
        n = np.maximum(np.bincount(row, minlength=texts), 1).astype(np.float64)
        margins = sums.astype(np.float32)
        margins *= self._table.scale
        margins *= (1 / np.sqrt(n)).astype(np.float32)[:, None]
        margins += self._table.bias
        return margins


def load(folder: Path, manifest: Manifest) -> HashedSession:
    """Open a hashed artefact.

    Raises:
        IntegrityError: the weights file is not the one the manifest describes.
    """
    return HashedSession(*files.read(folder, manifest.config, len(manifest.labels)))
