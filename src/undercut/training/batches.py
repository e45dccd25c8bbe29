"""Batches of texts of like length, and lanes: batches worked on side by side, one core each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch

T = TypeVar("T")
R = TypeVar("R")

LEAST_BATCHES = 8
"""Batches an epoch has at least, if the rows are enough: few rows get smaller batches."""


def length_batches(
    sizes: Sequence[int] | np.ndarray, budget: int, order: np.ndarray | None = None
) -> list[np.ndarray]:
    """Cut the rows, sorted by length, into batches of at most ``budget`` padded tokens.

    A text longer than the budget makes a batch of its own. Padding everything to 128 tokens
    instead costs eight times the work on short texts.

    Args:
        sizes: tokens of each row.
        budget: rows times longest row of a batch, at most.
        order: a permutation of the rows, kept among rows of the same length.

    Returns:
        Row indices of each batch, shortest texts first; every row occurs once.
    """
    lengths = np.asarray(sizes)
    first = np.arange(len(lengths)) if order is None else order
    rows = first[np.argsort(lengths[first], kind="stable")]
    batches: list[np.ndarray] = []
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or (end - start + 1) * lengths[rows[end]] > budget:
            batches.append(rows[start:end])
            start = end
    return batches


def epoch_batches(
    sizes: Sequence[int] | np.ndarray, budget: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return one epoch's batches: rows of like length together, otherwise in random order.

    The number of batches depends on ``sizes`` and ``budget`` alone.
    """
    batches = length_batches(sizes, budget, rng.permutation(len(sizes)))
    return [batches[i] for i in rng.permutation(len(batches))]


def fitting_budget(sizes: Sequence[int] | np.ndarray, budget: int) -> int:
    """Return the token budget of a batch: ``budget``, or less so that few rows make 8 batches."""
    lengths = np.asarray(sizes)
    return int(min(budget, max(lengths.sum() // LEAST_BATCHES, lengths.max())))


class Lanes:
    """Threads that each work on a batch of their own.

    Independent batches run faster this way than one after the other with all cores on each: no
    core waits, spinning, for the others at the end of every operation. And what a batch gives
    does not depend on how many lanes there are.

    Args:
        threads: cores to use.
        most: lanes at most; cores beyond are shared out to the lanes.
    """

    def __init__(self, threads: int, most: int | None = None) -> None:
        self.lanes = min(threads, most or threads)
        self.each = max(threads // self.lanes, 1)
        self.threads = threads

    def __enter__(self) -> Lanes:
        """Start the threads."""
        self.before = torch.get_num_threads()
        torch.set_num_threads(self.each)
        self.pool = ThreadPoolExecutor(
            self.lanes, initializer=torch.set_num_threads, initargs=(self.each,)
        )
        return self

    def __exit__(self, *_: Any) -> None:
        """End the threads; work that has not begun is dropped."""
        self.pool.shutdown(cancel_futures=True)
        torch.set_num_threads(self.before)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Return ``work(item)`` of every item, in the order of the items."""
        if self.lanes == 1:
            return [work(item) for item in items]
        return list(self.pool.map(work, items))
