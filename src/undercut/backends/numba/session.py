"""Run an artefact of format ``hashed`` in compiled code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from undercut.backends.numba.kernel import margins
from undercut.core.types import Manifest
from undercut.models.hashed import files
from undercut.models.linear.files import Table
from undercut.models.linear.ngrams import POWERS, NgramSpec
from undercut.models.linear.text import kinds

LANE = 16
"""Classes are filled up to a multiple of this, so that a row is added in whole vectors."""


class NumbaSession:
    """Holds the 8-bit table; ``run`` lets other threads of Python work while it computes."""

    def __init__(self, spec: NgramSpec, table: Table) -> None:
        classes = len(table.scale)
        self._spec, self._table = spec, table
        self._weight = np.zeros((spec.buckets, -(-classes // LANE) * LANE), np.int8)
        self._weight[:, :classes] = table.weight
        self._kinds = kinds()

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return margins ``float32 (B, K)``, bit for bit those of the ``numpy`` backend."""
        bounds, spec = arrays["bounds"], self._spec
        out = np.empty((len(bounds) - 1, len(self._table.scale)), np.float32)
        longest = int(np.diff(bounds).max(initial=0))
        if len(out):
            ngrams = (spec.words, spec.char_min, spec.char_max, int(spec.pairs), spec.bits)
            tables = (self._kinds, POWERS, self._weight, self._table.scale, self._table.bias)
            codes = arrays["codes"].view()
            codes.flags.writeable = False  # one kind of array, compiled for once
            margins(codes, bounds, longest, ngrams, tables, out)
        return out


def load(folder: Path, manifest: Manifest, threads: int) -> NumbaSession:
    """Open a hashed artefact; one thread is used by each call whatever ``threads`` says.

    Raises:
        IntegrityError: the weights file is not the one the manifest describes.
    """
    return NumbaSession(*files.read(folder, manifest.config, len(manifest.labels)))
