"""ONNX Runtime: its settings, its errors, several callers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort
import pytest

from conformance.fitted import fitted, forms
from conformance.samples import rows_of
from undercut.backends.onnxruntime.session import load
from undercut.core.errors import IntegrityError
from undercut.models.encoder.frontend import open_frontend
from undercut.store import artefacts

TASK = "text-classification"


def folder():
    return forms(TASK, "probe")["onnx"]


def test_threads_and_no_spinning(monkeypatch):
    place = folder()
    seen = []
    monkeypatch.setattr(
        ort, "InferenceSession", lambda path, options, providers: seen.append(options)
    )
    load(place, artefacts.read_manifest(place), threads=3)
    options = seen[0]
    assert options.intra_op_num_threads == 3
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.graph_optimization_level == ort.GraphOptimizationLevel.ORT_ENABLE_ALL


def test_a_broken_file_is_an_integrity_error(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(IntegrityError, match=r"model\.onnx"):
        load(tmp_path, artefacts.read_manifest(folder()), 1)


def test_several_threads_may_run_one_session():
    manifest = artefacts.read_manifest(folder())
    session, frontend = load(folder(), manifest, 1), open_frontend(folder(), manifest)
    prepared = frontend.prepare(rows_of(TASK, 24, 1).inputs)
    batches = [frontend.collate(prepared, range(i, i + 4)) for i in range(0, 24, 4)]
    want = [session.run(b) for b in batches]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(session.run, batches * 5))
    for i, out in enumerate(got):
        np.testing.assert_array_equal(out, want[i % len(batches)])


def test_a_method_that_was_fitted_is_what_the_session_runs():
    assert fitted(TASK, "probe")[1].format == "torch"
    assert artefacts.read_manifest(folder()).format == "onnx"
