"""Cut inputs, sorted by size, into batches that waste little on padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pack(sizes: Sequence[int] | np.ndarray, budget: int, overhead: int) -> list[np.ndarray]:
    """Return index arrays, smallest inputs first; every index occurs once.

    Every input of a batch is padded to its largest one, so inputs of like size belong together;
    but a batch has a cost of its own, so they must not be cut too fine. The cut is the one of
    least ``padded size + overhead``, summed over batches: a shortest path over the different
    sizes, exact but for batches that the budget divides further.

    Args:
        sizes: cost of each input, such as its tokens.
        budget: largest padded size of a batch; an input above it gets a batch of its own.
        overhead: what a batch costs besides its inputs, in the same unit.
    """
    cost = np.asarray(sizes, np.int64)
    order = np.argsort(cost, kind="stable")
    values, counts = np.unique(cost, return_counts=True)
    rows = np.concatenate([[0], np.cumsum(counts)])  # inputs up to each value
    least = np.zeros(len(values) + 1)
    start = np.zeros(len(values) + 1, np.int64)
    for j, largest in enumerate(values, 1):
        ways = least[:j] + (rows[j] - rows[:j]) * largest + overhead
        start[j] = int(ways.argmin())
        least[j] = ways[start[j]]
    batches: list[np.ndarray] = []
    j = len(values)
    while j:
        group = order[rows[start[j]] : rows[j]]
        most = max(int(budget // max(values[j - 1], 1)), 1)
        batches += reversed(np.array_split(group, -(-len(group) // most)))
        j = start[j]
    return batches[::-1]
