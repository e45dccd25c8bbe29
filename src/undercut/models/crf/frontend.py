"""Texts to words with sparse features, and probabilities of tags to calibrated logarithms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Prepared
from undercut.core.errors import fail
from undercut.core.types import Manifest
from undercut.models.crf import files
from undercut.models.crf.chain import logarithms
from undercut.models.crf.features import FeatureSpec, featurise
from undercut.models.crf.files import Table
from undercut.models.crf.gazetteer import Gazetteer
from undercut.models.crf.layout import Layout, lay_out
from undercut.tasks.token_classification.words import words_of


@dataclass(frozen=True)
class Rows:
    """Sparse rows of words, and their sentences.

    Attributes:
        indptr, indices: features of each word, as in a CSR matrix of ones.
        first: first word of each sentence, and the number of words.
    """

    indptr: np.ndarray
    indices: np.ndarray
    first: np.ndarray


def layout_of(inputs: Sequence[Any]) -> Layout:
    """Return the words of inputs, laid end to end.

    Raises:
        UndercutError: an input is neither a text nor tokens.
    """
    parts = []
    for i, value in enumerate(inputs):
        if not _readable(value):
            raise fail(
                "input-type",
                expected="a text, a list of tokens, or a list of such lists",
                found=type(value).__name__,
                where=f"input {i}",
            )
        words = words_of(value)
        parts.append((words.words, words.sentences))
    return lay_out(parts)


def _readable(value: Any) -> bool:
    if isinstance(value, str):
        return True
    if not isinstance(value, list | tuple):
        return False
    tokens = [value] if not value or isinstance(value[0], str) else value
    return all(isinstance(s, list | tuple) and all(isinstance(t, str) for t in s) for s in tokens)


def rows_of(columns: np.ndarray, first: np.ndarray) -> Rows:
    """Return sparse rows of features, those that are none (-1) left out.

    Args:
        columns: ``int32 (w, F)``.
        first: first word of each sentence, and ``w``.
    """
    known = columns >= 0
    indptr = np.zeros(len(columns) + 1, np.int64)
    np.cumsum(known.sum(axis=1), out=indptr[1:])
    return Rows(indptr, columns[known], first)


def gathered(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the ranges ``start .. start + size`` one after the other, ``int64``."""
    ends = np.cumsum(sizes)
    shift = np.repeat(starts - (ends - sizes), sizes)
    return np.arange(int(ends[-1]) if len(ends) else 0) + shift


class CrfFrontend:
    """Prepares inputs for a CRF. A piece is a sentence, its size is the number of words.

    Args:
        spec: the features.
        table: the weights; only its list of features is used here.
        gazetteer: lists of phrases.
        temperature: divides the logarithms of the marginal probabilities.
    """

    def __init__(
        self, spec: FeatureSpec, table: Table, gazetteer: Gazetteer, temperature: float
    ) -> None:
        self._spec, self._table, self._gazetteer = spec, table, gazetteer
        self.temperature = temperature

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Find words, sentences and features.

        Raises:
            UndercutError: an input is neither a text nor tokens.
        """
        layout = layout_of(inputs)
        hashes = featurise(layout, self._spec, self._gazetteer)
        rows = rows_of(self._table.columns(hashes), layout.first)
        sizes = np.diff(layout.first)
        places = np.split(np.arange(len(layout)), layout.first[1:-1]) if len(sizes) else []
        return Prepared(rows, sizes, np.zeros(len(inputs), bool), places)

    def collate(
        self, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """Return ``indptr`` and ``indices`` of the sentences' words, and ``first``."""
        rows, at = prepared.items, np.asarray(index, np.int64)
        lengths = np.diff(rows.first)[at]
        words = gathered(rows.first[at], lengths)
        counts = np.diff(rows.indptr)[words]
        return {
            "indptr": np.concatenate([[0], np.cumsum(counts)]),
            "indices": rows.indices[gathered(rows.indptr[words], counts)],
            "first": np.concatenate([[0], np.cumsum(lengths)]),
        }

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn probabilities into calibrated log-probabilities, ``float32 (R, K)``."""
        return logarithms(outputs, self.temperature)


def open_frontend(folder: Path, manifest: Manifest) -> CrfFrontend:
    """Open the front end of a CRF artefact.

    Raises:
        IntegrityError: the weights file is missing, torn, or not the one of this manifest.
    """
    form, table, gazetteer = files.read(folder, manifest.config, manifest.labels)
    return CrfFrontend(form.features, table, gazetteer, form.temperature)
