"""Probe, partial and full on a tiny base: what each trains, keeps, chooses and estimates."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from conformance.fitted import job_of, write
from conformance.samples import rows_of
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.core.types import Examples
from undercut.models.encoder.base import resolve
from undercut.predict.predictor import load
from undercut.training import job as job_room
from undercut.training.frozen import FrozenEncoder

TASK = "text-classification"
METHODS = ("probe", "partial", "full")
WEIGHTS = "model.safetensors"


def run(method, out, **changes):
    job = job_of(TASK, method, out, **changes)
    return plugins.attr(plugins.way(method, TASK).fit)(job), job


def options(method, **values):
    return plugins.attr(plugins.way(method, TASK).options)(**values)


@pytest.mark.parametrize("method", METHODS)
def test_the_rung_is_described_and_light(method):
    info = plugins.get("method", method)
    assert info.rung == METHODS.index(method) + 1
    assert info.stack
    assert info.needs_base
    assert info.extra == "train"


@pytest.mark.parametrize("method", METHODS)
def test_what_is_trained_and_what_stays_bit_for_bit(method, tmp_path):
    fitted, job = run(method, tmp_path / "out")
    before = load_file(resolve(job.base).folder / WEIGHTS)
    after = load_file(tmp_path / "out" / WEIGHTS)
    changed = {n for n in before if not torch.equal(before[n], after[n])}
    upper = {n for n in before if n.startswith(("encoder.layer.2.", "encoder.layer.3."))}
    if method == "probe":
        assert not changed
    elif method == "partial":
        assert changed
        assert changed <= upper
    else:
        assert changed >= {n for n in upper if n.endswith("dense.weight")}
        assert any(n.startswith("encoder.layer.0.") for n in changed)
        assert "embeddings.word_embeddings.weight" in changed
    head = 3 * 32 + 3
    body = sum(before[n].numel() for n in before)
    assert fitted.total_parameters == body + head
    trained = sum(before[n].numel() for n in before) if method == "full" else 0
    trained = sum(before[n].numel() for n in upper) if method == "partial" else trained
    assert fitted.trainable_parameters == trained + head


def test_full_leaves_words_it_never_saw_untouched(tmp_path):
    rows = rows_of(TASK, 30, 0)
    few = Examples([t.replace("money", "refund") for t in rows.inputs], rows.targets, rows.rows)
    _, job = run("full", tmp_path / "out", train=few, valid=few)
    base = resolve(job.base)
    name = "embeddings.word_embeddings.weight"
    before, after = (load_file(p / WEIGHTS)[name] for p in (base.folder, tmp_path / "out"))
    frontend = job_room.open_job(job, ()).frontend
    used = sorted({i for ids in frontend.prepare(few.inputs).items for i in ids})
    rest = np.setdiff1d(np.arange(len(before)), used)
    word = frontend.tokenizer.token_to_id("money")
    assert word in rest
    assert torch.equal(before[rest], after[rest])
    assert before.shape == after.shape
    moved = (before[used] != after[used]).any(1)
    assert moved.all()


@pytest.mark.parametrize("method", METHODS)
def test_a_refit_on_the_same_rows_is_the_same_model(method, tmp_path):
    fitted, job = run(method, tmp_path / "a")
    again, job2 = run(method, tmp_path / "b", valid=None, fixed=fitted.choices)
    assert again.choices == fitted.choices
    assert again.config == fitted.config
    write(tmp_path / "one", TASK, method, fitted, job)
    write(tmp_path / "two", TASK, method, again, job2)
    texts = rows_of(TASK, 30, 5).inputs
    first, second = (load(tmp_path / n, threads=1).score(texts) for n in ("one", "two"))
    np.testing.assert_allclose(first.log_probs, second.log_probs, atol=2e-3)


@pytest.mark.parametrize("method", METHODS)
def test_the_temperature_is_the_one_validation_asks_for(method, tmp_path):
    fitted, job = run(method, tmp_path / "out")
    write(tmp_path / "m", TASK, method, fitted, job)
    assert fitted.config["temperature"] == fitted.choices["temperature"] > 0
    assert job.valid is not None
    scored = load(tmp_path / "m", threads=1).score(job.valid.inputs).log_probs
    y = job.task.encode(job.valid, job.labels)
    loss = -scored[np.arange(len(y)), y].mean()
    chosen = min(r["log_loss"] for r in fitted.curve)
    assert abs(loss - chosen) < 5e-3


@pytest.mark.parametrize("method", METHODS)
def test_without_validation_rows_or_choices_it_says_what_is_missing(method, tmp_path):
    with pytest.raises(UndercutError, match="temperature"):
        run(method, tmp_path / "out", valid=None)
    one = rows_of(TASK, 30, 0)
    one = Examples(one.inputs, [one.targets[0]] * 30, one.rows)
    with pytest.raises(UndercutError, match="two classes"):
        run(method, tmp_path / "out", train=one)


def test_a_label_only_validation_has_counts_as_wrong_and_harms_nothing(tmp_path):
    valid = rows_of(TASK, 30, 1)
    odd = Examples(valid.inputs, ["zzz-new", *valid.targets[1:]], valid.rows)
    labels = (*sorted(set(valid.targets)), "zzz-new")
    fitted, _ = run("partial", tmp_path / "out", valid=odd, labels=labels)
    best = max(r["accuracy"] for r in fitted.curve)
    assert 0.5 < best <= 29 / 30
    assert all(np.isfinite(r["log_loss"]) for r in fitted.curve)


def test_partial_computes_states_anew_when_they_take_too_much_room(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    kept, _ = run("partial", tmp_path / "a" / "out")
    none = options("partial", cache_gb=0.0)
    anew, job = run("partial", tmp_path / "b" / "out", options=none)
    assert not list(job.cache.rglob("layer*"))
    assert [r["log_loss"] for r in anew.curve] == pytest.approx(
        [r["log_loss"] for r in kept.curve], abs=5e-2
    )


def test_partial_after_a_probe_runs_only_the_lower_layers_again(tmp_path, monkeypatch):
    ran = []
    encode = FrozenEncoder._encode

    def watch(self, texts, keys, keep, finish):
        ran.append((len(texts), keep, finish))
        return encode(self, texts, keys, keep, finish)

    monkeypatch.setattr(FrozenEncoder, "_encode", watch)
    cache = tmp_path / "cache"
    fitted, _ = run("probe", tmp_path / "a", cache=cache)
    run("partial", tmp_path / "b", cache=cache)
    assert len(fitted.curve) == 3
    assert [finish for _, _, finish in ran] == [True, False, False]
    run("full", tmp_path / "c", cache=cache)
    assert len(ran) == 3


@pytest.mark.parametrize("method", ["partial", "full"])
def test_a_deadline_is_kept(method, tmp_path):
    begin = time.monotonic()
    slow = options(method, epochs=1000)
    fitted, _ = run(method, tmp_path / "out", options=slow, deadline=1.0)
    assert time.monotonic() - begin < 20
    assert fitted.choices["stop"] <= fitted.choices["epochs"] < 1000


@pytest.mark.parametrize("method", METHODS)
def test_progress_never_goes_back_within_a_stage(method, tmp_path):
    seen: dict[str, list[float]] = {}
    run(method, tmp_path / "out", tick=lambda p: seen.setdefault(p.stage, []).append(p.done))
    assert seen
    last = "probe" if method == "probe" else "train"
    assert seen[last] == sorted(seen[last])


def test_texts_longer_than_the_model_reads_are_cut_and_flagged(tmp_path):
    fitted, job = run("probe", tmp_path / "out", options=options("probe", max_tokens=8))
    write(tmp_path / "m", TASK, "probe", fitted, job)
    scored = load(tmp_path / "m", threads=1).score(["money back", "money back " * 20])
    assert list(scored.truncated) == [False, True]
    assert fitted.config["max_tokens"] == 8
    unlimited, _ = run("probe", tmp_path / "far", options=options("probe", max_tokens=4000))
    assert unlimited.config["max_tokens"] == 128  # the position table ends there


@pytest.mark.slow
@pytest.mark.parametrize("method", ["probe", "partial"])
def test_minilm_learns_from_two_hundred_rows_for_what_was_estimated(method, tmp_path, root):
    import csv

    with (root / "examples/support/support_en.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in list(csv.reader(file))[1:] if len(r[0]) < 90]
    wanted = ("reset_password", "cancel_order", "charged_twice", "item_defective")
    rows = [r for r in rows if r[1] in wanted]
    all_rows = Examples(
        [r[0] for r in rows], [r[1] for r in rows], [str(i) for i in range(len(rows))]
    )
    train, valid = all_rows.take(range(0, len(rows), 2)), all_rows.take(range(1, len(rows), 2))
    job = job_of(TASK, method, tmp_path / "out", train=train, valid=valid)
    job.base, job.labels = "minilm", tuple(sorted(wanted))
    if method == "partial":
        job.options = options("partial", epochs=2)
    info = plugins.way(method, TASK)
    expected = plugins.attr(info.estimate)(job).cpu_seconds
    begin = time.process_time()
    fitted = plugins.attr(info.fit)(job)
    took = time.process_time() - begin
    assert max(r["accuracy"] for r in fitted.curve) > 0.85
    assert expected / 3 < took < expected * 3, (expected, took)
