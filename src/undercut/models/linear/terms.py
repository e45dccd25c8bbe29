"""Which n-grams pull towards each class, over a set of texts.

The model keeps hashes, not words: n-grams are read back from the texts given, most often those it
was trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Term
from undercut.core.types import Manifest
from undercut.models.linear import files
from undercut.models.linear.frontend import open_frontend
from undercut.models.linear.ngrams import Grams, NgramSpec, first_codes, grams
from undercut.models.linear.text import SINGLE, SPACE, Codes, to_codes
from undercut.models.linear.tfidf import Vectoriser

CHUNK = 2000
PIECES = 0.5
"""Pieces of words listed beside whole words, as a share of them."""


def terms(
    folder: Path, manifest: Manifest, texts: Sequence[str], most: int
) -> dict[str, list[Term]]:
    """Return the strongest terms of each label, words first, the strongest first.

    Args:
        folder: linear artefact.
        manifest: its manifest.
        texts: where terms are looked for.
        most: word terms a label; half as many pieces of words.
    """
    features, table = files.read(folder, manifest.config, len(manifest.labels))
    weight = table.weight * table.scale.astype(np.float64)
    weight /= open_frontend(folder, manifest).temperature
    vectorise = Vectoriser(features)
    found = strongest(
        vectorise(texts),
        weight,
        int(np.searchsorted(features.kept, features.spec.buckets // 2)),
        most,
        lambda wanted: read_columns(texts, features.spec, vectorise.columns, wanted),
    )
    return dict(zip(manifest.labels, found, strict=True))


def strongest(
    rows: Any,
    weight: np.ndarray,
    words: int,
    most: int,
    read_back: Callable[[np.ndarray], dict[int, str]],
) -> list[list[Term]]:
    """Return the strongest terms of each class, words first.

    A term's pull on a class is its part of the score, less the mean over classes, where it occurs.
    Terms are ranked by their pull times the square root of the number of texts they occur in: by
    the pull alone rare words would come first, by its sum those that are everywhere.

    Args:
        rows: values of D columns in the texts, sparse ``(n, D)``.
        weight: ``float64 (D, K)``, divided by the temperature; changed in place.
        words: columns before this one are words, the others pieces.
        most: word terms a class; half as many pieces of words.
        read_back: says what the columns that are true in ``bool (D,)`` stand for.
    """
    weight -= weight.mean(axis=1, keepdims=True)
    n = np.bincount(rows.indices, minlength=len(weight))  # texts with the term
    value = np.asarray(rows.sum(axis=0)).ravel()
    chosen: list[list[int]] = []
    for k in range(weight.shape[1]):
        pull = value / np.sqrt(np.maximum(n, 1)) * weight[:, k]
        best = _best(pull[:words], most)
        pieces = _best(pull[words:], int(most * PIECES))
        chosen.append([*best, *(words + j for j in pieces)])
    wanted = np.zeros(len(weight), bool)
    wanted[[j for best in chosen for j in best]] = True
    written = read_back(wanted)
    return [
        [
            Term(written[j], j >= words, float(value[j] * weight[j, k] / n[j]), int(n[j]))
            for j in best
        ]
        for k, best in enumerate(chosen)
    ]


def _best(pull: np.ndarray, most: int) -> list[int]:
    order = np.argsort(-pull, kind="stable")[:most]
    return [int(j) for j in order if pull[j] > 0]


def read_columns(
    texts: Sequence[str],
    spec: NgramSpec,
    columns: Callable[[np.ndarray], np.ndarray],
    wanted: np.ndarray,
) -> dict[int, str]:
    """Return what the wanted columns stand for: the n-gram met first.

    Args:
        texts: where to look.
        spec: the n-grams.
        columns: gives the column of each bucket; below 0 where it is none.
        wanted: ``bool (D,)``.
    """
    found: dict[int, str] = {}
    wanted = np.append(wanted, False)  # column -1 is none
    for begin in range(0, len(texts), CHUNK):
        codes = to_codes(texts[begin : begin + CHUNK])
        first = first_codes(codes)
        for gram in grams(codes, first, spec):
            column = columns(gram.bucket)
            at = np.flatnonzero(wanted[column])
            named, where = np.unique(column[at], return_index=True)
            for j, i in zip(named.tolist(), gram.start[at[where]].tolist(), strict=True):
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
