from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from undercut.core.errors import IntegrityError, UndercutError
from undercut.core.types import Manifest
from undercut.store import artefacts


def manifest(**more):
    facts = {
        "name": "dummy",
        "task": "text-classification",
        "architecture": "dummy",
        "format": "dummy",
        "labels": ("a", "b"),
    }
    return Manifest(**(facts | more))


def fill(folder):
    weights = {"bias": np.zeros(2, np.float32), "slope": np.ones((1, 2), np.float32)}
    save_file(weights, folder / "dummy.safetensors")


def test_what_is_written_reads_back_with_hashes(tmp_path):
    written = artefacts.write(tmp_path / "m", manifest(), fill)
    assert artefacts.read_manifest(tmp_path / "m") == written
    assert set(written.files) == {"dummy.safetensors"}
    assert (tmp_path / "m" / "README.md").read_text(encoding="utf-8").strip()


def test_a_changed_file_is_refused_by_name(tmp_path):
    artefacts.write(tmp_path / "m", manifest(), fill)
    path = tmp_path / "m" / "dummy.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(IntegrityError, match=r"dummy\.safetensors"):
        artefacts.read_manifest(tmp_path / "m")


def test_a_missing_file_is_refused(tmp_path):
    artefacts.write(tmp_path / "m", manifest(), fill)
    (tmp_path / "m" / "dummy.safetensors").unlink()
    with pytest.raises(IntegrityError, match="found none"):
        artefacts.read_manifest(tmp_path / "m")


def test_a_path_out_of_the_folder_is_refused(tmp_path):
    artefacts.write(tmp_path / "m", manifest(), fill)
    (tmp_path / "secret.txt").write_text("x")
    path = tmp_path / "m" / "manifest.json"
    facts = json.loads(path.read_text())
    facts["files"]["../secret.txt"] = "0" * 64
    path.write_text(json.dumps(facts))
    with pytest.raises(IntegrityError, match="inside the artefact"):
        artefacts.read_manifest(tmp_path / "m")


def test_an_unknown_field_or_import_path_in_a_manifest_is_refused(tmp_path):
    artefacts.write(tmp_path / "m", manifest(), fill)
    path = tmp_path / "m" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"loader": "os:system"}))
    with pytest.raises(IntegrityError, match="valid manifest"):
        artefacts.read_manifest(tmp_path / "m")


def test_pickle_and_other_kinds_of_file_are_not_written(tmp_path):
    def bad(folder):
        (folder / "model.pkl").write_bytes(b"x")

    with pytest.raises(UndercutError, match=r"model\.pkl"):
        artefacts.write(tmp_path / "m", manifest(), bad)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_fill_leaves_the_old_artefact_whole(tmp_path):
    before = artefacts.write(tmp_path / "m", manifest(), fill)

    def torn(folder):
        fill(folder)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        artefacts.write(tmp_path / "m", manifest(name="new"), torn)
    assert artefacts.read_manifest(tmp_path / "m") == before
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_the_hash_follows_what_it_answers_with_and_not_what_was_measured(tmp_path):
    one = artefacts.write(tmp_path / "a", manifest(), fill)
    two = artefacts.write(tmp_path / "b", manifest(name="other", run="r2"), fill)
    swapped = artefacts.write(tmp_path / "c", manifest(labels=("b", "a")), fill)
    assert artefacts.hash_of(one) == artefacts.hash_of(two)
    assert artefacts.hash_of(one) != artefacts.hash_of(swapped)


def test_a_folder_that_is_no_artefact_gives_one_clear_error(tmp_path):
    with pytest.raises(UndercutError, match=r"manifest\.json"):
        artefacts.read_manifest(tmp_path)
    with pytest.raises(UndercutError, match="no such folder"):
        artefacts.read_manifest(tmp_path / "nowhere")
