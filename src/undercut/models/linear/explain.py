"""Why a linear model answers as it does: its score is a sum over n-grams, shared out exactly.

An n-gram that occurs ``t`` times in a text gives each occurrence ``1 / t`` of its part of the
score. A word n-gram is divided evenly among its words and a word's part among its characters; a
character n-gram evenly among its characters, the space at a word's edge left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.explaining import Attribution
from undercut.core.types import Manifest
from undercut.models.linear import files
from undercut.models.linear.frontend import open_frontend
from undercut.models.linear.ngrams import first_codes, grams
from undercut.models.linear.places import located
from undercut.models.linear.text import SPACE, Codes
from undercut.models.linear.tfidf import Features, Vectoriser


class LinearExplainer:
    """Shares out the score of an opened linear artefact.

    Args:
        features: its columns.
        table: its weights.
        temperature: divides its margins.
    """

    method = "exact: the weights of the word and character n-grams, added up"

    def __init__(self, features: Features, table: files.Table, temperature: float) -> None:
        self._features, self._table, self._temperature = features, table, temperature
        self._rows = Vectoriser(features)

    def attribute(self, value: str, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in the scores of ``classes``."""
        text = value
        at = list(classes)
        scale = self._table.scale[at].astype(np.float64) / self._temperature
        start = self._table.bias[at] / np.float64(self._temperature)
        row = self._rows([text])
        weight = self._table.weight[row.indices][:, at] * scale  # (columns in the text, C)
        part = row.data.astype(np.float64)[:, None] * weight
        codes, begin, end = located(text)
        of_code = self._share(codes, row.indices, part)
        shares = np.zeros((len(text), len(at)))
        for i in np.flatnonzero(of_code.any(axis=1)):
            shares[begin[i] : end[i]] += of_code[i] / (end[i] - begin[i])
        return Attribution(shares, start, start + part.sum(axis=0))

    def _share(self, codes: Codes, columns: np.ndarray, part: np.ndarray) -> np.ndarray:
        """Divide the parts of a text's columns among its code points, ``float64 (m, C)``."""
        first = first_codes(codes)
        solid = codes.kind != SPACE
        of_code = np.zeros((len(codes.code), part.shape[1]))
        of_word = np.zeros((len(first), part.shape[1]))
        column_of = self._rows.columns
        found = list(grams(codes, first, self._features.spec))
        every = np.concatenate([column_of(g.bucket) for g in found] or [np.zeros(0, np.int64)])
        count = np.bincount(every[every >= 0], minlength=len(self._features.kept))
        place = np.full(len(self._features.kept) + 1, -1)
        place[columns] = np.arange(len(columns))
        for g in found:
            column = column_of(g.bucket)
            known = column >= 0
            start, column = g.start[known], column[known]
            each = part[place[column]] / count[column][:, None]
            if g.words:
                for j in range(g.n):
                    np.add.at(of_word, start + j, each / g.n)
                continue
            inside = np.lib.stride_tricks.sliding_window_view(solid, g.n)[start]
            each = each / inside.sum(axis=1)[:, None]
            for j in range(g.n):
                np.add.at(of_code, start + j, each * inside[:, j : j + 1])
        if len(first):
            inner = np.flatnonzero(solid)
            word = np.searchsorted(first, inner, side="right") - 1
            of_code[inner] += (of_word / np.bincount(word, minlength=len(first))[:, None])[word]
        return of_code


def open_explainer(folder: Path, manifest: Manifest) -> LinearExplainer:
    """Open a linear artefact.

    Raises:
        IntegrityError: the weights file or the temperature is missing or broken.
    """
    features, table = files.read(folder, manifest.config, len(manifest.labels))
    return LinearExplainer(features, table, open_frontend(folder, manifest).temperature)
