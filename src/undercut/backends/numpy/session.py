"""Run an artefact of format ``csr``: sparse rows times a dense table; others in their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from undercut.backends.numpy import crf, hashed, static
from undercut.core.contracts import Session
from undercut.core.types import Manifest
from undercut.models.linear import files
from undercut.models.linear.files import Table


class NumpySession:
    """Holds the table as ``float32 (D, K)``; ``run`` may be called from several threads."""

    def __init__(self, table: Table) -> None:
        self._weight = table.weight.astype(np.float32)
        self._scale, self._bias = table.scale, table.bias

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return margins ``float32 (n, K)`` of CSR rows ``indptr``, ``indices``, ``values``."""
        shape = (len(arrays["indptr"]) - 1, len(self._weight))
        rows = csr_matrix((arrays["values"], arrays["indices"], arrays["indptr"]), shape=shape)
        margins: np.ndarray = rows @ self._weight
        margins *= self._scale
        margins += self._bias
        return margins


def load(folder: Path, manifest: Manifest, threads: int) -> Session:
    """Open an artefact of one of the formats; one thread is used whatever ``threads`` says.

    Raises:
        IntegrityError: the weights file is not the one the manifest describes.
    """
    others: dict[str, Callable[[Path, Manifest], Session]] = {
        "crf": crf.load,
        "hashed": hashed.load,
        "static": static.load,
    }
    if manifest.format in others:
        return others[manifest.format](folder, manifest)
    _, table = files.read(folder, manifest.config, len(manifest.labels))
    return NumpySession(table)
