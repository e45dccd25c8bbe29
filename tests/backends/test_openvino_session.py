"""OpenVINO: its settings, its errors, several callers at once, precision by the manifest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("openvino")

from conformance.fitted import forms
from conformance.samples import rows_of
from undercut.backends.openvino import session as room
from undercut.core.errors import IntegrityError
from undercut.models.encoder.frontend import open_frontend
from undercut.store import artefacts

TASK = "text-classification"


@pytest.fixture(scope="module")
def folder():
    return forms(TASK, "probe")["onnx"]


@pytest.fixture(scope="module")
def batches(folder):
    frontend = open_frontend(folder, artefacts.read_manifest(folder))
    prepared = frontend.prepare(rows_of(TASK, 24, 1).inputs)
    return [frontend.collate(prepared, range(i, i + 4)) for i in range(0, 24, 4)]


def setting(session, name):
    return session.model.get_property(name)


def test_threads_streams_and_exact_numbers(folder):
    session = room.load(folder, artefacts.read_manifest(folder), threads=1, lanes=2)
    assert setting(session, "NUM_STREAMS") == 2
    assert setting(session, "INFERENCE_NUM_THREADS") == 2
    assert str(setting(session, "INFERENCE_PRECISION_HINT")) == "<Type: 'float32'>"


def test_the_manifest_asks_for_bfloat16(folder, batches):
    manifest = artefacts.read_manifest(folder)
    asked = manifest.model_copy(update={"config": manifest.config | {"precision": "bfloat16"}})
    exact, rough = (room.load(folder, m, 1) for m in (manifest, asked))
    kind = "bfloat16" if room.has_bfloat16() else "float32"
    assert str(setting(rough, "INFERENCE_PRECISION_HINT")) == f"<Type: '{kind}'>"
    gap = max(np.abs(exact.run(b) - rough.run(b)).max() for b in batches)
    assert gap < 0.5
    assert (gap > 0) == room.has_bfloat16()


def test_several_threads_may_run_one_session(folder, batches):
    session = room.load(folder, artefacts.read_manifest(folder), 1, lanes=4)
    want = [session.run(b) for b in batches]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(session.run, batches * 5))
    for i, out in enumerate(got):
        np.testing.assert_allclose(out, want[i % len(batches)], atol=1e-6)
    assert len(session._free) <= 4


def test_the_files_of_its_own_format_are_read(folder, batches, tmp_path):
    import openvino as ov

    manifest = artefacts.read_manifest(folder)
    ov.save_model(ov.Core().read_model(folder / "model.onnx"), tmp_path / "model.xml", False)
    made = manifest.model_copy(update={"format": "openvino"})
    ours, theirs = room.load(tmp_path, made, 1), room.load(folder, manifest, 1)
    for batch in batches:
        np.testing.assert_allclose(ours.run(batch), theirs.run(batch), atol=1e-6)
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"model\.xml"):
        room.load(tmp_path, made, 1)


def test_a_broken_file_is_an_integrity_error(folder, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(IntegrityError, match=r"model\.onnx"):
        room.load(tmp_path, artefacts.read_manifest(folder), 1)


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path):
    (tmp_path / "model.onnx").symlink_to(folder / "model.onnx")
    with pytest.raises(IntegrityError, match="inside the artefact"):
        room.load(tmp_path, artefacts.read_manifest(folder), 1)
