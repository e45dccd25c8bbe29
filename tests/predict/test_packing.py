"""Batches of like size: complete, within the budget, and cheaper than any other cut."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from undercut.predict.packing import pack

SIZES = st.lists(st.integers(1, 300), max_size=60)


def cost(sizes: np.ndarray, batches: list[np.ndarray], overhead: int) -> int:
    return sum(len(b) * int(sizes[b].max()) + overhead for b in batches)


@given(SIZES, st.integers(1, 2000), st.integers(0, 500))
def test_every_input_once_and_within_the_budget(sizes, budget, overhead):
    batches = pack(sizes, budget, overhead)
    assert sorted(itertools.chain(*(b.tolist() for b in batches))) == list(range(len(sizes)))
    for batch in batches:
        largest = max(sizes[i] for i in batch)
        assert len(batch) * largest <= budget or len(batch) == 1


@given(SIZES, st.integers(1, 2000), st.integers(0, 500))
def test_small_inputs_come_first(sizes, budget, overhead):
    order = [sizes[i] for batch in pack(sizes, budget, overhead) for i in batch]
    assert order == sorted(order)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=7), st.integers(0, 40))
def test_no_other_cut_of_the_sorted_inputs_costs_less(sizes, overhead):
    s = np.array(sizes)
    order = np.argsort(s, kind="stable")
    mine = cost(s, pack(sizes, 10**9, overhead), overhead)
    for inner in itertools.product([False, True], repeat=len(s) - 1):
        cuts = [0, *(i + 1 for i, cut in enumerate(inner) if cut), len(s)]
        other = [order[a:b] for a, b in itertools.pairwise(cuts)]
        assert mine <= cost(s, other, overhead)


def test_one_long_text_does_not_pad_the_short_ones():
    sizes = [10] * 100 + [250]
    assert [len(b) for b in pack(sizes, 8192, 32)] == [100, 1]
