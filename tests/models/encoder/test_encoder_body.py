"""Our body computes what transformers computes, and the files open with transformers."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.core.errors import UndercutError
from undercut.models.encoder.base import resolve
from undercut.models.encoder.module import load_body, pool, save_model

TEXTS = tuple(rows_of("text-classification", 60, 0).inputs)


def ids_and_mask(vocabulary: int, pad: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    ids = torch.randint(5, vocabulary, (4, 9), generator=rng)
    mask = torch.arange(9) < torch.tensor([9, 4, 1, 7])[:, None]
    return ids.masked_fill(~mask, pad), mask


def same_as_transformers(folder, pad=0):
    from transformers import AutoModel

    theirs = AutoModel.from_pretrained(folder, attn_implementation="eager").float().eval()
    body = load_body(folder)
    ids, mask = ids_and_mask(body.words.num_embeddings, pad)
    with torch.no_grad():
        want = theirs(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        got = body.climb(body.embed(ids), mask)
    torch.testing.assert_close(got[mask], want[mask], atol=2e-5, rtol=1e-4)


def test_bert():
    same_as_transformers(tiny_base(TEXTS))


@pytest.mark.parametrize("act", ["gelu_new", "relu"])
def test_other_activations(tmp_path, act):
    shutil.copytree(tiny_base(TEXTS), tmp_path / "m")
    config = json.loads((tmp_path / "m/config.json").read_text())
    (tmp_path / "m/config.json").write_text(json.dumps({**config, "hidden_act": act}))
    same_as_transformers(tmp_path / "m")


def test_roberta_counts_positions_from_its_padding_id(tmp_path):
    from transformers import RobertaConfig, RobertaModel

    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=60,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=40,
        type_vocab_size=1,
        pad_token_id=1,
    )
    RobertaModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    same_as_transformers(tmp_path, pad=1)
    shutil.copyfile(tiny_base(TEXTS) / "tokenizer.json", tmp_path / "tokenizer.json")
    base = resolve(str(tmp_path))
    assert (base.longest, base.pad_id, base.layers, base.width) == (38, 1, 2, 32)


def test_a_checkpoint_with_a_prefix_and_old_norm_names_opens(tmp_path):
    folder = tiny_base(TEXTS)
    shutil.copyfile(folder / "config.json", tmp_path / "config.json")
    old = {
        "bert." + k.replace("LayerNorm.weight", "LayerNorm.gamma"): v
        for k, v in load_file(folder / "model.safetensors").items()
    }
    save_file(old, tmp_path / "model.safetensors")
    want, got = load_body(folder).state_dict(), load_body(tmp_path).state_dict()
    assert all(torch.equal(want[k], got[k]) for k in want)


def test_missing_tensors_are_one_clear_error(tmp_path):
    folder = tiny_base(TEXTS)
    shutil.copyfile(folder / "config.json", tmp_path / "config.json")
    some = dict(list(load_file(folder / "model.safetensors").items())[:-1])
    save_file(some, tmp_path / "model.safetensors")
    with pytest.raises(UndercutError, match="tensors of a BERT-like model"):
        load_body(tmp_path)


def test_saved_files_hold_what_was_trained_and_all_else_bit_for_bit(tmp_path):
    from transformers import AutoModel, AutoTokenizer

    base = resolve(str(tiny_base(TEXTS)))
    trained = {"layers.3.widen.weight": torch.ones(64, 32)}
    save_model(tmp_path, base, np.eye(3, 32), np.zeros(3), trained)
    before = load_file(base.folder / "model.safetensors")
    after = load_file(tmp_path / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {k for k in before if not torch.equal(before[k], after[k])}
    assert changed == {"encoder.layer.3.intermediate.dense.weight"}
    model = AutoModel.from_pretrained(tmp_path)
    assert torch.equal(model.encoder.layer[3].intermediate.dense.weight, torch.ones(64, 32))
    said = AutoTokenizer.from_pretrained(tmp_path)("money back")["input_ids"]
    assert len(said) == 4


def test_half_precision_bases_are_saved_in_float32(tmp_path):
    folder = tmp_path / "half"
    shutil.copytree(tiny_base(TEXTS), folder)
    halves = {k: v.half() for k, v in load_file(folder / "model.safetensors").items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float16"}))
    out = tmp_path / "out"
    out.mkdir()
    exact = torch.full((64, 32), 1 / 3)
    save_model(
        out, resolve(str(folder)), np.eye(3, 32), np.zeros(3), {"layers.0.widen.weight": exact}
    )
    assert torch.equal(load_body(out).get_parameter("layers.0.widen.weight"), exact)
    assert json.loads((out / "config.json").read_text())["dtype"] == "float32"
    assert {v.dtype for v in load_file(out / "model.safetensors").values()} == {torch.float32}


def test_pooling():
    x = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [99.0, 99.0]]])
    mask = torch.tensor([[True, True, False]])
    assert pool(x, mask).tolist() == [[2.0, 3.0]]
    assert pool(x, mask, "cls").tolist() == [[1.0, 2.0]]
