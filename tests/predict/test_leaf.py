"""One model's scores: in input order, the same whatever runs beside them."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.contracts import Prepared
from undercut.core.registry import ArchitectureInfo
from undercut.predict.leaf import LeafScorer

INFO = ArchitectureInfo("test", (), (), batch_budget=64, batch_overhead=4)


class Lengths:
    """Prepares texts as their lengths; two outputs a text."""

    def prepare(self, inputs):
        sizes = [max(len(x), 1) for x in inputs]
        return Prepared(sizes, sizes, [len(x) > 20 for x in inputs])

    def collate(self, prepared, index):
        return {"x": np.array([prepared.items[i] for i in index], np.float32)}

    def finish(self, outputs, prepared, index):
        return outputs


class Session:
    """Remembers who ran it; fails on a length of 13."""

    def __init__(self, threads):
        self.threads, self.ran = threads, set()

    def run(self, arrays):
        self.ran.add(threading.current_thread().name)
        if (arrays["x"] == 13).any():
            raise RuntimeError("thirteen")
        return np.stack([arrays["x"], -arrays["x"]], axis=1)


def scorer(threads, lanes, opened):
    def open_session(n, side_by_side):
        opened.append(Session(n))
        return opened[-1]

    return LeafScorer(INFO, Lengths(), open_session, threads, lanes)


@settings(deadline=None)
@given(st.lists(st.text("ab", max_size=40).filter(lambda t: len(t) != 13), min_size=1, max_size=40))
def test_lanes_change_nothing(texts):
    found = [scorer(*how, []).score(texts) for how in ((1, True), (3, False), (3, True))]
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].log_probs, other.log_probs)
        assert found[0].truncated == other.truncated
    np.testing.assert_array_equal(found[0].log_probs[:, 0], [max(len(t), 1) for t in texts])


def test_one_batch_has_all_cores_and_several_have_one_each():
    opened = []
    wanted = scorer(2, True, opened)
    wanted.score(["a"])
    assert [s.threads for s in opened] == [2]
    wanted.score(["a" * (14 + i % 16) for i in range(400)])
    assert [s.threads for s in opened] == [2, 1]
    assert all("lane" in name for name in opened[1].ran)


@pytest.mark.parametrize("lanes", [False, True])
def test_a_failing_batch_fails_the_call(lanes):
    with pytest.raises(RuntimeError, match="thirteen"):
        scorer(2, lanes, []).score(["a" * i for i in range(1, 40)])
