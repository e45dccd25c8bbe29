"""Run an artefact of format ``static``: the rows of a text's pieces, added up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from undercut.core.types import Manifest
from undercut.models.linear.files import Table
from undercut.models.static import files


class StaticSession:
    """Holds the table in 32 bits, so that sums are exact; several threads may run it."""

    def __init__(self, table: Table) -> None:
        self._weight = table.weight.astype(np.int32)
        self._scale, self._bias = table.scale, table.bias

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return margins ``float32 (B, K)``: ``scale * sum / sqrt(n) + bias`` of n pieces."""
        ids, bounds = arrays["ids"], arrays["bounds"]
        shape = (len(bounds) - 1, len(self._weight))
        sums = csr_matrix((np.ones(len(ids), np.int32), ids, bounds), shape) @ self._weight
        margins: np.ndarray = sums.astype(np.float32)
        margins *= self._scale
        n = np.maximum(np.diff(bounds), 1).astype(np.float64)
        margins *= (1 / np.sqrt(n)).astype(np.float32)[:, None]
        margins += self._bias
        return margins


def load(folder: Path, manifest: Manifest) -> StaticSession:
    """Open a static artefact.

    Raises:
        IntegrityError: the weights file is not the one the manifest describes.
    """
    return StaticSession(files.read(folder, len(manifest.labels)))
