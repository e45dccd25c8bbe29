"""Logistic regression, temperature, the trimmed word table, the schedule."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.models.encoder.module import load_body
from undercut.training.compute import Compute
from undercut.training.logistic import fit_logistic
from undercut.training.schedule import LEAST_STEPS, MOST_EPOCHS, recipe_for
from undercut.training.temperature import fit_temperature, log_loss
from undercut.training.vocabulary import restore, trim, used_ids


def test_logistic_regression_is_scikit_learns():
    rng = np.random.default_rng(0)
    y = np.arange(300) % 4
    x = (rng.normal(size=(4, 8))[y] + rng.normal(size=(300, 8))).astype(np.float32)
    for c in (0.3, 10.0):
        w, b, _ = fit_logistic(torch.from_numpy(x), torch.from_numpy(y), 4, c)
        theirs = LogisticRegression(C=c, tol=1e-8, max_iter=1000).fit(x.astype(np.float64), y)
        p = torch.softmax(torch.from_numpy(x) @ w.T + b, 1).numpy()
        np.testing.assert_allclose(p, theirs.predict_proba(x.astype(np.float64)), atol=5e-3)


def test_temperature_finds_what_was_put_in():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20_000, 5)) * 2
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    y = (p.cumsum(1) > rng.random((len(p), 1))).argmax(1)
    assert abs(fit_temperature(z * 3, y) - 3) < 0.15
    assert log_loss(z * 3, y, 3.0) < log_loss(z * 3, y, 1.0)


def test_a_trimmed_table_computes_the_same_and_comes_back_whole():
    rows = rows_of("text-classification", 6, 0)
    folder = tiny_base(tuple(rows_of("text-classification", 60, 0).inputs))
    body, small = load_body(folder), load_body(folder)
    whole = small.words.weight.detach()
    used = used_ids([[2, 9, 11, 3], [2, 20, 3]], pad_id=0)
    renumber = trim(small, used)
    ids = torch.tensor([[2, 9, 11, 3], [2, 20, 3, 0]])
    got = small.embed(torch.from_numpy(renumber[ids.numpy()]))
    assert torch.equal(got, body.embed(ids))
    assert len(small.words.weight) == len(used) < len(whole)
    table = restore(whole, used, small.words.weight.detach() + 1)
    untouched = np.setdiff1d(np.arange(len(whole)), used)
    assert torch.equal(table[untouched], whole[untouched])
    assert torch.equal(table[used], whole[used] + 1)
    assert len(rows)


def test_few_rows_are_gone_through_more_often_and_fixed_choices_win():
    def recipe(n, **fixed):
        return recipe_for(np.full(n, 16), None, 3, None, 3e-4, 384, 1024, fixed)

    assert recipe(9000).epochs == 3
    assert 3 < recipe(1000).epochs <= MOST_EPOCHS
    assert recipe(50).epochs == min(MOST_EPOCHS, -(-LEAST_STEPS // 8))
    again = recipe(1000, epochs=5.0, stop=4.0, rate=1e-3)
    assert (again.epochs, again.stop, again.rate) == (5.0, 4.0, 1e-3)
    assert recipe_for(np.full(9, 9), None, 3, None, 3e-4, 768, 1024, {}).rate == 1.5e-4
    assert recipe_for(np.full(9, 9), 7, 3, 1e-5, 3e-4, 768, 1024, {}).epochs == 7


def test_the_quick_float32_is_only_inside_its_block_and_near_the_exact_product():
    a = torch.randn(64, 384, generator=torch.Generator().manual_seed(0))
    exact = a.double() @ a.double().T
    before = torch.get_float32_matmul_precision()
    with Compute().products():
        assert torch.get_float32_matmul_precision() == "medium"
        quick = a @ a.T
    assert torch.get_float32_matmul_precision() == before
    assert (quick - exact).abs().max() < 0.01 * exact.abs().max()
