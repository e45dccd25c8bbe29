"""Finding a base model: aliases are checked, folders are checked, errors say what to do."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil

import pytest

from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.core.errors import IntegrityError, MissingExtra, UndercutError
from undercut.models.encoder import base as room
from undercut.models.encoder.base import ALIASES, resolve, unknown_share

TEXTS = tuple(rows_of("text-classification", 60, 0).inputs)


def test_the_bundled_alias_is_the_model_it_says():
    found = resolve("minilm")
    assert found.sha256 == ALIASES["minilm"].sha256
    assert found.ref.licence == "Apache-2.0"
    assert (found.layers, found.width, found.longest, found.pooling) == (6, 384, 512, "mean")


def test_other_weights_under_the_alias_are_refused(monkeypatch):
    wrong = dataclasses.replace(ALIASES["minilm"], sha256="0" * 64)
    monkeypatch.setitem(ALIASES, "minilm", wrong)
    with pytest.raises(IntegrityError, match="SHA-256 0000"):
        resolve("minilm")


def test_a_missing_wheel_names_the_pip_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "undercut\[train\]"'):
        resolve("minilm")


def test_a_local_folder_and_its_hash():
    folder = tiny_base(TEXTS)
    found = resolve(str(folder))
    assert found.folder == folder.resolve()
    assert found.sha256 == room.file_sha256(folder / "model.safetensors")


def test_everything_wrong_with_a_folder_is_said_at_once(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(UndercutError) as caught:
        resolve(str(tmp_path))
    text = str(caught.value)
    assert all(w in text for w in ("model.safetensors", "tokenizer.json", "gpt2"))
    assert len(caught.value.problems) == 3


def test_a_name_nobody_knows_suggests_the_alias():
    with pytest.raises(UndercutError, match="Did you mean 'minilm'"):
        resolve("minlm")


def test_a_hub_that_cannot_be_reached_is_one_error_that_names_the_aliases(monkeypatch):
    import huggingface_hub

    def offline(*_, **__):
        raise ConnectionError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(UndercutError, match=r"bundled alias \(minilm\)"):
        resolve("some/model")


def test_the_share_of_unknown_tokens():
    folder = tiny_base(TEXTS)
    assert unknown_share(folder, list(TEXTS)) == 0.0
    assert unknown_share(folder, ["日本語", "кириллица"]) == 1.0
    assert unknown_share(folder, []) == 0.0
    chinese = ["我的快递到哪里了", "请帮我取消订单"]
    assert unknown_share(resolve("minilm").folder, chinese) > 0.2
    assert unknown_share(resolve("minilm").folder, ["where is my parcel"]) == 0.0


def test_the_pooling_a_model_was_made_for(tmp_path):
    shutil.copytree(tiny_base(TEXTS), tmp_path / "m")
    (tmp_path / "m/1_Pooling").mkdir()
    said = tmp_path / "m/1_Pooling/config.json"
    said.write_text(json.dumps({"pooling_mode_cls_token": True}))
    assert resolve(str(tmp_path / "m")).pooling == "cls"
