"""Why a linear model answers as it does: its score is a sum over n-grams, shared out exactly.

An n-gram that occurs ``t`` times in a text gives each occurrence ``1 / t`` of its part of the
score. A word n-gram is divided evenly among its words and a word's part among its characters; a
character n-gram evenly among its characters, the space at a word's edge left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.contracts import Attribution
from undercut.core.types import Manifest
from undercut.models.linear import files
from undercut.models.linear.frontend import open_frontend
from undercut.models.linear.places import located
from undercut.models.linear.shares import METHOD, by_character, share_out
from undercut.models.linear.tfidf import Features, Vectoriser


class LinearExplainer:
    """Shares out the score of an opened linear artefact.

    Args:
        features: its columns.
        table: its weights.
        temperature: divides its margins.
    """

    method = METHOD

    def __init__(self, features: Features, table: files.Table, temperature: float) -> None:
        self._features, self._table, self._temperature = features, table, temperature
        self._rows = Vectoriser(features)

    def attribute(self, text: str, classes: Sequence[int]) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""
        at = list(classes)
        scale = self._table.scale[at].astype(np.float64) / self._temperature
        start = self._table.bias[at] / np.float64(self._temperature)
        row = self._rows([text])
        weight = self._table.weight[row.indices][:, at] * scale  # (columns in the text, C)
        part = row.data.astype(np.float64)[:, None] * weight
        codes, begin, end = located(text)
        spec, columns = self._features.spec, self._rows.columns
        of_code = share_out(codes, spec, columns, row.indices, part)
        shares = by_character(of_code, begin, end, len(text))
        return Attribution(shares, start, start + part.sum(axis=0))


def open_explainer(folder: Path, manifest: Manifest) -> LinearExplainer:
    """Open a linear artefact.

    Raises:
        IntegrityError: the weights file or the temperature is missing or broken.
    """
    features, table = files.read(folder, manifest.config, len(manifest.labels))
    return LinearExplainer(features, table, open_frontend(folder, manifest).temperature)
