"""The frozen pass: padding has no effect, the cache gives back what was put in, nothing twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from conformance.samples import ODD_TEXTS, rows_of
from conformance.tiny_base import tiny_base
from undercut.models.encoder.base import resolve
from undercut.models.encoder.module import load_body, pool
from undercut.models.encoder.training import open_network
from undercut.training import frozen as room
from undercut.training.compute import Compute
from undercut.training.frozen import FrozenEncoder

TEXTS = [*rows_of("text-classification", 30, 0).inputs, *ODD_TEXTS]


@pytest.fixture
def frozen(tmp_path):
    base = resolve(str(tiny_base(tuple(TEXTS[:30]))))
    return FrozenEncoder(open_network(base, 64), 64, tmp_path, threads=2)


def alone(frozen, text, last=None):
    body = load_body(frozen.base.folder)
    ids = torch.tensor([frozen.frontend.prepare([text]).items[0]])
    mask = torch.ones_like(ids).bool()
    with torch.no_grad():
        x = body.climb(body.embed(ids), mask, 0, last)
    return x[0], pool(x, mask)[0]


def test_padding_and_company_change_nothing(frozen):
    frozen.compute = Compute()
    pooled, states = frozen.pooled(TEXTS), frozen.states(TEXTS, 2)
    for i, text in enumerate(TEXTS):
        torch.testing.assert_close(pooled[i], alone(frozen, text)[1], atol=1e-5, rtol=1e-4)
        mine = states.tokens[states.starts[i] : states.starts[i + 1]]
        torch.testing.assert_close(mine, alone(frozen, text, 2)[0], atol=1e-5, rtol=1e-4)


def test_a_batch_of_states_is_zero_where_padded(frozen):
    states = frozen.states(TEXTS, 2)
    index = np.array([3, 0, len(TEXTS) - 4])
    batch = states.batch(index)
    x, mask = batch.x, batch.mask
    assert mask.sum(1).tolist() == states.sizes[index].tolist()
    assert not x[~mask].any()
    assert torch.equal(x[1][mask[1]], states.tokens[: states.starts[1]])


def test_no_text_is_encoded_twice(frozen, monkeypatch):
    ran: list[int] = []
    run = FrozenEncoder._encode
    monkeypatch.setattr(
        FrozenEncoder,
        "_encode",
        lambda self, t, *a, **k: ran.append(len(t)) or run(self, t, *a, **k),
    )
    first = frozen.pooled([*TEXTS[:10], TEXTS[0]], keep=2)
    assert torch.equal(first[0], first[10])
    again = frozen.pooled(TEXTS[:12])
    assert torch.equal(again[:10], first[:10])
    frozen.states(TEXTS[:10], 2)
    assert ran == [10, 2]
    assert frozen.missing(TEXTS[:14], "pooled") == TEXTS[12:14]
    assert frozen.missing(TEXTS[:12], "layer2") == TEXTS[10:12]


def test_another_base_or_length_has_another_cache(frozen, tmp_path):
    other = FrozenEncoder(open_network(frozen.base, 32), 32, tmp_path, 1)
    assert other.folder != frozen.folder


def test_a_killed_write_leaves_nothing_that_is_read(frozen, monkeypatch):
    def torn(tensors, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "save_file", torn)
    with pytest.raises(KeyboardInterrupt):
        frozen.pooled(TEXTS[:3])
    monkeypatch.undo()
    assert frozen.missing(TEXTS[:3], "pooled") == TEXTS[:3]
    assert torch.isfinite(frozen.pooled(TEXTS[:3])).all()


def test_low_precision_is_near_the_exact_pass(frozen, tmp_path):
    frozen.compute = Compute()
    low = FrozenEncoder(frozen.network, 64, tmp_path / "low", 1)
    low.compute = Compute(dtype=torch.bfloat16)
    cosine = torch.cosine_similarity(frozen.pooled(TEXTS), low.pooled(TEXTS))
    assert cosine.min() > 0.999
