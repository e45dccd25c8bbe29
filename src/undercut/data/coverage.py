"""Facility location: rows chosen so that every row has a chosen one like it.

``f(S) = sum over j of w_j * max over i in S of s_ij``, similarities below 0 taken as 0 and rows
covered beforehand counted in. It is submodular, so greedy choice reaches 1 - 1/e of the best
(Nemhauser, Wolsey and Fisher 1978, Mathematical Programming 14, section 4); a gain that fell is
looked at again only when it comes up (Minoux 1978, Accelerated Greedy Algorithms). Many rows are
divided at random and each part chosen from (Mirzasoleiman et al. 2013, Distributed Submodular
Maximization, without its second round).
"""

from __future__ import annotations

import heapq

import numpy as np

BLOCK = 4096
"""Rows whose similarities are held at a time: 64 MB."""


def facility_location(
    vectors: np.ndarray,
    n: int,
    rng: np.random.Generator,
    *,
    weight: np.ndarray | None = None,
    covered: np.ndarray | None = None,
) -> np.ndarray:
    """Return ``n`` row numbers, most useful first; every beginning is a choice of its own.

    Args:
        vectors: unit rows, ``float32 (m, D)``.
        n: how many, at most ``m``.
        rng: divides more than :data:`BLOCK` rows; fewer do not touch it.
        weight: how much it matters that a row is covered, ``(m,)``; equal by default.
        covered: similarity of each row to what there is already, ``(m,)``; 0 by default.
    """
    m = len(vectors)
    weight = np.ones(m, np.float32) if weight is None else weight.astype(np.float32)
    covered = np.zeros(m, np.float32) if covered is None else covered.astype(np.float32)
    parts = -(-m // BLOCK)
    if parts <= 1:
        return _greedy(vectors, n, weight, covered)
    blocks = np.array_split(rng.permutation(m), parts)
    share = [n // parts + (k < n % parts) for k in range(parts)]
    found: list[tuple[int, int, int]] = []
    for k, (block, size) in enumerate(zip(blocks, share, strict=True)):
        at = np.sort(block)
        chosen = at[_greedy(vectors[at], size, weight[at], covered[at])]
        found += [(place, k, int(i)) for place, i in enumerate(chosen)]
    return np.array([i for _, _, i in sorted(found)], np.int64)


def _greedy(v: np.ndarray, n: int, weight: np.ndarray, covered: np.ndarray) -> np.ndarray:
    similar = np.maximum(v @ v.T, 0.0)  # (m, m)
    covered = np.maximum(covered, 0.0)
    gains = np.maximum(similar - covered, 0.0) @ weight
    queue = [(-float(gain), i) for i, gain in enumerate(gains)]
    heapq.heapify(queue)
    chosen: list[int] = []
    while len(chosen) < n:
        _, i = heapq.heappop(queue)
        gain = float(np.maximum(similar[i] - covered, 0.0) @ weight)
        if queue and gain < -queue[0][0] - 1e-6 * abs(queue[0][0]):
            heapq.heappush(queue, (-gain, i))
            continue
        chosen.append(i)
        covered = np.maximum(covered, similar[i])
    return np.array(chosen, np.int64)
