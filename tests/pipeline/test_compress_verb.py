"""`undercut compress`: every form judged, the best chosen, each loser told why; resumed, resumable."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from conformance.fitted import fitted
from conformance.samples import rows_of
from undercut.core.errors import UndercutError
from undercut.core.specs_models import CompressSpec
from undercut.core.types import Measurement, Metric
from undercut.pipeline.compressing import trial
from undercut.pipeline.compressing.record import Form
from undercut.pipeline.compressing.search import decide
from undercut.pipeline.compressing.verb import compress
from undercut.pipeline.fitting import write_stack
from undercut.pipeline.report.png import Plots
from undercut.predict.predictor import load
from undercut.store import artefacts

TASK = "text-classification"
ONLY = ["onnx", "quantise", "vocabulary", "layers-half"]


def table(path: Path, n: int, seed: int) -> Path:
    rows = rows_of(TASK, n, seed)
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["text", "label"])
        writer.writerows(zip(rows.inputs, rows.targets, strict=True))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("compress")
    shutil.copytree(fitted(TASK, "full")[0], folder / "model")
    table(folder / "held.csv", 320, 7)
    table(folder / "train.csv", 60, 0)
    return folder


def spec(place: Path, **changes) -> CompressSpec:
    facts = {
        "artefact": place / "model",
        "data": [place / "held.csv"],
        "train": [place / "train.csv"],
        "workspace": place / "out",
        "only": ONLY,
        "max_drop": 5.0,
        "min_agreement": 0.8,
        "threads": 1,
    }
    return CompressSpec(**(facts | changes))


@pytest.fixture(autouse=True)
def without_charts(monkeypatch):
    """Only the first search draws its charts."""
    monkeypatch.setattr("undercut.pipeline.compressing.page.write_plots", lambda *_: Plots())


@pytest.fixture(scope="module")
def found(place):
    return compress(spec(place, optimise="size"))


def test_every_form_is_judged_and_every_loser_told_why(found):
    names = [f.name for f in found.forms]
    assert names[0] == "reference"
    assert {"vocabulary", "vocabulary + layers-half", "onnx", "quantise"} <= set(names)
    assert "vocabulary + quantise" in names
    assert [f.status for f in found.forms].count("chosen") == 1
    for f in found.forms:
        assert f.why and f.status != "skipped"
        assert (f.gate is None) == (not f.steps)
        assert f.measured is not None and f.usd_per_1k > 0


def test_the_chosen_form_is_the_smallest_that_passed_and_answers(found, place):
    passed = [f for f in found.forms if f.status in ("passed", "chosen", "reference")]
    chosen = found.form(found.chosen)
    assert chosen.measured.size_bytes == min(f.measured.size_bytes for f in passed)
    assert chosen.steps[-1] == "quantise"
    model = load(found.out, threads=1)
    assert model.hash == chosen.hash
    assert model.manifest.gate.verdict == "passed"
    assert model.predict(["refund my money back"])[0].label in model.labels


def test_page_chart_and_facts_lie_in_the_workspace(found):
    page = Path(found.page).read_text(encoding="utf-8")
    assert all(f.name in page for f in found.forms)
    assert page.count("<svg") >= 3
    if found.plot:
        assert Path(found.plot).read_bytes()[:4] == b"\x89PNG"
    kept = json.loads(Path(found.page).with_name("compressed.json").read_text(encoding="utf-8"))
    assert kept["chosen"] == found.chosen


def test_the_same_command_does_nothing_again(found, place):
    again = compress(spec(place, optimise="size"))
    assert not again.did_work
    assert [(f.name, f.status, f.hash) for f in again.forms] == [
        (f.name, f.status, f.hash) for f in found.forms
    ]


def test_a_killed_search_goes_on_after_its_last_form(found, place, monkeypatch):
    """Another goal needs no form made again; a form that fails half way leaves nothing behind."""
    steps = sorted((place / "out" / "steps").iterdir())

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(trial, "_tested", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compress(spec(place, only=["quantise-static"]))
    assert sorted((place / "out" / "steps").iterdir()) == steps
    assert not compress(spec(place, optimise="latency")).did_work


def test_without_training_rows_and_beyond_the_budget_forms_are_skipped(found, place):
    few = compress(spec(place, train=[], only=["onnx", "vocabulary"], max_minutes=1e-9))
    assert {f.status for f in few.forms if f.steps} == {"skipped"}
    assert any("--train" in f.why for f in few.forms)
    assert any("over the limit" in f.why for f in few.forms)
    assert few.chosen == "reference" and few.out == ""


def test_what_cannot_be_run_is_refused_and_the_search_goes_on(found, place, monkeypatch):
    score = trial._score

    def broken(lab, folder):
        if folder.name.startswith("try-"):
            raise IndexError("index 7 is out of bounds")
        return score(lab, folder)

    monkeypatch.setattr(trial, "_score", broken)
    result = compress(spec(place, only=["onnx"], min_agreement=0.5))
    assert result.forms[1].status == "refused"
    assert "cannot be run: IndexError: index 7" in result.forms[1].why


def test_held_out_rows_are_not_learned_from(found, place):
    both = compress(spec(place, train=[place / "train.csv", place / "held.csv"], only=["onnx"]))
    assert both.rows_learned <= 60
    assert any("held out too" in n for n in both.notes)
    assert any("cannot be checked" in n for n in both.notes)  # it keeps no record


def test_no_held_out_rows_is_one_clear_error(place):
    with pytest.raises(UndercutError, match="labelled file"):
        compress(spec(place, data=[]))


def test_a_stack_is_shrunk_part_by_part(place):
    parts = {"full": place / "model", "linear": fitted(TASK, "linear")[0]}
    config = {
        "weights": {"full": 0.6, "linear": 0.4},
        "temperatures": {"full": 1.0, "linear": 1.0},
        "temperature": 1.0,
    }
    like = artefacts.read_manifest(place / "model")
    write_stack(place / "stack", "stack", parts, config, like)
    result = compress(spec(place, artefact=place / "stack", only=["quantise"], optimise="size"))
    assert result.chosen == "quantise"
    model = load(result.out, threads=1)
    kinds = {
        c.name: artefacts.read_manifest(Path(result.out) / c.folder)
        for c in model.manifest.children
    }
    assert kinds["full"].config["int8"] and kinds["linear"].architecture == "linear"


def measurement(rate: float, p50: float, size: int) -> Measurement:
    return Measurement(
        texts_per_second=rate, p50_ms=p50, p95_ms=p50, size_bytes=size, peak_memory_bytes=1,
        threads=1, processor="p", backend="b", texts=1,
    )  # fmt: skip


def form(name: str, status: str, quality: float, m: Measurement) -> Form:
    return Form(
        name=name, steps=[name], status=status, why="because", usd_per_1k=1 / m.texts_per_second,
        quality=Metric(value=quality, n=10), measured=m,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("goal", "wins"), [("cost", "fast"), ("latency", "quick"), ("size", "tiny")]
)
def test_the_goal_decides_among_what_passed(goal, wins):
    forms = [
        form("whole", "reference", 0.9, measurement(10, 9, 90)),
        form("fast", "passed", 0.9, measurement(50, 8, 80)),
        form("quick", "passed", 0.9, measurement(40, 1, 70)),
        form("tiny", "passed", 0.89, measurement(20, 5, 9)),
        form("bad", "refused", 0.2, measurement(999, 0.1, 1)),
        form("unproven", "needs-rows", 0.9, measurement(999, 0.1, 1)),
        form("worse", "passed", 0.88, measurement(19, 6, 10)),
    ]
    found = decide(forms, goal)
    assert [f.name for f in found if f.status == "chosen"] == [wins]
    assert {f.name for f in found if f.best} == {"fast", "quick", "tiny"}
    assert "times the" in found[0].why
