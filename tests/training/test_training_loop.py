"""The loop: gradients, determinism, lanes, low precision, early end."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.core.errors import UndercutError
from undercut.models.encoder.base import resolve
from undercut.models.encoder.module import load_body
from undercut.models.encoder.training import CosineHead, centroids, open_network
from undercut.training.batches import length_batches
from undercut.training.compute import Compute
from undercut.training.loop import Recipe, Trained
from undercut.training.loop import train as run
from undercut.training.sources import LowerLayers, States, Tokens
from undercut.training.trunk import Trunk

ROWS = rows_of("text-classification", 60, 0)
BASE = resolve(str(tiny_base(tuple(ROWS.inputs))))
NETWORK = open_network(BASE, 64)
FRONTEND = NETWORK.frontend
Y = torch.tensor([sorted(set(ROWS.targets)).index(t) for t in ROWS.targets])
HEAD = F.normalize(torch.randn(3, 32, generator=torch.Generator().manual_seed(1)), dim=-1)


def tokens() -> Tokens:
    return Tokens(FRONTEND, FRONTEND.prepare(ROWS.inputs))


def trunk(first: int = 0, tables: bool = True) -> Trunk:
    return Trunk(NETWORK, load_body(BASE.folder), first, tables)


def train(t: Trunk, source, y, head, *rest, **more) -> Trained:
    return run(t, source, y, CosineHead(head), *rest, **more)


def weight_of(done: Trained) -> np.ndarray:
    return F.normalize(done.head["weight"], dim=-1).numpy()


def logits(t: Trunk, done: Trained) -> np.ndarray:
    head = CosineHead(done.head["weight"])
    with torch.no_grad():
        each = [t.answer(tokens().batch(np.array([i])), head) for i in range(len(Y))]
    return torch.cat(each).numpy()


def test_a_first_step_is_adamw_on_the_gradient_of_the_whole_batch():
    t = trunk()
    head = CosineHead(HEAD)
    z = t.answer(tokens().batch(np.arange(60)), head)
    want = torch.autograd.grad(F.cross_entropy(z, Y), head.weight)[0]
    done = train(trunk(), tokens(), Y, HEAD, Recipe(1, 1, 1e-3, 10_000), 0, 2)
    rate = 1e-3 * (1 - 0.5) / 0.9  # the middle of a schedule of one step
    moved = HEAD - rate * want / (want.abs() + 1e-8)  # Adam's first step is the sign, almost
    np.testing.assert_allclose(weight_of(done), F.normalize(moved, dim=-1).numpy(), atol=1e-5)


def test_the_same_whatever_the_threads_and_again():
    recipe = Recipe(3, 3, 1e-3, 128)
    runs = [train(trunk(), tokens(), Y, HEAD, recipe, 0, n) for n in (1, 2, 2)]
    for other in runs[1:]:
        assert torch.equal(runs[0].head["weight"], other.head["weight"])
        for name, value in runs[0].tensors.items():
            assert torch.equal(value, other.tensors[name]), name
    other_seed = train(trunk(), tokens(), Y, HEAD, recipe, 1, 1)
    assert not torch.equal(runs[0].head["weight"], other_seed.head["weight"])


def test_it_learns_and_the_loss_falls():
    t = trunk()
    done = train(t, tokens(), Y, HEAD, Recipe(8, 8, 3e-3, 128), 0, 1)
    assert done.curve[-1]["loss"] < done.curve[0]["loss"] / 2
    assert (logits(t, done).argmax(1) == Y.numpy()).mean() > 0.95


def test_layers_below_stay_as_they_were_and_kept_states_train_the_same():
    made = []
    for kept in (False, True):
        t = trunk(first=2, tables=False)
        before = {n: p.clone() for n, p in t.body.state_dict().items()}
        lower = LowerLayers(t.body, tokens(), 2)
        source = lower
        if kept:
            each = [lower.batch(np.array([i])).x[0] for i in range(60)]
            source = States(torch.cat(each), tokens())
        done = train(t, source, Y, HEAD, Recipe(2, 2, 1e-3, 128), 0, 1)
        changed = {n for n, p in t.body.state_dict().items() if not torch.equal(p, before[n])}
        assert changed == set(done.tensors)
        assert all(n.startswith(("layers.2.", "layers.3.")) for n in changed)
        assert changed
        made.append(logits_above(t, source, done))
    np.testing.assert_allclose(made[0], made[1], atol=2e-2)


def logits_above(t: Trunk, source, done: Trained) -> np.ndarray:
    with torch.no_grad():
        return t.answer(source.batch(np.arange(60)), CosineHead(done.head["weight"])).numpy()


def test_only_chosen_parameters_change_and_are_returned():
    t = trunk()
    t.chosen = lambda name: name.endswith(".bias")
    before = {n: p.clone() for n, p in t.body.state_dict().items()}
    done = train(t, tokens(), Y, HEAD, Recipe(2, 2, 1e-3, 128), 0, 1)
    changed = {n for n, p in t.body.state_dict().items() if not torch.equal(p, before[n])}
    assert set(done.tensors) == {n for n in before if n.endswith(".bias")}
    assert changed
    assert changed <= set(done.tensors)


def test_a_method_may_look_at_every_step_and_change_what_it_gave():
    t = trunk()
    seen = []

    def adjust(share, named):
        seen.append(share)
        assert named["layers.0.query.weight"].grad is not None
        named["layers.0.query.weight"].zero_()

    t.adjust = torch.no_grad()(adjust)
    done = train(t, tokens(), Y, HEAD, Recipe(2, 2, 1e-3, 128), 0, 1)
    assert seen == sorted(seen)
    assert not done.tensors["layers.0.query.weight"].any()
    assert not t.body.get_parameter("layers.0.query.weight").any()


def test_a_penalty_counts_once_a_batch():
    norms = []
    for strength in (0.0, 1.0):
        t = trunk()
        weight = t.body.get_parameter("layers.3.narrow.weight")
        t.penalty = lambda w=weight, s=strength: s * w.square().sum()
        done = train(t, tokens(), Y, HEAD, Recipe(3, 3, 1e-3, 128), 0, 2)
        norms.append(float(done.tensors["layers.3.narrow.weight"].norm()))
    assert norms[1] < norms[0]


def test_bfloat16_keeps_exact_masters():
    exact = {n: p.clone() for n, p in load_body(BASE.folder).state_dict().items()}
    t = trunk().computing(Compute(dtype=torch.bfloat16))
    done = train(t, tokens(), Y, HEAD, Recipe(1, 1, 1e-5, 128), 0, 1)
    assert all(v.dtype == torch.float32 for v in done.tensors.values())
    for name, value in done.tensors.items():
        gap = (value - exact[name]).abs().max()
        assert 0 <= gap < 2e-4, name  # steps of 1e-5, far below bfloat16's resolution
        assert torch.equal(t.body.get_parameter(name), value.bfloat16())
    full = train(trunk(), tokens(), Y, HEAD, Recipe(6, 6, 2e-3, 128), 0, 1)
    t = trunk().computing(Compute(dtype=torch.bfloat16))
    low = train(t, tokens(), Y, HEAD, Recipe(6, 6, 2e-3, 128), 0, 1)
    assert abs(full.curve[-1]["loss"] - low.curve[-1]["loss"]) < 0.2


def test_the_epoch_with_the_least_loss_is_kept_and_ends_the_training():
    losses = iter([0.5, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0])
    seen = []

    def judge(z):
        seen.append(z)
        return {"log_loss": next(losses), "accuracy": 0.5, "temperature": float(len(seen))}

    t = trunk()
    held = (tokens(), judge)
    done = train(t, tokens(), Y, HEAD, Recipe(8, 8, 1e-3, 128), 0, 1, held=held)
    assert (done.stop, done.temperature, done.epochs) == (2.0, 2.0, 8)
    assert len(done.curve) == 5
    t.body.load_state_dict(done.tensors, strict=False)
    np.testing.assert_allclose(logits(t, done), seen[1], atol=1e-4)
    refit = train(trunk(), tokens(), Y, HEAD, Recipe(8, 2.0, 1e-3, 128), 0, 1)
    assert torch.equal(refit.head["weight"], done.head["weight"])


def test_a_deadline_ends_it_with_a_finished_schedule():
    begin = time.monotonic()
    done = train(
        trunk(), tokens(), Y, HEAD, Recipe(100_000, 100_000, 1e-3, 128), 0, 1, deadline=0.5
    )
    assert time.monotonic() - begin < 5
    assert 0 < done.stop == done.epochs < 100_000


def test_a_loss_that_is_no_number_is_one_clear_error():
    t = trunk()
    with torch.no_grad():
        t.body.get_parameter("layers.0.query.weight").fill_(float("nan"))
    with pytest.raises(UndercutError, match="lower learning rate"):
        train(t, tokens(), Y, HEAD, Recipe(1, 1, 1e-3, 128), 0, 1)


def test_centroids_are_unit_means_of_unit_rows():
    e = torch.tensor([[2.0, 0.0], [0.0, 5.0], [0.0, -3.0]])
    got = centroids(e, torch.tensor([0, 0, 1]), 2)
    half = 0.5**0.5
    torch.testing.assert_close(got, torch.tensor([[half, half], [0.0, -1.0]]))


def test_the_loop_tells_loss_score_and_pace():
    told = []

    def judge(z):
        return {"log_loss": 1.0, "accuracy": 0.25 + 0.25 * len(done()), "temperature": 1.0}

    def done():
        return [p for p in told if p.epoch is not None]

    held = (tokens(), judge)
    made = train(trunk(), tokens(), Y, HEAD, Recipe(2, 2, 1e-3, 128), 0, 1, held, told.append)
    ends = done()
    assert [p.epoch for p in ends] == [1.0, 2.0]
    assert [p.quality for p in ends] == [0.25, 0.5]
    assert [p.loss for p in ends] == [c["loss"] for c in made.curve]
    steps = [p for p in told if p.epoch is None]
    assert len(steps) == steps[-1].total == steps[-1].done
    assert {p.quality for p in steps} == {None, 0.25}
    assert all(p.loss > 0 and p.tokens_per_second > 0 for p in steps)


def test_a_tick_may_end_the_training():
    class Enough(Exception):
        pass

    def tick(p):
        if p.epoch == 1:
            raise Enough

    before = torch.get_num_threads()
    with pytest.raises(Enough):
        train(trunk(), tokens(), Y, HEAD, Recipe(3, 3, 1e-3, 128), 0, 1, tick=tick)
    assert torch.get_num_threads() == before


def after_one_step(recipe, checkpointing=False):
    """Return what a single step made of every parameter; SGD-like, so that gradients show."""
    t = trunk().computing(Compute(), checkpointing)
    seen = {}

    def adjust(_, named):
        if not seen:
            seen.update({n: p.grad.clone() for n, p in named.items()})

    t.adjust = adjust
    train(t, tokens(), Y, HEAD, recipe, 0, 2)
    return seen


def test_accumulated_gradients_are_those_of_the_one_big_batch():
    big = after_one_step(Recipe(1, 1, 1e-3, 100_000))
    many = len(length_batches(tokens().sizes, 64))
    assert many > 5
    summed = after_one_step(Recipe(1, 1, 1e-3, 64, accumulate=many))
    assert set(summed) == set(big)
    for name, grad in big.items():
        torch.testing.assert_close(summed[name], grad, atol=1e-6, rtol=1e-4, msg=name)
    part = after_one_step(Recipe(1, 1, 1e-3, 64, accumulate=2))
    assert not torch.allclose(part["head.weight"], big["head.weight"], atol=1e-4)


def test_an_epoch_has_a_step_for_each_group_of_batches():
    watched = []
    many = len(length_batches(tokens().sizes, 64))
    recipe = Recipe(2, 2, 1e-3, 64, accumulate=3)
    train(trunk(), tokens(), Y, HEAD, recipe, 0, 1, watch=watched.append)
    assert len(watched) == 2 * -(-many // 3)


def test_checkpointing_computes_the_same_gradients():
    plain = after_one_step(Recipe(1, 1, 1e-3, 512))
    twice = after_one_step(Recipe(1, 1, 1e-3, 512), checkpointing=True)
    for name, grad in plain.items():
        torch.testing.assert_close(twice[name], grad, atol=1e-7, rtol=1e-6, msg=name)
