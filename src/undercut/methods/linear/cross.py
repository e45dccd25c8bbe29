"""The linear rung on rows it never saw: out of fold, or those not labelled yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from undercut.backends.numpy.session import NumpySession
from undercut.core.contracts import Progress
from undercut.methods.linear.fit import FEW_ROWS, solve
from undercut.models.linear.ngrams import NgramSpec
from undercut.models.linear.tfidf import Vectoriser, fit_features
from undercut.training.temperature import fit_temperature

FOLDS = 5
C = 0.3
FRESH_C = 1.0
"""Of a model that is asked what it is unsure of: the middle of the ladder's values."""


def folds_of(y: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return each row's fold, ``int64 (n,)``: whole groups, each class spread evenly.

    Groups are placed one by one, the largest first, where their classes are rarest so far.

    Args:
        y: classes, ``int (n,)``.
        groups: equal numbers stay in one fold, ``int (n,)``.
        folds: at least 2.
        seed: of the order among groups of one size.
    """
    _, group = np.unique(groups, return_inverse=True)
    size = np.bincount(group)
    order = np.lexsort((np.random.default_rng(seed).permutation(len(size)), -size))
    by_group = np.argsort(group, kind="stable")
    begin = np.cumsum(size) - size
    held = np.zeros((int(y.max(initial=0)) + 1, folds), np.int64)
    rows = np.zeros(folds, np.int64)
    found = np.empty(len(y), np.int64)
    for g in order:
        members = by_group[begin[g] : begin[g] + size[g]]
        classes = y[members]
        fold = int(np.lexsort((rows, held[classes].sum(axis=0)))[0])
        np.add.at(held[:, fold], classes, 1)
        rows[fold] += len(members)
        found[members] = fold
    return found


def cross_probabilities(
    texts: Sequence[str],
    y: np.ndarray,
    classes: int,
    groups: np.ndarray,
    *,
    folds: int = FOLDS,
    c: float = C,
    seed: int = 0,
    tick: Callable[[Progress], None] = lambda _: None,
) -> np.ndarray:
    """Return out-of-fold probabilities, ``float64 (n, classes)``, rows summing to 1.

    N-grams and their weights are counted once over all rows (no label is looked at); margins
    become probabilities by one temperature fitted on the out-of-fold margins.

    Args:
        texts: one a row.
        y: given classes, ``int64 (n,)``.
        classes: how many there are; a class may be absent.
        groups: rows that must not be divided over folds, such as near copies.
        folds: models fitted.
        c: inverse regularisation strength; lower than the ladder's best, so that a wrong label
            pulls less.
        seed: of the folds and of the solver.
        tick: progress callback.

    Raises:
        ValueError: the rows of some fold's model would be of one class.
    """
    _, sparse = fit_features(texts, NgramSpec(), 1 if len(texts) < FEW_ROWS else 2)
    fold = folds_of(y, groups, folds, seed)
    margins = np.zeros((len(texts), classes))
    for k in range(folds):
        tick(Progress("labels", k, folds, f"model {k + 1} of {folds}"))
        seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if not len(held):
            continue
        if len(np.unique(y[seen])) < 2:
            raise ValueError("rows of one class only")
        table = solve(sparse[seen].astype(np.float64), y[seen], classes, c, "none", seed)
        part = sparse[held]
        arrays = {"indptr": part.indptr, "indices": part.indices, "values": part.data}
        margins[held] = NumpySession(table).run(arrays)
    z = margins / fit_temperature(margins, y)
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def fresh_margins(
    texts: Sequence[str], y: np.ndarray, classes: int, others: Sequence[str], seed: int
) -> np.ndarray:
    """Return the margins of other texts by a linear model of labelled ones, ``(m, classes)``.

    Args:
        texts: labelled texts.
        y: their classes, ``int64 (n,)``, of at least two.
        classes: how many there are.
        others: texts to score.
        seed: of the solver.
    """
    features, sparse = fit_features(texts, NgramSpec(), 1 if len(texts) < FEW_ROWS else 2)
    table = solve(sparse.astype(np.float64), y, classes, FRESH_C, "none", seed)
    rows = Vectoriser(features)(others)
    arrays = {"indptr": rows.indptr, "indices": rows.indices, "values": rows.data}
    return NumpySession(table).run(arrays)
