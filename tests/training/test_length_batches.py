"""Batches lose no row, keep the budget, and are the same for the same seed."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from undercut.training.batches import Lanes, epoch_batches, fitting_budget, length_batches

SIZES = st.lists(st.integers(1, 300), min_size=1, max_size=200)


@given(SIZES, st.integers(1, 600))
def test_every_row_once_and_within_the_budget(sizes, budget):
    batches = length_batches(sizes, budget)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(sizes)))
    for batch in batches:
        padded = len(batch) * max(sizes[i] for i in batch)
        assert padded <= budget or len(batch) == 1


@given(SIZES, st.integers(1, 600), st.integers(0, 5))
def test_an_epoch_has_as_many_batches_whatever_the_order(sizes, budget, seed):
    batches = epoch_batches(sizes, budget, np.random.default_rng(seed))
    assert len(batches) == len(length_batches(sizes, budget))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(sizes)))


def test_rows_of_one_length_change_company_between_epochs_and_the_seed_repeats_them():
    sizes = [10] * 50
    rng = np.random.default_rng(0)
    first, second = epoch_batches(sizes, 100, rng), epoch_batches(sizes, 100, rng)
    again = epoch_batches(sizes, 100, np.random.default_rng(0))
    assert [b.tolist() for b in first] == [b.tolist() for b in again]
    assert {frozenset(b.tolist()) for b in first} != {frozenset(b.tolist()) for b in second}


def test_few_rows_get_smaller_batches():
    assert fitting_budget([10] * 40, 1024) == 50
    assert fitting_budget([10] * 40_000, 1024) == 1024
    assert fitting_budget([400], 1024) == 400


def test_lanes_keep_the_order_and_give_the_threads_back():
    before = torch.get_num_threads()
    with Lanes(4, most=2) as lanes:
        assert (lanes.lanes, lanes.each) == (2, 2)
        assert lanes.map(lambda i: i * i, range(20)) == [i * i for i in range(20)]
    assert torch.get_num_threads() == before
