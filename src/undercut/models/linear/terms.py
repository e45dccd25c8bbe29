"""Which n-grams pull towards each class, over a set of texts.

The model keeps hashes, not words: n-grams are read back from the texts given, most often those it
was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from undercut.core.explaining import Term
from undercut.core.types import Manifest
from undercut.models.linear import files
from undercut.models.linear.frontend import open_frontend
from undercut.models.linear.ngrams import Grams, first_codes, grams
from undercut.models.linear.text import SINGLE, SPACE, Codes, to_codes
from undercut.models.linear.tfidf import Vectoriser

CHUNK = 2000
PIECES = 0.5
"""Pieces of words listed beside whole words, as a share of them."""


def terms(
    folder: Path, manifest: Manifest, texts: Sequence[str], most: int
) -> dict[str, list[Term]]:
    """Return the strongest terms of each label, words first, the strongest first.

    A term's pull on a class is its part of the score, less the mean over classes, where it occurs.
    Terms are ranked by their pull times the square root of the number of texts they occur in: by
    the pull alone rare words would come first, by its sum those that are everywhere.

    Args:
        folder: linear artefact.
        manifest: its manifest.
        texts: where terms are looked for.
        most: word terms a label; half as many pieces of words.
    """
    features, table = files.read(folder, manifest.config, len(manifest.labels))
    weight = table.weight * table.scale.astype(np.float64)
    weight -= weight.mean(axis=1, keepdims=True)
    weight /= open_frontend(folder, manifest).temperature
    vectorise = Vectoriser(features)
    rows = vectorise(texts)
    n = np.bincount(rows.indices, minlength=len(features.kept))  # texts with the term
    value = np.asarray(rows.sum(axis=0)).ravel()
    words = int(np.searchsorted(features.kept, features.spec.buckets // 2))
    chosen: dict[str, list[int]] = {}
    for k, label in enumerate(manifest.labels):
        pull = value / np.sqrt(np.maximum(n, 1)) * weight[:, k]
        best = _best(pull[:words], most)
        pieces = _best(pull[words:], int(most * PIECES))
        chosen[label] = [*best, *(words + j for j in pieces)]
    wanted = np.zeros(len(features.kept), bool)
    wanted[[j for best in chosen.values() for j in best]] = True
    written = _read_back(texts, vectorise, wanted)
    return {
        label: [
            Term(written[j], j >= words, float(value[j] * weight[j, k] / n[j]), int(n[j]))
            for j in chosen[label]
        ]
        for k, label in enumerate(manifest.labels)
    }


def _best(pull: np.ndarray, most: int) -> list[int]:
    order = np.argsort(-pull, kind="stable")[:most]
    return [int(j) for j in order if pull[j] > 0]


def _read_back(texts: Sequence[str], vectorise: Vectoriser, wanted: np.ndarray) -> dict[int, str]:
    """Return what the wanted columns stand for: the n-gram met first."""
    found: dict[int, str] = {}
    wanted = np.append(wanted, False)  # column -1 is none
    for begin in range(0, len(texts), CHUNK):
        codes = to_codes(texts[begin : begin + CHUNK])
        first = first_codes(codes)
        for gram in grams(codes, first, vectorise.features.spec):
            column = vectorise.columns(gram.bucket)
            at = np.flatnonzero(wanted[column])
            columns, where = np.unique(column[at], return_index=True)
            for j, i in zip(columns.tolist(), gram.start[at[where]].tolist(), strict=True):
                found.setdefault(j, "".join(_written(codes, first, gram, i)))
    return found


def _written(codes: Codes, first: np.ndarray, gram: Grams, start: int) -> Iterator[str]:
    if not gram.words:
        for i in range(start, start + gram.n):
            yield "_" if codes.kind[i] == SPACE else chr(codes.code[i])
        return
    for word in range(start, start + gram.n):
        i = int(first[word])
        if word > start and codes.kind[i - 1] == SPACE:
            yield " "
        yield chr(codes.code[i])
        while codes.kind[i] != SINGLE and codes.kind[i + 1] not in (SPACE, SINGLE):
            i += 1
            yield chr(codes.code[i])
