"""int8: smaller, agrees, refuses what it cannot do, saturation is noticed."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from conformance.fitted import forms
from conformance.samples import rows_of
from undercut.compression.quantise import saturation
from undercut.compression.quantise.compress import compress
from undercut.compression.quantise.options import QuantiseOptions
from undercut.compression.quantise.saturation import saturates
from undercut.core.errors import UndercutError
from undercut.core.processor import instructions
from undercut.core.shrinking import ShrinkJob
from undercut.predict.predictor import load
from undercut.store import artefacts

TASK = "text-classification"


def source():
    return forms(TASK, "partial")["onnx"]


def shrink(out, **options):
    manifest = artefacts.read_manifest(source())
    out.mkdir()
    made = compress(ShrinkJob(source(), manifest, out, QuantiseOptions(**options)))
    return made.format, made.config


def types_of(folder) -> dict[str, int]:
    graph = onnx.load(folder / "model.onnx").graph
    return {t.name: t.data_type for t in graph.initializer}


def test_agrees_with_its_source_on_nearly_all_rows():
    rows = rows_of(TASK, 120, 4)
    exact = load(source(), threads=1).score(rows.inputs).log_probs
    small = load(forms(TASK, "partial")["quantise"], threads=1).score(rows.inputs).log_probs
    assert (exact.argmax(1) == small.argmax(1)).mean() >= 0.97
    assert 0 < np.abs(np.exp(exact) - np.exp(small)).max() < 0.3


def test_matrices_are_8_bit_and_the_head_is_not(tmp_path):
    fmt, config = shrink(tmp_path / "q")
    kinds = types_of(tmp_path / "q")
    assert fmt == "onnx"
    int8 = {n for n, t in kinds.items() if t == onnx.TensorProto.INT8 and "zero" not in n}
    assert sum("qkv.weight" in n for n in int8) == 4
    assert kinds["words_quantized"] == onnx.TensorProto.UINT8
    assert "words" not in kinds
    assert kinds["head.weight"] == onnx.TensorProto.FLOAT
    assert config["int8"] == {
        "way": "dynamic",
        "per_channel": True,
        "reduce_range": saturates(),
        "instructions": list(instructions()),
    }
    assert (tmp_path / "q/tokenizer.json").read_bytes() == (
        source() / "tokenizer.json"
    ).read_bytes()


def test_the_word_table_may_stay_in_float(tmp_path):
    shrink(tmp_path / "q", embeddings=False)
    assert types_of(tmp_path / "q")["words"] == onnx.TensorProto.FLOAT


def test_reduced_range_uses_seven_bits(tmp_path):
    shrink(tmp_path / "q", reduce_range=True, embeddings=False)
    graph = onnx.load(tmp_path / "q/model.onnx").graph
    tables = [
        onnx.numpy_helper.to_array(t)
        for t in graph.initializer
        if t.data_type == onnx.TensorProto.INT8 and len(t.dims) == 2
    ]
    assert tables
    assert max(int(np.abs(t.astype(int)).max()) for t in tables) <= 64


def test_a_processor_that_clips_gets_seven_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(saturation, "saturates", lambda: True)
    _, config = shrink(tmp_path / "q")
    assert config["int8"]["reduce_range"] is True


def test_the_known_product_is_told_from_a_clipped_one(monkeypatch):
    class Session:
        def __init__(self, *_, **__):
            pass

        def run(self, _, feeds):
            return [np.full((4, 32), self.answer)]

    monkeypatch.setattr(saturation.ort, "InferenceSession", Session)
    for answer, clips in ((255 * 127 * 64, False), (32767 * 32, True)):
        monkeypatch.setattr(Session, "answer", answer, raising=False)
        assert saturation.saturates.__wrapped__() is clips


@pytest.mark.parametrize(("kind", "word"), [("torch", "onnx"), ("quantise", "float weights")])
def test_refuses_what_is_no_float_onnx(tmp_path, kind, word):
    folder = forms(TASK, "partial").get(kind)
    manifest = artefacts.read_manifest(folder or source())
    if folder is None:
        manifest = manifest.model_copy(update={"format": "torch"})
    with pytest.raises(UndercutError, match=word):
        compress(ShrinkJob(folder or source(), manifest, tmp_path, QuantiseOptions()))
    assert not list(tmp_path.iterdir())
