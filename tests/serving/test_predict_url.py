"""``undercut predict --url``: the answers of a server as a user types for them."""

from __future__ import annotations

import json

import pytest

import undercut
from undercut.cli.app import build
from undercut.core.errors import UndercutError
from undercut.core.specs_models import PredictSpec
from undercut.predict.predictor import load
from undercut.serving.predict_verb import predict_file

TEXTS = ["我的退款在哪里", "where is my card, it has not arrived yet", "see http://a//b/ ./"]


@pytest.fixture(autouse=True)
def key(live, monkeypatch, tmp_path):
    monkeypatch.setenv("UNDERCUT_API_KEY", live.key)
    monkeypatch.chdir(tmp_path)


def typed(capsys, *words: str) -> str:
    build()(["predict", *words], exit_on_error=False, result_action="return_value")
    return capsys.readouterr().out


def test_the_first_argument_is_a_text_exactly_as_typed(live, artefact, capsys):
    expected = load(artefact).predict(TEXTS)
    for i, words in ((2, ["--url", live.url, TEXTS[2]]), (2, [TEXTS[2], "--url", live.url])):
        found = json.loads(typed(capsys, *words, "--json"))["predictions"]
        assert [p["label"] for p in found] == [expected[i].label]
        probabilities = {k: round(v, 6) for k, v in expected[i].probabilities.items()}
        assert found[0]["probabilities"] == pytest.approx(probabilities)
    shown = typed(capsys, "--url", live.url, *TEXTS).splitlines()
    assert [s.split() for s in shown] == [[p.label, f"{p.probability:.3f}"] for p in expected]


def test_a_file_is_answered_into_a_file_as_a_model_here_would(live, artefact, tmp_path, capsys):
    (tmp_path / "in.txt").write_text("\n".join(TEXTS * 50) + "\n", encoding="utf-8")
    text = typed(capsys, "--url", live.url, "--file", "in.txt", "--out", "there.jsonl")
    assert "150 rows written" in text and "CPU-seconds" not in text
    undercut.predict_file(PredictSpec(artefact=artefact, file="in.txt", out="here.jsonl"))
    here, there = ((tmp_path / f"{n}.jsonl").read_text("utf-8") for n in ("here", "there"))
    rows = [[json.loads(line) for line in out.splitlines()] for out in (here, there)]
    for mine, theirs in zip(*rows, strict=True):
        assert mine.pop("probability") == pytest.approx(theirs.pop("probability"), abs=2e-6)
        assert mine == theirs


def test_what_does_not_go_with_it_is_refused(live, artefact):
    def refused(**given):
        with pytest.raises(UndercutError) as error:
            predict_file(PredictSpec(**given))
        return error.value

    both = refused(url=live.url, artefact=artefact, threads=2, inputs=["a"])
    assert both.code == "predict-model" and len(both.problems) == 2
    assert refused(inputs=["a"]).code == "predict-model"
    assert refused(url=live.url).code == "predict-none"
    near = refused(url=live.url, model="tinny", inputs=["a"])
    assert near.code == "model-unknown" and "Did you mean 'tiny'" in str(near)
    assert refused(url=live.url, api_key_env="NOT_SET", inputs=["a"]).code == "key-refused"
