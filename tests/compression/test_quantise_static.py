"""Static scales, the most sensitive products, OpenVINO's int8 and bfloat16."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from conformance.fitted import forms
from conformance.samples import rows_of
from undercut.compression import calibration
from undercut.compression.quantise import sensitivity
from undercut.compression.quantise.compress import KEPT, mend
from undercut.compression.quantise.files import products
from undercut.compression.quantise.options import QuantiseOptions
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.pipeline.forms import Material, job_of, options_of, recipes, shrink
from undercut.predict.company import in_company
from undercut.predict.predictor import load

TEXT, WORDS = "text-classification", "token-classification"


def material(task: str = TEXT, n: int = 40) -> Material:
    return Material(rows=rows_of(task, n, 0))


def made(name: str, place, task: str = TEXT, **changes):
    source = forms(task, "full")["onnx"]
    arch = "encoder" if task == TEXT else "tagger"
    info, recipe = next((i, r) for i, r in recipes(arch, task, "onnx") if r.name == name)
    if plugins.missing(info):
        pytest.skip(f"no {', '.join(plugins.missing(info))}")
    options = options_of(info, recipe).model_copy(update={"calibration_rows": 32} | changes)
    return shrink(source, place, "small", info.name, options, material(task))


def agreement(place, task=TEXT) -> float:
    inputs = rows_of(task, 60, 9).inputs
    before = load(forms(task, "full")["onnx"], threads=1).score(inputs).log_probs
    return float(
        (load(place, threads=1).score(inputs).log_probs.argmax(1) == before.argmax(1)).mean()
    )


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("quantise-static", TEXT),
        ("quantise-static", WORDS),
        ("openvino-int8", WORDS),
        ("openvino-int8-weights", TEXT),
        ("openvino-bfloat16", TEXT),
    ],
)
def test_few_bits_answer_nearly_alike(name, task, tmp_path):
    if name == "openvino-bfloat16":
        session = pytest.importorskip("undercut.backends.openvino.session")
        if not session.has_bfloat16():
            pytest.skip("this processor does not multiply bfloat16")
    found = made(name, tmp_path / "q", task)
    assert agreement(tmp_path / "q", task) >= 0.9
    if name == "openvino-bfloat16":
        assert found.config["precision"] == "bfloat16"
    elif name == "openvino-int8-weights":
        assert found.config["int8"]["way"] == "weights"
    else:
        assert found.config["int8"]["way"] == "static"
        assert found.config["int8"]["calibration_rows"] == 32
        beside, alone = in_company(load(tmp_path / "q", threads=1), rows_of(task, 30, 9).inputs)
        assert np.abs(np.exp(beside) - np.exp(alone)).max() < 1e-4  # whatever the batch
    assert found.format == ("onnx" if name.startswith("quantise") else "openvino")


def test_static_scales_need_rows(tmp_path):
    source = forms(TEXT, "full")["onnx"]
    with pytest.raises(UndercutError, match="--train"):
        options = QuantiseOptions(way="static")
        shrink(source, tmp_path / "q", "q", "quantise", options, Material())


def test_calibration_draws_from_every_class():
    job = job_of(forms(TEXT, "full")["onnx"], None, None, material())
    rows = rows_of(TEXT, 40, 0)
    target = dict(zip(rows.inputs, rows.targets, strict=True))
    drawn = [target[text] for text in calibration.texts(job, 9)]
    assert sorted(drawn.count(label) for label in set(drawn)) == [3, 3, 3]


def test_the_product_that_loses_most_is_found_and_kept(monkeypatch):
    """Each product is quantised alone; one whose weights have an outlier loses most."""
    source = forms(TEXT, "full")["onnx"]
    names = products(source / "model.onnx")
    assert len(names) == 16 and not any(n.startswith("head") for n in names)
    worst = names[5]

    def answers(path, batches):
        graph = onnx.load(str(path)).graph
        exact = {n.name for n in graph.node if n.op_type == "MatMul"}
        lost = [n for n in names if n not in exact and n not in ("head",)]
        shift = 0.0 if not lost else (2.0 if worst in lost else 0.01 * (1 + names.index(lost[0])))
        z = np.array([[shift, 0.0]])
        return z - np.log(np.exp(z).sum(1, keepdims=True))

    monkeypatch.setattr(sensitivity, "answers", answers)
    monkeypatch.setattr(sensitivity, "_KNOWN", {})
    job = job_of(source, None, QuantiseOptions(), material())
    first = mend(job)
    assert len(first.keep) == KEPT[0] and first.keep[0] == worst
    job.options = first
    second = mend(job)
    assert len(second.keep) == KEPT[1] and set(first.keep) < set(second.keep)
    job.options = second.model_copy(update={"keep": tuple(names[: KEPT[-1]])})
    assert mend(job) is None


def test_kept_products_stay_in_float(tmp_path):
    keep = ("encoder.layer.0.qkv", "encoder.layer.3.output.dense")
    found = made("quantise", tmp_path / "q", keep=keep)
    kinds = {t.name: t.data_type for t in onnx.load(tmp_path / "q/model.onnx").graph.initializer}
    for name in keep:
        assert kinds[f"{name}.weight"] == onnx.TensorProto.FLOAT
    assert "encoder.layer.1.qkv.weight" not in kinds
    assert found.config["int8"]["kept_in_float"] == list(keep)


def test_divergence_is_zero_for_the_same_and_grows():
    z = np.log(np.array([[0.7, 0.3], [0.2, 0.8]]))
    other = np.log(np.array([[0.6, 0.4], [0.2, 0.8]]))
    assert sensitivity.divergence(z, z) == 0
    assert sensitivity.divergence(z, other) == pytest.approx(
        (0.7 * np.log(0.7 / 0.6) + 0.3 * np.log(0.3 / 0.4)) / 2
    )
