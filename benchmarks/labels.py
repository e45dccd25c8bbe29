"""Planted label errors: how many are found, beside cleanlab, and what cleaning them brings.

cleanlab gets the very same out-of-fold probabilities, so that only the search differs. It is not
installed by the extras: without it the peer's columns stay empty.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks import datasets
from benchmarks.paired import mcnemar
from benchmarks.part import serve

NOISE = 0.05
CS = (0.1, 0.3, 1.0, 3.0)
FILTERS = ("prune_by_noise_rate", "confident_learning")
RANKINGS = ("self_confidence", "normalized_margin")
SETS = ("banking77", "sst2")
SETTINGS = {
    "noise": f"{NOISE:.0%} of the training labels replaced by another class, uniformly",
    "ours": "5 linear models out of fold, near copies in one fold; most suspected first",
    "peer": "cleanlab.filter.find_label_issues on the same probabilities, its default filter "
    "(prune_by_noise_rate) and confident_learning",
    "cleaned": "linear features and solver, C chosen on a tenth of the rows given; all test rows",
    "half dropped": "the first half of the suspicions left out, unread",
    "half corrected": "the first half given the models' label, unread",
    "all dropped": "every suspicion left out, unread",
    "first read": "a person reads as many suspicions as errors were planted, and mends those",
    "all read": "a person reads every suspicion, and mends the errors",
}


def plant(y: np.ndarray, classes: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return labels with a share replaced by another class, and which rows those are."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(y), round(share * len(y)), replace=False))
    noisy = y.copy()
    noisy[rows] = (y[rows] + rng.integers(1, classes, len(rows))) % classes
    return noisy, rows


def hits(ranked: np.ndarray, planted: np.ndarray) -> dict[str, float]:
    """Return precision and recall of ranked suspicions: of all, and of the first few."""
    found = np.isin(ranked, planted)
    n = len(planted)

    def precision(most: int) -> float:
        return float(found[:most].mean()) if len(found[:most]) else 0.0

    return {
        "listed": len(ranked),
        "precision": precision(len(ranked)),
        "recall": float(found.sum() / n),
        "precision_20": precision(20),
        "precision_100": precision(100),
        "precision_planted": precision(n),
        "recall_planted": float(found[:n].sum() / n),
    }


def gain(before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    """Return how much accuracy rose on the same rows, its 95 % interval, and McNemar's p.

    The interval is Wald's for a paired difference of shares. The rows that changed are kept, so
    that seeds can be pooled row by row.
    """
    n = len(before)
    risen, fallen = np.flatnonzero(after & ~before), np.flatnonzero(before & ~after)
    up, down = len(risen), len(fallen)
    difference = (up - down) / n
    half = 1.96 * np.sqrt(max(up + down - (up - down) ** 2 / n, 0.0)) / n
    test = mcnemar(np.flatnonzero(~before), np.flatnonzero(~after))
    return {
        "gain": difference,
        "low": difference - half,
        "high": difference + half,
        "p_value": test["p_value"],
        "up": risen.tolist(),
        "down": fallen.tolist(),
    }


def pooled(gains: list[dict[str, Any]], n: int) -> dict[str, float]:
    """Return the mean gain over seeds on the same ``n`` test rows, with its 95 % interval.

    A row's mean change over the seeds is the unit: the interval is over test rows, the planted
    errors taken as they were.
    """
    change = np.zeros(n)
    for g in gains:
        change[g["up"]] += 1 / len(gains)
        change[g["down"]] -= 1 / len(gains)
    half = 1.96 * float(change.std()) / np.sqrt(n)
    mean = float(change.mean())
    return {"gain": mean, "low": mean - half, "high": mean + half}


def right(
    texts: list[str], y: np.ndarray, test: list[str], truth: np.ndarray, classes: int
) -> np.ndarray:
    """Return which test rows the linear rung answers rightly, C chosen on a tenth of its rows."""
    from undercut.backends.numpy.session import NumpySession
    from undercut.core.types import Examples
    from undercut.data.splits import split
    from undercut.methods.linear.fit import solve
    from undercut.models.linear.ngrams import NgramSpec
    from undercut.models.linear.tfidf import Vectoriser, fit_features

    features, rows = fit_features(texts, NgramSpec(), 2)
    rows = rows.astype(np.float64)

    def guesses(at: np.ndarray, c: float, of: Any) -> np.ndarray:
        table = solve(rows[at], y[at], classes, c, "none", 0)
        arrays = {"indptr": of.indptr, "indices": of.indices, "values": of.data}
        return NumpySession(table).run(arrays).argmax(axis=1)

    parts = split(Examples(texts, [str(k) for k in y], [""] * len(y)), str, 0.1, 0)
    held = rows[parts.valid].astype(np.float32)
    score = {c: (guesses(parts.train, c, held) == y[parts.valid]).mean() for c in CS}
    best = max(CS, key=lambda c: score[c])
    return guesses(np.arange(len(y)), best, Vectoriser(features)(test)) == truth


def _peer(noisy: np.ndarray, p: np.ndarray, planted: np.ndarray) -> dict[str, Any]:
    if importlib.util.find_spec("cleanlab") is None:
        return {}
    from cleanlab.filter import find_label_issues

    return {
        f"{way}, {ranking}": hits(
            find_label_issues(noisy, p, filter_by=way, return_indices_ranked_by=ranking, n_jobs=1),
            planted,
        )
        for way in FILTERS
        for ranking in RANKINGS
    }


def run(request: Mapping[str, Any]) -> dict[str, Any]:
    """Plant, search, clean and score one data set with one seed."""
    from undercut.data.near import near
    from undercut.evaluation.label_errors import suspicions
    from undercut.methods.linear.cross import cross_probabilities

    split = datasets.read(request["dataset"], request["data"])
    names = split.classes
    place = {name: k for k, name in enumerate(names)}
    y, truth = (np.array([place[x] for x in part.labels]) for part in (split.train, split.test))
    noisy, planted = plant(y, len(names), NOISE, request["seed"])
    texts = split.train.texts
    p = cross_probabilities(texts, noisy, len(names), near(texts).cluster, seed=request["seed"])
    found = suspicions(p, noisy)
    every = np.arange(len(y))
    half = found.rows[: len(found.rows) // 2]
    corrected = noisy.copy()
    corrected[half] = found.likely[: len(half)]

    def mended(rows: np.ndarray) -> np.ndarray:
        labels = noisy.copy()
        labels[rows] = y[rows]
        return labels

    def score(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
        given = [texts[i] for i in rows]
        return right(given, labels[rows], split.test.texts, truth, len(names))

    before = score(every, noisy)
    ways = {
        "half dropped": score(np.setdiff1d(every, half), noisy),
        "half corrected": score(every, corrected),
        "all dropped": score(np.setdiff1d(every, found.rows), noisy),
        "first read": score(every, mended(found.rows[: len(planted)])),
        "all read": score(every, mended(found.rows)),
        "never planted": score(every, y),
    }
    return {
        "dataset": split.name,
        "seed": request["seed"],
        "rows": len(y),
        "test_rows": len(truth),
        "planted": len(planted),
        "estimated": found.estimated,
        "out_of_fold_accuracy": float((p.argmax(axis=1) == y).mean()),
        "ours": hits(found.rows, planted),
        "cleanlab": _peer(noisy, p, planted),
        "noisy_accuracy": float(before.mean()),
        "cleaned": {
            way: {"accuracy": float(after.mean())} | gain(before, after)
            for way, after in ways.items()
        },
    }


if __name__ == "__main__":
    serve(run)
