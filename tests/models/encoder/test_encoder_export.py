"""The ONNX graph answers as torch does, whatever batch, length, pooling or scale."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from safetensors.numpy import save_file

from conformance.samples import ODD_TEXTS, rows_of
from conformance.tiny_base import tiny_base
from undercut.backends.onnxruntime.session import load as open_onnx
from undercut.backends.torch.session import load as open_torch
from undercut.core.types import Manifest
from undercut.models.encoder.base import resolve
from undercut.models.encoder.export import export_onnx
from undercut.models.encoder.frontend import open_frontend
from undercut.models.encoder.module import save_model

TEXTS = [*rows_of("text-classification", 30, 0).inputs, *ODD_TEXTS]


def manifest(**config) -> Manifest:
    settings = {"pooling": "mean", "normalise": True, "scale": 20.0, "max_tokens": 64}
    return Manifest(
        name="m",
        task="text-classification",
        architecture="encoder",
        format="torch",
        labels=("a", "b", "c"),
        config=settings | config,
    )


def model(folder, base):
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(3, base.width)).astype(np.float32)
    save_model(folder, base, weight, np.float32([0.5, -40, 0]))
    return folder


@pytest.mark.parametrize(
    "config",
    [{}, {"scale": 1.0}, {"normalise": False}, {"pooling": "cls"}],
    ids=["cosine", "plain scale", "not normalised", "cls"],
)
def test_onnx_answers_as_torch(tmp_path, config):
    said = manifest(**config)
    base = resolve(str(tiny_base(tuple(TEXTS[:30]))))
    (tmp_path / "torch").mkdir()
    (tmp_path / "onnx").mkdir()
    folder = model(tmp_path / "torch", base)
    export_onnx(folder, said, tmp_path / "onnx")
    frontend = open_frontend(folder, said)
    prepared = frontend.prepare(TEXTS)
    exact, graph = open_torch(folder, said, 1), open_onnx(tmp_path / "onnx", said, 1)
    together = frontend.collate(prepared, range(len(TEXTS)))
    np.testing.assert_allclose(graph.run(together), exact.run(together), atol=2e-4)
    for i in range(len(TEXTS)):
        alone = frontend.collate(prepared, [i])
        np.testing.assert_allclose(graph.run(alone)[0], graph.run(together)[i], atol=2e-4)


def test_what_the_graph_promises(tmp_path):
    base = resolve(str(tiny_base(tuple(TEXTS[:30]))))
    (tmp_path / "torch").mkdir()
    export_onnx(model(tmp_path / "torch", base), manifest(), tmp_path)
    graph = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(graph, full_check=True)
    inputs = {i.name: i.type.tensor_type for i in graph.graph.input}
    assert set(inputs) == {"input_ids", "attention_mask"}
    assert all(t.elem_type == onnx.TensorProto.INT64 for t in inputs.values())
    assert [d.dim_param for d in inputs["input_ids"].shape.dim] == ["batch", "length"]
    assert [o.name for o in graph.graph.output] == ["logits", "vector"]
    assert (tmp_path / "tokenizer.json").is_file()


def test_minilm_itself_through_onnx(tmp_path):
    base = resolve("minilm")
    (tmp_path / "torch").mkdir()
    folder = model(tmp_path / "torch", base)
    said = manifest()
    export_onnx(folder, said, tmp_path)
    frontend = open_frontend(folder, said)
    prepared = frontend.prepare(TEXTS)
    arrays = frontend.collate(prepared, range(0, len(TEXTS), 3))
    exact, graph = open_torch(folder, said, 1), open_onnx(tmp_path, said, 1)
    np.testing.assert_allclose(graph.run(arrays), exact.run(arrays), atol=1e-3)


def test_torch_session_leaves_the_threads_of_others_alone(tmp_path):
    said = manifest()
    base = resolve(str(tiny_base(tuple(TEXTS[:30]))))
    folder = model(tmp_path, base)
    frontend = open_frontend(folder, said)
    before = torch.get_num_threads()
    session = open_torch(folder, said, before + 1)
    out = session.run(frontend.collate(frontend.prepare(TEXTS[:3]), range(3)))
    assert torch.get_num_threads() == before
    assert out.dtype == np.float32
    assert out.shape == (3, 3)
    assert (out.argmax(1) != 1).all()  # the label with bias -40


def test_a_head_of_another_width_does_not_go_unseen(tmp_path):
    said = manifest()
    base = resolve(str(tiny_base(tuple(TEXTS[:30]))))
    folder = model(tmp_path, base)
    wrong = {"weight": np.zeros((3, 7), np.float32), "bias": np.zeros(3, np.float32)}
    save_file(wrong, folder / "head.safetensors")
    frontend = open_frontend(folder, said)
    with pytest.raises(RuntimeError, match="shapes"):
        open_torch(folder, said, 1).run(frontend.collate(frontend.prepare(TEXTS[:2]), range(2)))
