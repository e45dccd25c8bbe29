"""Which rows are worth training on, or labelling: one of each near copy, then coverage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from undercut.data.coverage import BLOCK, facility_location
from undercut.data.near import near
from undercut.data.normal import same_key
from undercut.data.splits import GIANT_ROWS, GIANT_SHARE, quotas

UNSURE = 1 / 3
"""Share of the rows to pick from that are called uncertain, those of least margin."""


@dataclass(frozen=True)
class Distinct:
    """Rows with their copies dropped.

    Attributes:
        rows: the kept row of each cluster of near copies, ascending, ``int64``.
        cluster: number of each row's cluster, ``int64 (n,)``.
        exact: rows dropped as the same text as another but for case, width and white space.
        near: rows dropped as nearly the same text.
    """

    rows: np.ndarray
    cluster: np.ndarray
    exact: int
    near: int


def clusters(texts: Sequence[str]) -> np.ndarray:
    """Return the cluster of near copies of each text, ``int64 (n,)``.

    A cluster of more than 5 % of the rows (and 50) is divided again, as in splits: texts of one
    mould are not one row.
    """
    return near(texts, largest=max(GIANT_ROWS, int(GIANT_SHARE * len(texts)))).cluster


def distinct(texts: Sequence[str], strata: Sequence[str], cluster: np.ndarray) -> Distinct:
    """Keep one row of each cluster, and every stratum.

    The kept row is the first of those with the commonest stratum of the cluster. A stratum that
    would be gone takes the place of another in a cluster where that leaves the other elsewhere;
    where there is no such cluster it keeps its first row beside the cluster's own.

    Args:
        texts: one a row.
        strata: label of each row; equal ones for rows without.
        cluster: from :func:`clusters`.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for i, c in enumerate(cluster.tolist()):
        members[c].append(i)
    kept: dict[int, int] = {}
    for c, rows in members.items():
        held = Counter(strata[i] for i in rows)
        most = max(held.values())
        kept[c] = next(i for i in rows if held[strata[i]] == most)
    left = Counter(strata[i] for i in kept.values())
    extra = []
    for name in sorted(set(strata) - set(left)):
        own = [i for i in range(len(strata)) if strata[i] == name]
        swap = next((i for i in own if left[strata[kept[int(cluster[i])]]] > 1), None)
        if swap is None:
            extra.append(own[0])
        else:
            left[strata[kept[int(cluster[swap])]]] -= 1
            kept[int(cluster[swap])] = swap
        left[name] += 1
    found = np.array(sorted([*kept.values(), *extra]), np.int64)
    texts_left = len({same_key(t) for t in texts})
    exact = min(len(texts) - texts_left, len(texts) - len(found))
    return Distinct(found, cluster, exact, len(texts) - exact - len(found))


def shares(sizes: Counter[str], n: int) -> dict[str, int]:
    """Divide ``n`` rows over the strata in proportion, at least one each.

    Args:
        sizes: rows of each stratum, at least 1.
        n: from the number of strata to the number of rows.
    """
    found = quotas(sizes, n)
    for name in sorted(s for s in found if not found[s]):
        largest = max(found, key=lambda s: (found[s], s))
        found[largest] -= 1
        found[name] = 1
    return found


def choose_labelled(
    vectors: np.ndarray,
    strata: Sequence[str],
    rows: np.ndarray,
    n: int,
    seed: int,
    belief: np.ndarray | None = None,
) -> np.ndarray:
    """Return ``n`` of ``rows`` that cover each stratum, in proportion; every stratum stays.

    The order is such that every beginning is a smaller choice of the same kind.

    Args:
        vectors: unit rows, one a row of the data, ``float32 (m, D)``.
        strata: label of each row of the data.
        rows: rows to choose from, from :func:`distinct`.
        n: from the number of strata to ``len(rows)``.
        seed: of the division of large strata.
        belief: probability that the row's label is right, ``(m,)``. Covering a row whose label is
            believed counts twice as much as covering one that is not at all. 1 by default.
    """
    rng = np.random.default_rng(seed)
    members: dict[str, list[int]] = defaultdict(list)
    for i in rows.tolist():
        members[strata[i]].append(i)
    wanted = shares(Counter({s: len(m) for s, m in members.items()}), n)
    place: list[tuple[float, str, int]] = []
    for name in sorted(members):
        own = np.array(members[name], np.int64)
        weight = None if belief is None else 1.0 + belief[own]
        order = own[facility_location(vectors[own], wanted[name], rng, weight=weight)]
        place += [(j / len(order), name, int(i)) for j, i in enumerate(order)]
    return np.array([i for _, _, i in sorted(place)], np.int64)


@dataclass(frozen=True)
class Picked:
    """Rows picked to be labelled.

    Attributes:
        rows: positions in what was picked from, most useful first, ``int64 (n,)``.
        uncertain: whether a model of the labelled rows is unsure of it, ``bool (n,)``; none is
            without such a model.
        stands_for: rows, itself included, that no picked row is more like, ``int64 (n,)``.
    """

    rows: np.ndarray
    uncertain: np.ndarray
    stands_for: np.ndarray


def pick_unlabelled(
    vectors: np.ndarray,
    n: int,
    seed: int,
    *,
    covered: np.ndarray | None = None,
    margin: np.ndarray | None = None,
) -> Picked:
    """Pick rows without labels: what labelled rows cover and a model is sure of counts less.

    Each row counts by its place among all in order of margin, 1 for the least sure and 0 for the
    surest, times how badly it is covered so far.

    Args:
        vectors: unit rows of distinct texts, ``float32 (m, D)``.
        n: how many, at most ``m``.
        seed: of the division of many rows.
        covered: similarity of each row to the most similar labelled one, ``(m,)``.
        margin: score of the likeliest label less that of the second, ``(m,)``.
    """
    weight = None
    unsure = np.zeros(len(vectors), bool)
    if margin is not None and len(margin):
        place = np.argsort(np.argsort(margin, kind="stable"), kind="stable") / len(margin)
        weight, unsure = 1.0 - place, place < UNSURE
    rng = np.random.default_rng(seed)
    rows = facility_location(vectors, n, rng, weight=weight, covered=covered)
    nearest = np.empty(len(vectors), np.int64)
    for begin in range(0, len(vectors), BLOCK):
        part = vectors[begin : begin + BLOCK]
        nearest[begin : begin + BLOCK] = (part @ vectors[rows].T).argmax(axis=1)
    nearest[rows] = np.arange(len(rows))
    return Picked(rows, unsure[rows], np.bincount(nearest, minlength=len(rows)))
