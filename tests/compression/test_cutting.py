"""Layers, heads and units taken out: the right ones, whole models, both runtimes alike."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from conformance.fitted import fitted
from conformance.samples import rows_of
from undercut.compression.cutting import Cut, cut_model
from undercut.compression.distil_layers.compress import spread
from undercut.compression.distil_layers.options import LayersOptions
from undercut.compression.prune.compress import chosen
from undercut.compression.prune.importance import Importance, importance
from undercut.compression.prune.options import PruneOptions
from undercut.core.errors import UndercutError
from undercut.core.shrinking import ShrinkJob
from undercut.pipeline.forms import Material, export, job_of, shrink
from undercut.predict.predictor import load
from undercut.store import artefacts

TEXT, WORDS = "text-classification", "token-classification"


def written(folder, source, cut: Cut, change: Any = None):
    """Write an artefact of a cut model, tensors changed before."""
    manifest = artefacts.read_manifest(source)

    def fill(out):
        cut_model(source, out, cut)
        if change:
            tensors = load_file(out / "model.safetensors")
            change(tensors)
            save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})

    artefacts.write(folder, manifest.model_copy(update={"files": {}}), fill)
    return folder


def scored(folder, task=TEXT):
    return load(folder, threads=1).score(rows_of(task, 20, 8).inputs).log_probs


def test_dead_heads_and_units_can_go_without_changing_an_answer(tmp_path):
    """Zero the way out of some heads and units; the model without them computes the same."""
    source, _ = fitted(TEXT, "full")
    size, dead, kept = 8, (1, 3), [0, 2]
    units = [u for u in range(64) if u % 3]

    def silence(tensors):
        for i in range(4):
            at = f"encoder.layer.{i}."
            for h in dead:
                tensors[f"{at}attention.output.dense.weight"][:, h * size : (h + 1) * size] = 0
            tensors[f"{at}output.dense.weight"][:, ::3] = 0

    silenced = written(tmp_path / "silenced", source, Cut(), silence)
    cut = Cut(heads=dict.fromkeys(range(4), kept), units=dict.fromkeys(range(4), units))
    small = written(tmp_path / "small", silenced, cut)
    config = json.loads((small / "config.json").read_text())
    assert (config["num_attention_heads"], config["head_size"]) == (2, 8)
    assert config["intermediate_size"] == len(units)
    np.testing.assert_allclose(scored(silenced), scored(small), atol=1e-5)
    export(small, tmp_path / "onnx", "small", "onnx")
    np.testing.assert_allclose(scored(tmp_path / "onnx"), scored(small), atol=1e-3)


def test_layers_that_stay_are_those_named(tmp_path):
    source, _ = fitted(TEXT, "full")
    small = written(tmp_path / "small", source, Cut(layers=(0, 3)))
    before, after = (load_file(f / "model.safetensors") for f in (source, small))
    name = "encoder.layer.{}.intermediate.dense.weight"
    assert name.format(2) not in after
    np.testing.assert_array_equal(before[name.format(3)], after[name.format(1)])


@pytest.mark.parametrize(
    ("whole", "count", "found"), [(6, 3, [0, 2, 5]), (6, 2, [0, 5]), (12, 1, [0]), (4, 4, [0, 1, 2, 3])]
)  # fmt: skip
def test_layers_are_spread_from_first_to_last(whole, count, found):
    assert spread(whole, count) == found


@pytest.mark.parametrize("task", [TEXT, WORDS])
def test_a_head_that_does_nothing_matters_least(task, tmp_path):
    source, _ = fitted(task, "full")

    def silence(tensors):
        tensors["encoder.layer.1.attention.output.dense.weight"][:, 16:24] = 0
        tensors["encoder.layer.2.output.dense.weight"][:, 5] = 0

    silenced = written(tmp_path / "silenced", source, Cut(), silence)
    job: ShrinkJob = job_of(silenced, tmp_path, None, Material(rows=rows_of(task, 20, 0)))
    found = importance(job, 20)
    assert found.heads.shape == (4, 4) and found.units.shape == (4, 64)
    assert found.heads[1].argmin() == 2 and found.heads[1, 2] == 0
    assert found.units[2, 5] == 0
    assert (found.heads >= 0).all() and np.isfinite(found.layers).all()


def test_what_matters_most_stays():
    found = Importance(
        heads=np.array([[1, 9, 3, 4], [8, 1, 1, 9]]),
        units=np.array([[3, 2, 1, 0], [0, 1, 2, 3]]),
        layers=np.array([0.1, 2.0]),
    )
    cut = chosen(found, PruneOptions(heads=0.5, units=0.5))
    assert cut.heads == {0: [1, 3], 1: [0, 3]} and cut.units == {0: [0, 1], 1: [2, 3]}
    assert cut.layers == ()
    assert chosen(found, PruneOptions(layers=1)) == Cut(layers=[1])


@pytest.mark.parametrize(
    ("task", "name", "options"),
    [
        (TEXT, "distil-layers", LayersOptions(share=0.5, epochs=2)),
        (WORDS, "distil-layers", LayersOptions(layers=(0, 2), epochs=1, made_up=0.2)),
        (WORDS, "prune", PruneOptions(heads=0.5, units=0.5, epochs=1)),
    ],
)
def test_a_student_is_smaller_calibrated_and_near_its_teacher(task, name, options, tmp_path):
    source, _ = fitted(task, "full")
    material = Material(rows=rows_of(task, 60, 0), valid=rows_of(task, 30, 1))
    made = shrink(source, tmp_path / "small", "small", name, options, material)
    assert made.compression == name and made.parent
    assert made.labels == artefacts.read_manifest(source).labels
    sizes = [(f / "model.safetensors").stat().st_size for f in (source, tmp_path / "small")]
    assert sizes[1] < 0.9 * sizes[0]
    before, after = scored(source, task), scored(tmp_path / "small", task)
    assert (before.argmax(1) == after.argmax(1)).mean() >= 0.75
    np.testing.assert_allclose(np.exp(after).sum(1), 1, atol=1e-3)


def test_layers_that_are_not_there_are_one_clear_error(tmp_path):
    source, _ = fitted(TEXT, "full")
    material = Material(rows=rows_of(TEXT, 20, 0))
    with pytest.raises(UndercutError, match="layers from 0 to 3"):
        shrink(source, tmp_path / "a", "a", "distil-layers", LayersOptions(layers=(0, 9)), material)
