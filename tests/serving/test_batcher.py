"""The queue in front of the model."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.stand_ins import Echo, Gate
from undercut.serving.batcher import Batcher
from undercut.serving.waiting import ClosedError, DeadlineError, ModelError, QueueFullError


def labels(predictions) -> list[str]:
    return [p.label for p in predictions]


def test_an_idle_model_gets_a_single_text_at_once():
    model = Echo()
    batcher = Batcher(model)
    started = time.monotonic()
    assert labels(batcher.ask(["a"], [1], 5)) == ["a"]
    assert time.monotonic() - started < 0.5
    assert model.batches == [["a"]]
    batcher.close()


def test_what_waits_goes_together_within_both_bounds():
    model = Gate()
    batcher = Batcher(model, batch_inputs=3, batch_tokens=10)
    first = batcher.submit(["first"], [1], 10)
    model.entered.wait(5)
    rest = [
        batcher.submit([x], [size], 10)
        for x, size in zip("abcdef", [1, 1, 1, 6, 6, 50], strict=True)
    ]
    model.go.set()
    assert labels(first.result(5)) == ["first"]
    assert [labels(f.result(5)) for f in rest] == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]
    assert model.batches == [["first"], ["a", "b", "c"], ["d"], ["e"], ["f"]]
    batcher.close()


def test_a_long_request_does_not_hold_up_a_short_one():
    model = Gate()
    batcher = Batcher(model, batch_inputs=2)
    long = batcher.submit(list("abcdef"), [1] * 6, 10)
    model.entered.wait(5)
    short = batcher.submit(["short"], [1], 10)
    model.go.set()
    assert labels(short.result(5)) == ["short"]
    assert labels(long.result(5)) == list("abcdef")
    place = next(i for i, batch in enumerate(model.batches) if "short" in batch)
    assert place < len(model.batches) - 1
    batcher.close()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 30), max_size=9), min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(1, 40),
)
def test_every_answer_goes_to_its_asker_in_order(requests, inputs, tokens):
    model = Echo()
    batcher = Batcher(model, batch_inputs=inputs, batch_tokens=tokens)
    asked = [[f"{i}.{j}" for j in range(len(r))] for i, r in enumerate(requests)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda at: batcher.ask(asked[at], requests[at], 10), range(len(asked)))
        )
    assert [labels(f) for f in found] == asked
    assert sorted(x for b in model.batches for x in b) == sorted(x for a in asked for x in a)
    sizes = {x: s for a, r in zip(asked, requests, strict=True) for x, s in zip(a, r, strict=True)}
    for batch in model.batches:
        assert len(batch) <= inputs
        assert len(batch) == 1 or sum(sizes[x] for x in batch) <= tokens
    assert batcher.load.waiting == 0
    batcher.close()


def test_the_queue_is_bounded_and_dropped_requests_give_their_place_back():
    model = Gate()
    batcher = Batcher(model, queue_inputs=2)
    running = batcher.submit(["running"], [1], 10)
    model.entered.wait(5)
    dropped = batcher.submit(["x", "y"], [1, 1], 10)
    with pytest.raises(QueueFullError) as refused:
        batcher.submit(["z"], [1], 10)
    assert 1 <= refused.value.retry_after_seconds <= 60
    dropped.cancel()
    taken = batcher.submit(["z"], [1], 10)
    model.go.set()
    assert labels(taken.result(5)) == ["z"] and labels(running.result(5)) == ["running"]
    assert model.batches == [["running"], ["z"]]
    batcher.close()


def test_a_late_request_never_reaches_the_model():
    model = Gate()
    batcher = Batcher(model)
    running = batcher.submit(["running"], [1], 10)
    model.entered.wait(5)
    late = batcher.submit(["late"], [1], 0.01)
    time.sleep(0.02)
    model.go.set()
    with pytest.raises(DeadlineError):
        late.result(5)
    running.result(5)
    batcher.close()
    assert model.batches == [["running"]]


def test_one_bad_request_does_not_spoil_its_batch():
    class Sour(Gate):
        def predict(self, inputs):
            if "bad" in inputs:
                raise ValueError("bad input")
            return super().predict(inputs)

    model = Sour()
    batcher = Batcher(model)
    first = batcher.submit(["first"], [1], 10)
    model.entered.wait(5)
    good, bad = batcher.submit(["good"], [1], 10), batcher.submit(["bad"], [1], 10)
    model.go.set()
    assert labels(good.result(5)) == ["good"] and labels(first.result(5)) == ["first"]
    with pytest.raises(ModelError) as error:
        bad.result(5)
    assert isinstance(error.value.__cause__, ValueError)
    batcher.close()


def test_a_model_that_loses_an_answer_is_caught():
    class Short:
        def predict(self, inputs):
            return []

    batcher = Batcher(Short())
    with pytest.raises(ModelError):
        batcher.ask(["a"], [1], 5)
    batcher.close()


def test_close_answers_what_waits_and_takes_no_more():
    model = Gate()
    batcher = Batcher(model)
    running = batcher.submit(["a"], [1], 10)
    model.entered.wait(5)
    waiting = batcher.submit(["b"], [1], 10)
    closing = threading.Thread(target=batcher.close)
    closing.start()
    while not batcher.closed:
        time.sleep(0.001)
    with pytest.raises(ClosedError):
        batcher.submit(["c"], [1], 10)
    model.go.set()
    closing.join(5)
    assert labels(running.result(0)) == ["a"] and labels(waiting.result(0)) == ["b"]


def test_close_gives_up_on_a_stuck_model_in_time():
    model = Gate()
    batcher = Batcher(model)
    batcher.submit(["a"], [1], 10)
    model.entered.wait(5)
    waiting = batcher.submit(["b"], [1], 10)
    assert batcher.busy_for() >= 0
    batcher.close(0.1)
    with pytest.raises(ClosedError):
        waiting.result(1)
    model.go.set()
