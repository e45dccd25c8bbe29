"""lora, adalora, prefix, prompt, adapter, bitfit: what is trained and kept, and who can open it."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from conformance.fitted import fitted, job_of, write
from conformance.samples import ODD_TEXTS, rows_of
from undercut.core import plugins
from undercut.core.errors import IntegrityError, UndercutError
from undercut.models.adapted import shared
from undercut.models.adapted.export import merged
from undercut.models.adapted.files import CONFIG, WEIGHTS, find_base
from undercut.models.encoder.base import resolve
from undercut.predict.predictor import load
from undercut.store import artefacts

TASK = "text-classification"
IN_PEFT = ("lora", "adalora", "prefix", "prompt")
METHODS = (*IN_PEFT, "adapter", "bitfit")
MERGED = ("lora", "adalora", "bitfit")


def options(method, **values):
    return plugins.attr(plugins.way(method, TASK).options)(**values)


def fit(method, out, **changes):
    job = job_of(TASK, method, out, **changes)
    return plugins.attr(plugins.way(method, TASK).fit)(job), job


@functools.cache
def merged_artefact(method):
    """Fit with ``merge`` on and the rest as conformance does; return the artefact."""
    place = Path(tempfile.mkdtemp(prefix="merged-"))
    made, job = fit(method, place / "out", options=options(method, merge=True))
    write(place / "artefact", TASK, method, made, job)
    return place / "artefact", made


@pytest.mark.parametrize("method", METHODS)
def test_only_the_difference_is_trained_and_written(method):
    folder, made = fitted(TASK, method)
    tensors = load_file(folder / WEIGHTS)
    head = load_file(folder / "head.safetensors")
    size = sum(t.numel() for t in tensors.values())
    labels = sum(t.numel() for t in head.values())
    assert not list(folder.glob("model.safetensors"))
    if method == "adalora":  # the directions that were dropped are trained but not written
        assert size + labels < made.trainable_parameters
    else:
        assert size + labels == made.trainable_parameters
    base = find_base(folder, artefacts.read_manifest(folder))
    plain = sum(t.numel() for t in load_file(base.folder / "model.safetensors").values())
    added = 0 if method == "bitfit" else made.trainable_parameters - labels
    if method == "adapter":  # the norms trained with the bottlenecks are the base's
        added -= sum(t.numel() for n, t in tensors.items() if "adapter" not in n)
    assert made.total_parameters == plain + labels + added


def test_the_ranks_of_adalora_shrink_to_what_was_asked():
    folder, _ = fitted(TASK, "adalora")
    settings, tensors = json.loads((folder / CONFIG).read_text()), load_file(folder / WEIGHTS)
    start, end = settings["init_r"], settings["target_r"]
    ranks = [len(t) for n, t in tensors.items() if n.endswith("lora_A")]
    assert len(ranks) == 4 * 6  # layers, linear layers each
    assert end < start
    assert np.mean(ranks) < start
    assert np.mean(ranks) == pytest.approx(end, rel=0.05)
    assert len(set(ranks)) > 1  # spent where it matters, not evenly
    assert [sum(p) for p in settings["rank_pattern"].values()] == [
        len(tensors[f"base_model.model.{n}".replace("lora_E", "lora_A")])
        for n in settings["rank_pattern"]
    ]
    assert all((t != 0).all() for n, t in tensors.items() if n.endswith("lora_E"))


def test_adalora_keeps_no_state_from_before_the_ranks_were_final():
    _, made = fitted(TASK, "adalora")
    assert made.choices["stop"] / made.choices["epochs"] >= 0.6


@pytest.mark.parametrize("method", IN_PEFT)
def test_plain_peft_opens_the_folder_and_computes_the_same(method):
    from peft import PeftModel
    from transformers import AutoModel

    folder, _ = fitted(TASK, method)
    manifest = artefacts.read_manifest(folder)
    base = find_base(folder, manifest)
    body = AutoModel.from_pretrained(base.folder, attn_implementation="eager")
    model = PeftModel.from_pretrained(body, str(folder)).eval()
    ours = load(folder, threads=1)
    texts = rows_of(TASK, 12, 7).inputs
    prepared = ours._scorer.frontend.prepare(texts)
    arrays = ours._scorer.frontend.collate(prepared, np.arange(len(texts)))
    ids, mask = (torch.from_numpy(arrays[n]) for n in ("input_ids", "attention_mask"))
    with torch.no_grad():
        x = model(input_ids=ids, attention_mask=mask).last_hidden_state
        x = x[:, -ids.shape[1] :]  # the virtual tokens of a prompt come out too
        e = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        head = load_file(folder / "head.safetensors")
        e = torch.nn.functional.normalize(e, dim=-1)
        logits = manifest.config["scale"] * e @ head["weight"].T + head["bias"]
    with torch.no_grad():
        found = ours._scorer.wide.run(arrays)
    np.testing.assert_allclose(found, logits.numpy(), atol=1e-4)
    start = AutoModel.from_pretrained(base.folder)
    with torch.no_grad():
        plain = start(input_ids=ids, attention_mask=mask).last_hidden_state
    assert (plain - x).abs().max() > 1e-3  # the adapter does something


@pytest.mark.parametrize("method", MERGED)
def test_merged_and_unmerged_answer_alike(method):
    apart, _ = fitted(TASK, method)
    whole, made = merged_artefact(method)
    assert made.architecture == "encoder"
    texts = [*rows_of(TASK, 24, 5).inputs, *ODD_TEXTS]
    a, b = (load(f, threads=1).score(texts).log_probs for f in (apart, whole))
    np.testing.assert_allclose(np.exp(a), np.exp(b), atol=1e-4)
    before = load_file(resolve(job_base()).folder / "model.safetensors")
    after = load_file(whole / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {n for n in before if not torch.equal(before[n], after[n])}
    end = ".bias" if method == "bitfit" else ".weight"
    assert changed
    assert all(n.endswith(end) for n in changed)


def job_base():
    return job_of(TASK, "lora", Path(tempfile.mkdtemp()) / "out").base


def test_adapters_of_one_base_hold_its_weights_once():
    first, second = (load(fitted(TASK, m)[0], "torch", threads=1) for m in ("lora", "bitfit"))
    texts = rows_of(TASK, 6, 5).inputs
    before = first.score(texts).log_probs
    assert (second.score(texts).log_probs != before).any()
    bodies = [p._scorer.wide.module.body for p in (first, second)]
    own = [{t.data_ptr() for t in b.parameters()} for b in bodies]
    common = own[0] & own[1]
    shared_bytes = sum(t.numel() * 4 for t in bodies[0].parameters() if t.data_ptr() in common)
    whole = sum(t.numel() * 4 for t in shared.shared_body(resolve(job_base())).parameters())
    assert shared_bytes > 0.9 * whole
    np.testing.assert_array_equal(first.score(texts).log_probs, before)


def test_a_base_nobody_uses_any_more_is_let_go(tmp_path):
    import gc

    copy = shutil.copytree(job_base(), tmp_path / "copy")
    tensors = load_file(copy / "model.safetensors")
    from safetensors.torch import save_file

    save_file({k: v + 1 for k, v in tensors.items()}, copy / "model.safetensors", {"format": "pt"})
    base = resolve(str(copy))
    body = shared.shared_body(base)
    assert base.sha256 in shared._held
    del body
    gc.collect()
    assert base.sha256 not in shared._held


def test_a_base_that_is_elsewhere_is_found_beside_the_artefact(tmp_path):
    folder = moved(tmp_path, "gone")
    with pytest.raises(UndercutError) as e:
        load(folder, threads=1)
    assert e.value.code == "adapter-base"
    assert str(folder.parent / "base") in str(e.value)
    shutil.copytree(job_base(), folder.parent / "base")
    texts = rows_of(TASK, 6, 5).inputs
    expected = load(fitted(TASK, "bitfit")[0], threads=1).score(texts).log_probs
    np.testing.assert_array_equal(load(folder, threads=1).score(texts).log_probs, expected)


def test_another_base_or_tokenizer_is_refused(tmp_path):
    folder = moved(tmp_path, "gone")
    near = shutil.copytree(job_base(), folder.parent / "base")
    tokenizer = near / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    with pytest.raises(IntegrityError, match="tokenizer"):
        load(folder, threads=1)
    weights = near / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(bytes(data))
    with pytest.raises(UndercutError, match="SHA-256"):
        load(folder, threads=1)


def moved(tmp_path, base):
    """Return a copy of the bitfit artefact whose base is somewhere else."""
    source = fitted(TASK, "bitfit")[0]

    def fill(out):
        for name in (WEIGHTS, "head.safetensors"):
            shutil.copyfile(source / name, out / name)
        settings = json.loads((source / CONFIG).read_text()) | {"base_model_name_or_path": base}
        (out / CONFIG).write_text(json.dumps(settings))

    manifest = artefacts.read_manifest(source).model_copy(update={"files": {}})
    artefacts.write(tmp_path / "models" / "moved", manifest, fill)
    return tmp_path / "models" / "moved"


@pytest.mark.parametrize("method", ["prefix", "prompt"])
def test_virtual_tokens_take_room_from_long_texts_and_no_more(method, tmp_path):
    folder, _ = fitted(TASK, method)
    ours = load(folder, threads=1)
    assert artefacts.read_manifest(folder).config["max_tokens"] == 128 - 10
    scored = ours.score(["money " * 117, "money " * 115])
    assert list(scored.truncated) == [True, False]
    with pytest.raises(UndercutError) as e:
        fit(method, tmp_path / "out", options=options(method, tokens=125))
    assert e.value.code == "adapter-tokens"
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("method", ["lora", "adalora"])
def test_a_deadline_ends_the_fit_with_a_whole_model(method, tmp_path):
    made, job = fit(
        method, tmp_path / "out", deadline=0.6, options=options(method, epochs=1000, rate=1e-3)
    )
    assert made.choices["stop"] < 1000
    write(tmp_path / "artefact", TASK, method, made, job)
    assert len(load(tmp_path / "artefact", threads=1).predict(["money back"])) == 1
    if method == "adalora":
        tensors = load_file(tmp_path / "artefact" / WEIGHTS)
        ranks = [len(t) for n, t in tensors.items() if n.endswith("lora_A")]
        assert np.mean(ranks) < 16


def test_merging_leaves_the_shared_base_as_it_was():
    folder, _ = fitted(TASK, "lora")
    base = find_base(folder, artefacts.read_manifest(folder))
    held = shared.shared_body(base)
    before = {n: p.clone() for n, p in held.named_parameters()}
    from undercut.models.adapted.attach import attach

    tensors = merged(attach(shared.shared_body(base), folder))
    name = "encoder.layer.0.attention.self.query.weight"
    assert not np.array_equal(tensors[name], before["layers.0.query.weight"].numpy())
    assert all(torch.equal(p, before[n]) for n, p in held.named_parameters())
