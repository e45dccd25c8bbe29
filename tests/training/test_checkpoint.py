"""Killed at any step, training goes on to the same weights; what is not a checkpoint is ignored."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.models.encoder.base import resolve
from undercut.models.encoder.module import load_body
from undercut.models.encoder.training import CosineHead, open_network
from undercut.training import checkpoint
from undercut.training.compute import Compute
from undercut.training.loop import Recipe, train
from undercut.training.sources import Tokens
from undercut.training.trunk import Trunk

SEED = 20261124
ROWS = rows_of("text-classification", 60, 0)
OPTIONS = {"epochs": 3, "batch_tokens": 128}
CASES = [
    {"method": "full", "kills": 2, "options": OPTIONS},
    {"method": "partial", "kills": 1, "options": OPTIONS | {"checkpointing": True}},
    {"method": "adalora", "kills": 1, "options": OPTIONS | {"accumulate": 2}},
]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_killed_at_any_step_it_ends_with_the_same_weights(tmp_path):
    rng = random.Random(SEED)
    cases = [c | {"kills": sorted(rng.sample(range(1, 11), c["kills"]))} for c in CASES]
    print("killed after steps", [c["kills"] for c in cases])
    plan = tmp_path / "plan.json"
    base = str(tiny_base(tuple(rows_of("text-classification", 60, 0).inputs)))
    plan.write_text(json.dumps({"base": base, "folder": str(tmp_path), "cases": cases}))
    subprocess.run([sys.executable, Path(__file__).with_name("killed.py"), plan], check=True)
    for case in cases:
        calm, resumed = (tmp_path / f"{case['method']}-{w}" for w in ("calm", "resumed"))
        told = [json.loads((p / "told.json").read_text()) for p in (calm, resumed)]
        assert told[0]["first"] == 1
        assert told[1]["first"] == case["kills"][-1] + 1, "it did not go on where it was killed"
        assert told[0]["choices"] == told[1]["choices"]
        assert told[0]["curve"] == told[1]["curve"]
        files = sorted(p.name for p in calm.glob("*.safetensors"))
        assert files
        for name in files:
            assert (calm / name).read_bytes() == (resumed / name).read_bytes(), (case, name)


class Stop(Exception):
    pass


class Case:
    """A small training with a checkpoint; ``notes`` are what the user would be told."""

    def __init__(self, path: Path):
        self.path, self.notes = path, []
        self.base = resolve(str(tiny_base(tuple(ROWS.inputs))))
        self.network = open_network(self.base, 64)
        order = sorted(set(ROWS.targets))
        self.y = torch.tensor([order.index(t) for t in ROWS.targets])

    def run(self, stop_at: int | None = None, rate: float = 1e-3, dtype=torch.float32):
        def tick(p):
            if p.note:
                self.notes.append(p.note)
            elif stop_at is not None and p.done == stop_at:
                raise Stop

        head = torch.randn(3, 32, generator=torch.Generator().manual_seed(1))
        trunk = Trunk(self.network, load_body(self.base.folder)).computing(Compute(dtype=dtype))
        frontend = self.network.frontend
        return train(
            trunk, Tokens(frontend, frontend.prepare(ROWS.inputs)), self.y,
            CosineHead(F.normalize(head, dim=-1)), Recipe(3, 3, rate, 128), 0, 1,
            tick=tick, checkpoint=self.path,
        )  # fmt: skip

    def same(self, one, other):
        return all(torch.equal(v, other.tensors[n]) for n, v in one.tensors.items())


@pytest.fixture
def case(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    made = Case(tmp_path / "x.safetensors")
    with pytest.raises(Stop):
        made.run(stop_at=9)
    made.calm = Case(tmp_path / "none").run()
    return made


def test_it_goes_on(case):
    assert case.same(case.run(), case.calm)
    assert case.notes == ["going on from a checkpoint"]


def torn(path):
    path.write_bytes(path.read_bytes()[:-1000])


def edited(path):
    whole = bytearray(path.read_bytes())
    whole[-7] ^= 1
    path.write_bytes(whole)


def other_record(path):
    with checkpoint.safe_open(path, "pt") as f:
        said = f.metadata()
    said["record"] = said["record"].replace('"step": 8', '"step": 7')
    save_file(load_file(path), path, metadata=said)


def rubbish(path):
    path.write_bytes(b"no checkpoint at all")


@pytest.mark.parametrize("spoil", [torn, edited, other_record, rubbish])
def test_a_spoilt_checkpoint_is_ignored_with_a_note(case, spoil):
    before = case.path.read_bytes()
    spoil(case.path)
    assert case.path.read_bytes() != before
    assert case.same(case.run(), case.calm)
    assert len(case.notes) == 1
    assert case.notes[0].startswith("checkpoint ignored, training starts anew: ")


def test_a_checkpoint_of_another_fit_is_ignored(case):
    faster = Case(case.path.with_name("no")).run(rate=2e-3)
    assert case.same(case.run(rate=2e-3), faster)
    assert "another fit" in case.notes[0]


def test_what_a_kill_left_half_written_is_deleted(case):
    half = case.path.with_name(f".{case.path.name}.tmp")
    half.write_bytes(case.path.read_bytes()[:1000])
    assert case.same(case.run(), case.calm)
    assert not half.exists()


def test_a_full_disk_leaves_the_older_one_whole_and_nothing_else(case):
    resource = pytest.importorskip("resource", reason="limits of file sizes are POSIX")
    before, limits = case.path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(Exception, match="os error 27"):
            case.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert case.path.read_bytes() == before
    assert not list(case.path.parent.glob(".*"))
    assert case.same(case.run(), case.calm)


def test_one_is_written_when_it_is_time(case, monkeypatch):
    case.path.unlink()
    monkeypatch.setattr(checkpoint, "EVERY", 1e9)
    monkeypatch.setattr(checkpoint, "EPOCH", 1e9)
    case.run()
    assert not case.path.exists()
    monkeypatch.setattr(checkpoint, "EPOCH", 0.0)
    case.run()
    assert case.path.exists()
    assert not list(case.path.parent.glob("*.tmp"))
