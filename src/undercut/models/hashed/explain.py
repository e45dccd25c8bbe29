"""Why a hashed model answers as it does: a sum over n-grams, shared out exactly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.contracts import Attribution
from undercut.core.types import Manifest
from undercut.models.hashed import files
from undercut.models.hashed.frontend import open_frontend
from undercut.models.hashed.rows import count
from undercut.models.linear.files import Table
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.places import located
from undercut.models.linear.shares import METHOD, by_character, share_out


class HashedExplainer:
    """Shares out the score of an opened hashed artefact, as a linear one's is.

    Args:
        spec: its n-grams.
        table: its weights.
        temperature: divides its margins.
    """

    method = METHOD

    def __init__(self, spec: NgramSpec, table: Table, temperature: float) -> None:
        self._spec, self._table, self._temperature = spec, table, temperature

    def attribute(self, text: str, classes: Sequence[int]) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""
        at = list(classes)
        scale = self._table.scale[at].astype(np.float64) / self._temperature
        start = self._table.bias[at] / np.float64(self._temperature)
        counts = count([text], self._spec)
        weight = self._table.weight[counts.used][:, at] * scale
        part = counts.rows.toarray()[0][:, None] * weight  # (buckets in the text, C)
        codes, begin, end = located(text)
        columns = np.arange(len(counts.used))
        of_code = share_out(codes, self._spec, counts.columns, columns, part)
        shares = by_character(of_code, begin, end, len(text))
        return Attribution(shares, start, start + part.sum(axis=0))


def open_explainer(folder: Path, manifest: Manifest) -> HashedExplainer:
    """Open a hashed artefact.

    Raises:
        IntegrityError: the weights file or the temperature is missing or broken.
    """
    spec, table = files.read(folder, manifest.config, len(manifest.labels))
    return HashedExplainer(spec, table, open_frontend(folder, manifest).temperature)
