"""A new artefact against the served one: verdict, exit status, JSON, Markdown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from serving.stand_ins import write_artefact, write_variant
from undercut.cli.app import main
from undercut.core.specs_release import GateVerbSpec
from undercut.core.specs_training import TrainSpec
from undercut.pipeline.gating import markdown
from undercut.serving.gate_verb import gate


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A tiny model, one that answers every text alike, and 400 rows the first is right on."""
    place = tmp_path_factory.mktemp("gate")
    first = write_artefact(place / "first", place / "scratch")
    good = write_variant(first, place / "good", label="退款", name="good | *x*")
    bad = write_variant(first, place / "bad", label="lost_card", name="bad")
    rows = place / "rows.csv"
    lines = [f"文本 {i},退款" for i in range(400)]
    rows.write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return good, bad, rows


def spec(candidate, against, rows, place, **more):
    return GateVerbSpec(
        candidate=candidate, against=against, data=[rows], workspace=place / "ws", threads=1, **more
    )


def test_the_same_model_passes_and_a_worse_one_does_not(two, tmp_path, monkeypatch):
    good, bad, rows = two
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    same = gate(spec(good, good, rows, tmp_path, max_slower=1e6, max_dearer=1e6))
    assert same.passed and same.quality.verdict == "passed"
    assert same.quality.drop == 0 and same.test.p_value == 1
    told = (tmp_path / "step.md").read_text(encoding="utf-8")
    assert told == markdown(same)
    assert "### undercut gate: passed" in told
    assert "good \\| \\*x\\*" in told  # a name cannot become a cell or markup
    worse = gate(spec(bad, good, rows, tmp_path, summary=tmp_path / "own.md"))
    assert not worse.passed and worse.reasons[0].startswith("Quality: Accuracy dropped")
    assert worse.test.only_a == 400
    assert "not passed" in (tmp_path / "own.md").read_text(encoding="utf-8")


def test_the_exit_status_says_the_verdict(two, tmp_path, capsys, monkeypatch):
    good, bad, rows = two
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    common = ["--data", str(rows), "--threads", "1", "--max-slower", "1e6", "--max-dearer", "1e6"]
    with pytest.raises(SystemExit) as failed:
        main(["gate", str(bad), "--against", str(good), *common, "--json"])
    assert failed.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False and told["quality"]["verdict"] == "refused"
    with pytest.raises(SystemExit) as wrong:
        main(["gate", str(good), "--against", "nothing", *common])
    assert wrong.value.code == 2
    assert "artefact-missing" in capsys.readouterr().err


def test_the_workflow_to_copy_asks_for_what_there_is():
    path = Path(__file__).parents[2] / "examples" / "ci" / "gate.yml"
    text = " ".join(path.read_text(encoding="utf-8").split())
    for verb, known in (("gate", GateVerbSpec), ("train", TrainSpec)):
        command = re.search(rf"undercut {verb} (.*?)(?= - | > gate.json|$)", text)
        assert command is not None
        asked = set(re.findall(r"--([a-z-]+)", command[1])) - {"json"}
        assert asked and asked <= {name.replace("_", "-") for name in known.model_fields}
