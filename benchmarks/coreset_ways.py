"""Ways to choose rows that the product's own is measured against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np

Choose = Callable[[np.ndarray, int], np.ndarray]


def k_center(vectors: np.ndarray, n: int) -> np.ndarray:
    """Return rows each farthest from those before (Sener and Savarese 2018, algorithm 1)."""
    far = np.full(len(vectors), np.inf)
    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())]
    while len(chosen) < n:
        far = np.minimum(far, 1 - vectors @ vectors[chosen[-1]])
        far[chosen] = -np.inf
        chosen.append(int(far.argmax()))
    return np.array(chosen)


def k_means_pp(vectors: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return rows drawn by their squared distance to those before, as BADGE does with gradients."""
    chosen = [int(rng.integers(len(vectors)))]
    far = np.full(len(vectors), np.inf)
    while len(chosen) < n:
        far = np.minimum(far, np.maximum(2 - 2 * vectors @ vectors[chosen[-1]], 1e-9))
        far[chosen] = 0
        chosen.append(int(rng.choice(len(vectors), p=far / far.sum())))
    return np.array(chosen)


def typical(vectors: np.ndarray, n: int) -> np.ndarray:
    """Return the densest row of each of n clusters (TypiClust: Hacohen et al. 2022)."""
    from sklearn.cluster import MiniBatchKMeans

    found = MiniBatchKMeans(n, random_state=0, n_init=1, batch_size=2048, max_iter=20)
    cluster = found.fit(vectors).labels_
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -1)
    k = min(20, len(vectors) - 1)
    dense = -np.partition(-similar, k - 1, axis=1)[:, :k].mean(axis=1)
    members = [np.flatnonzero(cluster == c) for c in range(n)]
    best = [int(m[dense[m].argmax()]) for m in members if len(m)]
    rest = np.setdiff1d(np.arange(len(vectors)), best)
    return np.array(best + rest[np.argsort(-dense[rest])][: n - len(best)].tolist())


def by_class(rows: np.ndarray, strata: Sequence[str], n: int, choose: Choose) -> np.ndarray:
    """Return n of the rows, each class in proportion, chosen within the class."""
    from undercut.data.coreset import shares

    members: dict[str, list[int]] = defaultdict(list)
    for i in rows.tolist():
        members[strata[i]].append(i)
    wanted = shares(Counter({s: len(m) for s, m in members.items()}), n)
    parts = [(np.array(members[s]), wanted[s]) for s in sorted(members)]
    return np.concatenate([own[choose(own, size)] for own, size in parts])
