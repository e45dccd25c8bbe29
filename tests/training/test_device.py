"""Devices and formats: what is picked, measured, remembered; and that nothing is left behind."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from training.test_checkpoint import ROWS, Case
from undercut.core.errors import UndercutError
from undercut.models.encoder.module import load_body
from undercut.models.encoder.training import CosineHead
from undercut.training import device
from undercut.training.compute import Compute
from undercut.training.loop import Recipe, train
from undercut.training.sources import LowerLayers, Tokens
from undercut.training.trunk import Trunk

HERE = {"cuda": False, "mps": False, "cpu": True}


def test_the_best_device_there_is():
    assert device.pick("auto", HERE) == "cpu"
    assert device.pick("auto", HERE | {"mps": True}) == "mps"
    assert device.pick("auto", {"cuda": True, "mps": True, "cpu": True}) == "cuda"
    assert device.pick("cpu", HERE | {"cuda": True}) == "cpu"
    with pytest.raises(UndercutError, match="--device auto"):
        device.pick("cuda", HERE)


def test_formats_by_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    old = device.usual("cuda")
    assert (old.dtype, old.scales_loss) == (torch.float16, True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert (device.usual("cuda").dtype, device.usual("cuda").scales_loss) == (torch.bfloat16, False)
    assert {c.dtype for c in device.candidates("mps")} == {torch.float32, torch.float16}
    for name in HERE:
        options = device.candidates(name)
        assert options[0] == device.usual(name)
        assert {c.fused for c in options} == {False, True}
        assert {"highest", "medium"} <= {c.matmul for c in options}


def test_only_a_clear_gain_moves_the_settings():
    a, b = Compute(), Compute(fused=True)
    assert device.choose({a: 1.0, b: 0.9}) == a
    assert device.choose({a: 1.0, b: 0.8}) == b


def test_measured_once_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "SECONDS", 0.0)
    first = device.settings("cpu", tmp_path)
    path = device.record_path(tmp_path, "cpu")
    record = json.loads(path.read_text())
    assert record["chosen"] == first.facts()
    assert all(m["ms"] > 0 for m in record["milliseconds"])
    record["chosen"]["attention"] = "sdpa"
    path.write_text(json.dumps(record))
    assert device.settings("auto", tmp_path).fused
    path.write_text("{")
    assert device.settings("cpu", tmp_path) == first
    assert json.loads(path.read_text())["chosen"] == first.facts()


def rounds(case, compute, **recipe):
    frontend = case.network.frontend
    source = Tokens(frontend, frontend.prepare(ROWS.inputs))
    trunk = Trunk(case.network, load_body(case.base.folder)).computing(compute)
    head = CosineHead(torch.eye(32)[:3])
    facts = {"epochs": 4, "stop": 4, "rate": 2e-3, "batch_tokens": 128} | recipe
    return train(trunk, source, case.y, head, Recipe(**facts), 0, 2)


def test_float16_with_loss_scaling_learns_as_float32_does(tmp_path):
    case = Case(tmp_path / "x")
    exact = rounds(case, Compute())
    half = rounds(case, Compute(dtype=torch.float16))
    assert half.curve[-1]["loss"] < half.curve[0]["loss"] / 1.3
    assert abs(half.curve[-1]["loss"] - exact.curve[-1]["loss"]) < 0.2
    assert all(torch.isfinite(v).all() for v in half.tensors.values())


def test_both_attentions_give_the_same(tmp_path):
    case = Case(tmp_path / "x")
    body = load_body(case.base.folder)
    batch = Tokens(case.network.frontend, case.network.frontend.prepare(ROWS.inputs[:9])).batch(
        np.arange(9)
    )
    each = []
    for fused in (False, True):
        body.fused = fused
        with torch.no_grad():
            each.append(body.climb(body.embed(batch.x), batch.mask)[batch.mask])
    torch.testing.assert_close(each[0], each[1], atol=1e-5, rtol=1e-4)


def test_everything_a_step_needs_is_moved_to_the_device(tmp_path):
    """Meta tensors have shapes but no values, and most products of them with others fail."""
    case = Case(tmp_path / "x")
    frontend = case.network.frontend
    read = Tokens(frontend, frontend.prepare(ROWS.inputs))
    body, head = load_body(case.base.folder).to("meta"), CosineHead(torch.eye(32)[:3]).to("meta")
    trunk = Trunk(case.network, body).computing(Compute("meta", torch.bfloat16))
    assert all(v.device.type == "meta" for v in trunk.exact.values())
    index = np.arange(5)
    batch = read.batch(index).to("meta")
    assert {a.device.type for a in batch.arrays.values()} == {"meta"}
    assert trunk.answer(batch, head).device.type == "meta"
    states = LowerLayers(body, read, 2).batch(index)
    assert states.x.device.type == states.mask.device.type == "meta"
    upper = Trunk(case.network, body, 2, tables=False)
    assert upper.answer(states, head).device.type == "meta"
    with pytest.raises(RuntimeError, match="device"):
        upper.answer(LowerLayers(load_body(case.base.folder), read, 2).batch(index), head)
