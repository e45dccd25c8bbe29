"""Integrated gradients: complete, equal to a fine Riemann sum, and laid on the right letters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from conformance.fitted import fitted
from conformance.samples import ODD_TEXTS
from undercut.models.encoder import gradients
from undercut.models.encoder.explain import open_explainer
from undercut.models.encoder.gradients import TOLERANCE
from undercut.predict.predictor import load
from undercut.store import artefacts

TEXT = "money back charged 退款 my order"


@pytest.fixture(scope="module")
def folder():
    return fitted("text-classification", "probe")[0]


@pytest.fixture(scope="module")
def explainer(folder):
    return open_explainer(folder, artefacts.read_manifest(folder))


@pytest.mark.parametrize("text", [TEXT, "where parcel late", *ODD_TEXTS])
def test_shares_are_complete_and_scores_are_those_served(folder, explainer, text):
    found = explainer.attribute(text, [0, 2])
    change, gap = found.scores - found.start, found.gap
    assert (np.abs(gap) <= TOLERANCE * np.maximum(np.abs(change), 1.0)).all()
    assert abs(gap[0] - gap[1]) <= TOLERANCE * max(abs(change[0] - change[1]), 1.0)
    served = load(folder, threads=1).score([text])
    log_odds = float(served.log_probs[0, 0] - served.log_probs[0, 2])
    assert found.scores[0] - found.scores[1] == pytest.approx(log_odds, abs=1e-3)
    assert found.truncated == served.truncated[0]


def test_equal_to_a_fine_riemann_sum(explainer):
    """The definition, written out naively: gradients at 200 midpoints of the straight path."""
    module, tokenizer = explainer._module, explainer._frontend.tokenizer
    read = tokenizer.encode(TEXT)
    mask_id = tokenizer.token_to_id("[MASK]")
    blank = [i if s else mask_id for i, s in zip(read.ids, read.special_tokens_mask, strict=True)]
    table = module.body.words.weight.detach()
    a, b = table[blank], table[read.ids]
    at = (torch.arange(200)[:, None, None] + 0.5) / 200
    x = (a + at * (b - a)).requires_grad_()  # (200, T, D)
    hidden = x + module.body.positions.weight[: len(a)] + module.body.kinds.weight[0]
    hidden = module.body.climb(module.body.norm(hidden), torch.ones(x.shape[:2], dtype=torch.bool))
    e = hidden.mean(1)
    e = e / e.norm(dim=-1, keepdim=True) if module.normalise else e
    logit = module.scale * (e @ module.weight[1]) + module.bias[1]
    (slope,) = torch.autograd.grad(logit.sum(), x)
    total = slope.mean(0)
    expected = ((b - a) * total).sum(-1).numpy() / explainer._frontend.temperature
    found = explainer.attribute(TEXT, [1]).shares[:, 0]
    for (begin, end), share in zip(read.offsets, expected, strict=True):
        if end > begin:
            assert found[begin:end].sum() == pytest.approx(share, abs=2e-3)
    assert np.abs(expected[np.array(read.special_tokens_mask, bool)]).max() == 0


def test_pieces_lie_on_their_letters(explainer):
    text = "  MONEY，退"
    found = np.abs(explainer.attribute(text, [0]).shares[:, 0])
    assert found[:2].max() == 0  # spaces
    assert found[2:7].min() > 0


def test_steps_are_doubled_until_it_adds_up(explainer, monkeypatch):
    monkeypatch.setattr(gradients, "STEPS", (1, 64))
    assert explainer.attribute(TEXT, [0, 1]).steps == 64
