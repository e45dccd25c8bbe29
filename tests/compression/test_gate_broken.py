"""Variants broken on purpose, each in the way its name says: the gate refuses every one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

from conformance.fitted import TRAIN, VALID, job_of, write
from conformance.samples import rows_of
from conformance.tiny_base import tiny_base
from undercut.compression.gate import gate
from undercut.compression.quantise.files import quiet, write_static
from undercut.compression.quantise.options import QuantiseOptions
from undercut.compression.quantise.sensitivity import answers
from undercut.core.types import Examples, GateResult, Manifest
from undercut.methods.full.fit import fit
from undercut.models.encoder.frontend import TextFrontend
from undercut.pipeline.forms import export
from undercut.predict.predictor import load
from undercut.store import artefacts
from undercut.tasks.text_classification.task import TextClassification

TASK = TextClassification()
HELD, FREE = rows_of(TASK.name, 400, 11), rows_of(TASK.name, 200, 12)
LAYER = "encoder.layer.{}.intermediate.dense.weight"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A model whose layers matter: those of the tiny base hardly move what they are given."""
    place = tmp_path_factory.mktemp("lively")
    texts = tuple(rows_of(TASK.name, TRAIN + VALID, 2).inputs)
    base = shutil.copytree(tiny_base(texts), place / "base")
    tensors = load_file(base / "model.safetensors")
    for name, value in tensors.items():
        if "encoder.layer" in name and value.ndim == 2:
            tensors[name] = value * np.float32(6)
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    job = job_of(TASK.name, "full", place / "out", base=str(base))
    write(place / "artefact", TASK.name, "full", fit(job), job)
    export(place / "artefact", place / "onnx", "lively", "onnx")
    return place / "onnx"


def scores(folder: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    predictor = load(folder, "onnxruntime", threads=1)
    pair = [predictor.score(rows.inputs).log_probs for rows in (HELD, FREE)]
    return pair[0], pair[1], predictor.labels


@pytest.fixture(scope="module")
def reference(whole):
    return scores(whole)


def verdict(reference, candidate) -> GateResult:
    labels = reference[2]
    return gate(
        (reference[0], candidate[0]),
        (reference[1], candidate[1]),
        judge=lambda x: TASK.judge(x, HELD, labels),
        answers=lambda x: TASK.answers(x, FREE.inputs, labels),
        labels_reference=labels,
        labels_candidate=candidate[2],
        reference_hash="r",
        max_drop=0.02,
    )


class Copy:
    """A copy of the model that can be damaged before it is written."""

    def __init__(self, whole: Path) -> None:
        self.model = onnx.load(whole / "model.onnx")
        self.tokenizer = json.loads((whole / "tokenizer.json").read_text(encoding="utf-8"))
        self.manifest = artefacts.read_manifest(whole)

    def __getitem__(self, name: str) -> np.ndarray:
        found = next(t for t in self.model.graph.initializer if t.name == name)
        return onnx.numpy_helper.to_array(found).copy()

    def __setitem__(self, name: str, value: np.ndarray) -> None:
        found = next(t for t in self.model.graph.initializer if t.name == name)
        found.CopyFrom(onnx.numpy_helper.from_array(value, name))

    def config(self, **changes: Any) -> None:
        config = {**self.manifest.config, **changes}
        self.manifest = self.manifest.model_copy(update={"config": config})

    def write(self, folder: Path) -> Path:
        def fill(out: Path) -> None:
            onnx.save(self.model, str(out / "model.onnx"))
            text = json.dumps(self.tokenizer, ensure_ascii=False)
            (out / "tokenizer.json").write_text(text, encoding="utf-8")

        made: Manifest = self.manifest.model_copy(update={"files": {}})
        artefacts.write(folder, made, fill)
        return folder


def labels_swapped(c: Copy) -> None:
    c["head.weight"] = np.roll(c["head.weight"], 1, axis=1)


def one_layer_saturated(c: Copy) -> None:
    weight = c[LAYER.format(0)]
    step = np.abs(weight).max() / 2000  # a scale so small that 8 bits clip nearly everything
    c[LAYER.format(0)] = (np.clip(np.round(weight / step), -128, 127) * step * 40).astype("f4")


def wrong_tokenizer(c: Copy) -> None:
    vocab = c.tokenizer["model"]["vocab"]
    free = [p for p in vocab if not p.startswith("[")]
    moved = np.random.default_rng(0).permutation(len(free))
    ids = [vocab[p] for p in free]
    vocab.update({p: ids[j] for p, j in zip(free, moved, strict=True)})


def stale_vocabulary(c: Copy) -> None:
    """The table lost one row near its top; the tokenizer still counts with it."""
    table = c["words"]
    c["words"] = np.concatenate([table[:6], table[7:], table[-1:]])


def bias_of_a_class_dropped(c: Copy) -> None:
    bias = c["head.bias"]
    bias[1] -= 15
    c["head.bias"] = bias


def class_never_predicted(c: Copy) -> None:
    weight = c["head.weight"]
    weight[:, 2] = -weight[:, [0, 1]].sum(axis=1)
    c["head.weight"] = weight


def text_cut_short(c: Copy) -> None:
    c.config(max_tokens=4)


def layers_exchanged(c: Copy) -> None:
    for kind in ("qkv.weight", "qkv.bias"):
        one, other = (f"encoder.layer.{i}.{kind}" for i in (0, 3))
        c[one], c[other] = c[other], c[one]
    one, other = LAYER.format(0), LAYER.format(3)
    c[one], c[other] = c[other], c[one]


def not_a_number(c: Copy) -> None:
    bias = c["head.bias"]
    bias[0] = np.nan
    c["head.bias"] = bias


def temperature_lost(c: Copy) -> None:
    c.config(temperature=8.0)  # as fitted for another head


def labels_reordered(c: Copy) -> None:
    c.manifest = c.manifest.model_copy(update={"labels": c.manifest.labels[::-1]})


def one_label_missing(c: Copy) -> None:
    c["head.weight"], c["head.bias"] = c["head.weight"][:, :2], c["head.bias"][:2]
    c.manifest = c.manifest.model_copy(update={"labels": c.manifest.labels[:2]})


BROKEN = [
    labels_swapped,
    one_layer_saturated,
    wrong_tokenizer,
    stale_vocabulary,
    bias_of_a_class_dropped,
    class_never_predicted,
    text_cut_short,
    layers_exchanged,
    not_a_number,
    temperature_lost,
    labels_reordered,
    one_label_missing,
]


def test_the_copy_itself_passes(whole, reference, tmp_path):
    found = verdict(reference, scores(Copy(whole).write(tmp_path / "copy")))
    assert found.verdict == "passed", found.reason


@pytest.mark.parametrize("damage", BROKEN, ids=lambda f: f.__name__)
def test_a_damaged_copy_is_refused(whole, reference, tmp_path, damage):
    copy = Copy(whole)
    damage(copy)
    found = verdict(reference, scores(copy.write(tmp_path / "broken")))
    assert found.verdict == "refused", found.reason


def test_attention_to_padding_is_refused(whole, reference, monkeypatch):
    collate = TextFrontend.collate

    def careless(self, prepared, index):
        arrays = dict(collate(self, prepared, index))
        return arrays | {"attention_mask": np.ones_like(arrays["attention_mask"])}

    monkeypatch.setattr("undercut.predict.leaf.pack", lambda sizes, *_: [np.arange(len(sizes))])
    monkeypatch.setattr(TextFrontend, "collate", careless)
    found = verdict(reference, scores(whole))
    assert found.verdict == "refused", found.reason


def line_classifier(path: Path) -> None:
    """Three classes told apart by how large one number is: ``s = (0, m - 2.5, 2 m - 10)``."""
    weight = np.array([[0, 1, 2], [0, -2.5, -10]], np.float32)
    sides = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["rows", width])
        for name, width in (("x", 2), ("logits", 3))
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["logits"], name="line")],
        "line",
        sides[:1],
        sides[1:],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    opset = [onnx.helper.make_opsetid("", 20)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=10), str(path))


@pytest.mark.parametrize(("classes", "wanted"), [((0, 1, 2), "passed"), ((0,), "refused")])
def test_calibration_on_one_class_is_refused(tmp_path, classes, wanted):
    """Scales measured on the class with small numbers clip what the others are told by."""
    line_classifier(tmp_path / "whole.onnx")
    at = np.arange(len(HELD)) % 3
    size = np.array([0.1, 5, 10])[at] + np.random.default_rng(0).uniform(-0.1, 0.1, len(at))
    x = np.stack([size, np.ones(len(at))], axis=1).astype(np.float32)
    seen = [{"x": x[np.isin(at, classes)][:64]}]
    options = QuantiseOptions(way="static", embeddings=False)
    with quiet():
        write_static(tmp_path / "whole.onnx", tmp_path / "small.onnx", options, False, seen)
    labels = tuple(sorted(set(HELD.targets)))
    rows = Examples(HELD.inputs, [labels[i] for i in at], HELD.rows)
    found = gate(
        tuple(answers(tmp_path / f"{n}.onnx", [{"x": x}]) for n in ("whole", "small")),
        (None, None),
        judge=lambda z: TASK.judge(z, rows, labels),
        answers=lambda z: TASK.answers(z, [], labels),
        labels_reference=labels,
        labels_candidate=labels,
        reference_hash="r",
    )
    assert found.verdict == wanted, found.reason
