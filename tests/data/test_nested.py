"""Every beginning of the order is a smaller data set in the same proportions."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.types import Examples
from undercut.data.nested import nested_order

TARGETS = st.lists(st.sampled_from("aaab"), min_size=1, max_size=60)


def rows(targets) -> Examples:
    return Examples(
        [f"text {i}" for i in range(len(targets))], list(targets), list(map(str, targets))
    )


@given(TARGETS, st.integers(0, 5))
def test_every_beginning_is_in_proportion(targets, seed):
    order = nested_order(rows(targets), str, seed)
    assert sorted(order.tolist()) == list(range(len(targets)))
    whole = Counter(targets)
    for n in range(1, len(targets) + 1):
        part = Counter(targets[i] for i in order[:n])
        for label, count in whole.items():
            assert abs(part[label] - n * count / len(targets)) <= 1 + 1e-9


@given(TARGETS, st.permutations(range(10)))
def test_the_order_is_of_the_rows_not_of_their_places(targets, shuffle):
    some = rows((targets * 10)[:10])
    first = [some.inputs[i] for i in nested_order(some, str, 0)]
    moved = some.take(np.array(shuffle))
    assert [moved.inputs[i] for i in nested_order(moved, str, 0)] == first
