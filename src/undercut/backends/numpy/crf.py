"""Run an artefact of format ``crf``: sparse rows times a table, then marginals of the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from undercut.core.types import Manifest
from undercut.models.crf import files
from undercut.models.crf.chain import marginals
from undercut.models.crf.files import Table
from undercut.models.crf.inner import merger, rules_of


class CrfSession:
    """Holds the table as ``float32 (D, tags)``; ``run`` may be called from several threads.

    Args:
        table: the weights.
        tags: the chain's own tags, in the order of the table.
        labels: the task's tags, K of them.

    Raises:
        ValueError: the two do not go together.
    """

    def __init__(self, table: Table, tags: Sequence[str], labels: Sequence[str]) -> None:
        self._weight = table.weight.astype(np.float32)
        self._scale, self._transitions = table.scale, table.transitions
        self._merger = merger(tags, labels)
        self._rules = rules_of(tags)

    def emissions(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the score of each tag of each word by itself, ``float32 (w, tags)``."""
        indices = arrays["indices"]
        shape = (len(arrays["indptr"]) - 1, len(self._weight))
        ones = np.ones(len(indices), np.float32)
        scores: np.ndarray = csr_matrix((ones, indices, arrays["indptr"]), shape) @ self._weight
        scores *= self._scale
        return scores

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return probabilities of tags ``float64 (w, K)``; 0 for those the scheme forbids."""
        scores = self.emissions(arrays)
        inner = marginals(scores, arrays["first"], self._transitions, self._rules)
        found: np.ndarray = inner @ self._merger
        return found


def load(folder: Path, manifest: Manifest) -> CrfSession:
    """Open a CRF artefact.

    Raises:
        IntegrityError: the weights file is not the one the manifest describes.
    """
    form, table, _ = files.read(folder, manifest.config, manifest.labels)
    return CrfSession(table, form.tags, manifest.labels)
