"""How cores are used is measured once, kept with the artefact, and followed on such a machine."""

from __future__ import annotations

import shutil

import pytest

from conformance.fitted import fitted, forms
from conformance.samples import rows_of
from undercut.core import plugins
from undercut.core.processor import processor
from undercut.core.types import Child, Manifest, Measurement
from undercut.predict import measure, stopwatch
from undercut.predict.leaf import Plan
from undercut.predict.predictor import _measured_backend, choices, has_lanes, load, measured_plan
from undercut.store import artefacts

TASK = "text-classification"
FACTS = {
    "texts_per_second": 1.0, "p50_ms": 1.0, "p95_ms": 1.0, "size_bytes": 1, "texts": 1,
    "peak_memory_bytes": 1, "threads": 2, "processor": processor(), "backend": "onnxruntime",
}  # fmt: skip


@pytest.fixture(scope="module")
def onnx():
    return forms(TASK, "probe")["onnx"]


def measured(folder, **facts):
    manifest = artefacts.read_manifest(folder, verify=False)
    return manifest.model_copy(update={"measured": Measurement(**FACTS | facts)})


@pytest.mark.parametrize(
    ("lanes", "lone", "threads", "want"),
    [(2, 2, 4, Plan(4, 4)), (1, 2, 4, Plan(1, 4)), (2, 1, 4, Plan(4, 1)), (2, 2, 1, Plan(1, 1))],
)
def test_several_cores_become_as_many_as_there_are_now(onnx, lanes, lone, threads, want):
    assert measured_plan(measured(onnx, lanes=lanes, lone_threads=lone), threads) == want


def test_another_processor_or_no_choice_decides_nothing(onnx):
    other = measured(onnx, lanes=1, lone_threads=1, processor="another")
    assert measured_plan(other, 2) is None
    assert measured_plan(measured(onnx), 2) is None
    assert measured_plan(artefacts.read_manifest(onnx), 2) is None


def test_only_exact_forms_may_choose_their_backend(onnx):
    able = choices(onnx, artefacts.read_manifest(onnx))
    assert able[0] == "onnxruntime"
    for kind, place in forms(TASK, "probe").items():
        manifest = artefacts.read_manifest(place)
        assert choices(place, manifest) == ([] if manifest.compression else able), kind
    linear = fitted(TASK, "linear")[0]
    assert choices(linear, artefacts.read_manifest(linear)) == []
    assert has_lanes(onnx, None) and not has_lanes(linear, None)


def test_what_was_measured_is_what_is_opened(onnx, tmp_path, monkeypatch):
    monkeypatch.setattr(stopwatch, "PASS_SECONDS", 0.01)
    monkeypatch.setattr(stopwatch, "SINGLES", 5)
    folder = tmp_path / "model"
    shutil.copytree(onnx, folder)
    about = (folder, rows_of(TASK, 40, 1).inputs, 2, "onnxruntime")
    plan = stopwatch.best_plan(*about)
    assert {plan.lanes, plan.lone} <= {1, 2}
    monkeypatch.setattr(measure, "open_watch", lambda *_: stopwatch.Stopwatch(*about, plan))
    found = measure.measure(*about)
    assert (found.lanes, found.lone_threads) == (plan.lanes, plan.lone)
    artefacts.amend(folder, measured=found)
    assert load(folder, threads=2)._scorer.plan == plan
    assert load(folder, threads=2, plan=Plan(1, 2))._scorer.plan == Plan(1, 2)
    monkeypatch.setattr(measure, "open_watch", lambda *_: stopwatch.Stopwatch(*about))
    assert measure.measure(*about).lanes is None


def test_a_composite_is_opened_on_the_backend_it_was_measured_on_where_that_is_installed(
    monkeypatch,
):
    child = Child(name="a", folder="a", hash="h")
    facts = {"name": "x", "task": TASK, "architecture": "composite", "format": "composite"}
    stack = Manifest(**facts, labels=("a",), children=(child,), measured=Measurement(**FACTS))
    assert _measured_backend(stack) == "onnxruntime"
    assert _measured_backend(stack.model_copy(update={"children": ()})) is None
    other = Measurement(**FACTS | {"backend": "composite"})
    assert _measured_backend(stack.model_copy(update={"measured": other})) is None
    monkeypatch.setattr(plugins, "missing", lambda info, task="": ["onnxruntime"])
    assert _measured_backend(stack) is None
