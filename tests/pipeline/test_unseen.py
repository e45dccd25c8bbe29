"""What a model has learned from never judges it: left out and said, or refused."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from pipeline.sets import small, write_csv
from serving.stand_ins import write_artefact
from undercut.core.errors import IntegrityError, UndercutError
from undercut.core.specs_models import CompressSpec, EvaluateSpec
from undercut.core.specs_release import GateVerbSpec
from undercut.core.specs_training import RunSpec
from undercut.core.types import Examples
from undercut.data.normal import same_hashes
from undercut.pipeline.compressing.rows import read_rows
from undercut.pipeline.compressing.verb import compress
from undercut.pipeline.fitting import write_stack
from undercut.pipeline.forms import Material, shrink
from undercut.pipeline.gating import gate_artefacts, markdown
from undercut.pipeline.run import Silent, run
from undercut.pipeline.unseen import LEAST_ROWS, unseen
from undercut.pipeline.verbs import evaluate
from undercut.store import artefacts, learned


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run on a small file, refitted on its validation rows, and a file half of rows it knows."""
    folder = tmp_path_factory.mktemp("unseen")
    file, _ = small(folder)
    _, *rows = read(file)
    fresh = [[f"{text} anew {i}", label] for i, (text, label) in enumerate(rows[: 2 * LEAST_ROWS])]
    known = [[f" {text.upper()} ", label] for text, label in rows[:7]]
    write_csv(folder / "mixed.csv", [*known, *fresh])
    write_csv(folder / "own.csv", rows[:39])
    spec = RunSpec(
        train=[file], method="linear", workspace=folder / "out", threads=1, learning_curve=False,
        name="it",
    )  # fmt: skip
    run(spec)
    return folder


def read(path):
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.reader(f))


def examples(*texts):
    return Examples(list(texts), ["a"] * len(texts), [f"f:{i}" for i in range(len(texts))])


def model(place):
    return place / "out" / "runs" / "it" / "model"


def test_a_run_keeps_the_rows_it_learned_from_its_validation_rows_too(place):
    manifest = artefacts.read_manifest(model(place))
    texts = {text for text, _ in read(place / "small.csv")[1:]}
    kept = learned.read(model(place), manifest)
    assert set(same_hashes(texts).tolist()) == set(kept.tolist())
    assert learned.FILE in manifest.files
    without = manifest.model_copy(update={"files": {**manifest.files, learned.FILE: "other"}})
    assert artefacts.hash_of(without) == artefacts.hash_of(manifest)


def test_known_rows_are_left_out_and_counted_by_every_verb(place):
    spec = GateVerbSpec(candidate=model(place), against=model(place), data=[place / "mixed.csv"],
                        workspace=place / "out", threads=1)  # fmt: skip
    facts = gate_artefacts(spec, model(place), model(place))
    total = 7 + 2 * LEAST_ROWS
    assert facts.quality.rows == total - 7
    assert f"7 of {total} rows were left out: a model has learned from them." in facts.notes
    assert "left out" in markdown(facts)
    given = CompressSpec(artefact="it", data=[place / "mixed.csv"], workspace=place / "out")
    rows = read_rows(given, artefacts.read_manifest(model(place)), [model(place)])
    assert len(rows.held) == total - 7 and rows.notes == list(facts.notes[:1])
    said = []
    listener = Silent()
    listener.say = said.append
    evaluate(
        EvaluateSpec(artefact="it", data=[place / "mixed.csv"], workspace=place / "out"), listener
    )
    assert said == [f"note: 7 of {total} rows were learned from by the model: its score is "
                    "flattered."]  # fmt: skip


def test_too_few_rows_left_is_one_clear_error(place):
    spec = CompressSpec(artefact="it", data=[place / "own.csv"], workspace=place / "out")
    with pytest.raises(UndercutError, match="0 of 39 rows") as refused:
        compress(spec)
    assert refused.value.code == "rows-learned"


def test_an_artefact_without_a_record_is_said_not_to_be_checked(tmp_path):
    old = write_artefact(tmp_path / "old", tmp_path / "scratch")
    rows, notes = unseen(examples("lost"), [old, old], tmp_path, "f")
    assert len(rows) == 1
    assert notes == [
        "Whether 'tiny' has learned from these rows cannot be checked: it keeps no record of what "
        "it learned from."
    ]


def test_the_record_goes_with_every_form_and_through_a_stack(place, tmp_path):
    kept = learned.own(model(place))
    manifest = artefacts.read_manifest(model(place))
    parts = {"a": model(place), "b": model(place)}
    write_stack(tmp_path / "stack", "s", parts, {}, manifest, hashes=same_hashes(["joined on"]))
    stack = artefacts.read_manifest(tmp_path / "stack")
    assert set(learned.read(tmp_path / "stack", stack)) == {*kept, *same_hashes(["joined on"])}
    (tmp_path / "stack" / "children" / "b" / learned.FILE).unlink()
    assert learned.read(tmp_path / "stack", stack) is None
    material = Material(rows=examples("row to learn"), unlabelled=["一行无标签文本"])
    made = shrink_with_a_copy(model(place), tmp_path / "form", material)
    found = learned.read(tmp_path / "form", made)
    assert set(found) == {*kept, *same_hashes(["row to learn", "一行无标签文本"])}


def shrink_with_a_copy(source, folder, material):
    """Shrink with a compressor that copies: only what is kept about rows matters here."""
    import shutil

    from undercut.core import plugins
    from undercut.core.shrinking import Shrunk

    def copy(job):
        for path in job.source.iterdir():
            if path.name not in (artefacts.MANIFEST, artefacts.CARD, learned.FILE):
                shutil.copy(path, job.out)
        return Shrunk(job.manifest.format, job.manifest.config)

    attr = plugins.attr
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "attr", lambda path: copy if "compress:" in path else attr(path))
        patch.setattr(plugins, "require", lambda *_: None)
        return shrink(source, folder, "copy", "quantise", None, material)


def test_a_torn_record_is_one_clear_error(tmp_path):
    (tmp_path / learned.FILE).write_bytes(b"no array")
    with pytest.raises(IntegrityError):
        learned.own(tmp_path)
    np.save(tmp_path / learned.FILE, np.zeros(3))
    with pytest.raises(IntegrityError, match="float64"):
        learned.own(tmp_path)


def test_unlabelled_rows_without_labelled_ones_are_not_ignored(place):
    files = {"data": [place / "mixed.csv"], "unlabelled": [place / "mixed.csv"]}
    spec = CompressSpec(artefact="it", workspace=place / "out", **files)
    with pytest.raises(UndercutError, match="beside --unlabelled"):
        read_rows(spec, artefacts.read_manifest(model(place)), [model(place)])
