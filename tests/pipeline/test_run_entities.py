"""A run on entities end to end: from columns to a model, its report, and every verb after it."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace

import pytest

from models.api.fake_api import FakeApi, completion, usage
from undercut.cli.app import main
from undercut.cli.rival import RivalResult
from undercut.core.errors import UndercutError
from undercut.core.specs_models import EvaluateSpec, ExplainSpec, PredictSpec
from undercut.core.specs_rival import RivalSpec
from undercut.core.specs_training import RunSpec
from undercut.pipeline.explaining import explain
from undercut.pipeline.predicting import predict_file
from undercut.pipeline.rival.run import rival
from undercut.pipeline.rival.sample import stored_dataset
from undercut.pipeline.run import run
from undercut.pipeline.verbs import evaluate
from undercut.tasks.token_classification.reading.unlabelled import inputs
from undercut.tasks.token_classification.task import TokenClassification

FIRST = ["Ann", "Bob", "Cat", "Dan", "Eve", "Fay", "Gus", "Hal"]
LAST = ["Lee", "Ray", "Fox", "Poe", "Kay", "Day"]
PLACE = ["Paris", "Rome", "Oslo", "Bonn", "Kyiv", "Lima", "Cairo", "Delhi"]


def sentences(n: int, seed: int) -> str:
    rng = random.Random(seed)
    made = []
    for i in range(n):
        first, last, place = rng.choice(FIRST), rng.choice(LAST), rng.choice(PLACE)
        made.append(
            f"{first} I-PER\n{last} I-PER\nflew O\nto O\n{place} I-LOC\non O\nday O\n{i * 31} O\n. O\n"
            if i % 2
            else f"In O\n{place} I-LOC\nit O\nrained O\n{i * 17} O\ntimes O\n"
        )
    return "\n".join(made)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    place = tmp_path_factory.mktemp("entities")
    (place / "x.train").write_text(sentences(80, 0))
    (place / "x.dev").write_text(sentences(24, 1))
    (place / "x.test").write_text(sentences(24, 2))
    facts = run(
        RunSpec(
            train=[place / "x.train", place / "x.dev", place / "x.test"],
            method="linear",
            learning_curve=False,
            compress=False,
            workspace=place / "ws",
            threads=1,
        )
    )
    return place, facts


def test_the_figures_are_of_entities(done):
    place, facts = done
    assert facts.task == "token-classification"
    assert facts.quality_name == "entity F1"
    assert facts.test.quality_name == "entity F1"
    assert facts.test.quality.value > 0.8
    assert facts.test.things == 36
    assert [c.label for c in facts.test.classes] == ["LOC", "PER"]
    assert facts.data.class_counts == {"LOC": 104, "PER": 52}
    assert any("IOB1" in w for w in facts.data.warnings)
    assert facts.price.usd_per_1k > 0
    assert facts.price.output_tokens > 0


def test_the_report_speaks_of_entities_and_tokens(done):
    place, facts = done
    html = (place / "ws" / "runs" / facts.name / "report.html").read_text()
    assert "Entity F1" in html
    assert "by tag of tokens" in html
    assert "Token accuracy" in html
    assert "Entities it gets wrong" in html


def test_predict_gives_offsets_in_the_original_text(done, tmp_path, capsys):
    place, facts = done
    text = "Ann   Lee flew to\tOslo on day 9."
    answer = predict_file(PredictSpec(artefact=facts.artefact, inputs=[text])).predictions[0]
    assert all(text[e.start : e.end] == e.text for e in answer.entities)
    out = tmp_path / "out.jsonl"
    (tmp_path / "in.txt").write_text(f"{text}\n\nIn Rome it rained 4 times\n")
    predict_file(PredictSpec(artefact=facts.artefact, file=tmp_path / "in.txt", out=out))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["text"] for r in rows] == [text, "", "In Rome it rained 4 times"]
    assert rows[0]["entities"][0].keys() == {"start", "end", "type", "text", "probability"}
    assert rows[1]["entities"] == []
    capsys.readouterr()
    with pytest.raises(SystemExit) as e:
        main(["predict", facts.artefact, text])
    assert e.value.code in (0, None)
    assert ["18-22", "LOC", "Oslo"] in [x.split()[:3] for x in capsys.readouterr().out.splitlines()]


FILES = {
    "in.conll": "In O\nRome B-LOC\nit O\nrained O\n\nAnn B-PER\nLee I-PER\nran O\n",
    "tokens.conll": "In\nRome\nit\nrained\n\nAnn\nLee\nran\n",
    "in.txt": "In <LOC>Rome</LOC> it rained\n<PER>Ann Lee</PER> ran\n",
    "names.txt": "In <START:LOC> Rome <END> it rained\n<START:PER> Ann Lee <END> ran\n",
    "in.jsonl": '{"tokens": ["In", "Rome", "it", "rained"]}\n{"tokens": ["Ann", "Lee", "ran"]}\n',
}


@pytest.mark.parametrize("name", FILES)
def test_predict_answers_the_rows_of_a_file_of_entities(done, tmp_path, name):
    _, facts = done
    path, out = tmp_path / name, tmp_path / "out.jsonl"
    path.write_text(FILES[name])
    told = []
    listener = SimpleNamespace(say=told.append, tick=lambda _: None)
    spec = PredictSpec(artefact=facts.artefact, file=path)
    answered = predict_file(spec, listener)
    assert answered.texts == ["In Rome it rained", "Ann Lee ran"]
    assert [p.rpartition(":")[0] for p in answered.places] == [name, name]
    assert "tags in it are not looked at" in told[0]
    predict_file(spec.model_copy(update={"out": out}))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["row"] for r in rows] == answered.places
    for row, answer in zip(rows, answered.predictions, strict=True):
        assert [(e["start"], e["end"]) for e in row["entities"]] == [
            (e.start, e.end) for e in answer.entities
        ]
        assert all(row["text"][e["start"] : e["end"]] == e["text"] for e in row["entities"])
    assert [e["text"] for e in rows[0]["entities"]] == ["Rome"]


def test_tokens_of_one_chinese_character_are_answered_as_text(tmp_path):
    path = tmp_path / "x.char"
    path.write_text("王\n明\n在\n2\n0\n年\n\n好\n", encoding="utf-8")
    assert inputs(path.rename(tmp_path / "x.bmes"), "x.bmes", None) == [
        ("王明在20年", "x.bmes:1"), ("好", "x.bmes:8"),
    ]  # fmt: skip


def test_evaluate_scores_a_file_of_columns(done):
    place, facts = done
    found = evaluate(EvaluateSpec(artefact=facts.artefact, data=[place / "x.test"]))
    assert found.quality == facts.test.quality
    assert found.per_unit.units == facts.test.per_unit.units
    odd = place / "odd.conll"
    odd.write_text("Rome B-CITY\nfell O\n")
    with pytest.raises(UndercutError) as e:
        evaluate(EvaluateSpec(artefact=facts.artefact, data=[odd]))
    assert e.value.code == "label-unknown"


def test_entities_are_explained_on_a_terminal_and_a_page(done, tmp_path, capsys):
    _, facts = done
    text, page = "In Rome it rained.", tmp_path / "why.html"
    found = explain(ExplainSpec(artefact=facts.artefact, inputs=[text], page=page))
    one = found.explanations[0]
    assert (one.label, one.about, one.begin, one.end) == ("LOC", "Rome", 3, 7)
    assert max(one.words, key=lambda w: w.pull).text in ("In", "Rome")
    assert {b.name for b in one.beside} <= {
        "tags before it", "tags after it", "the rest of the document"}  # fmt: skip
    html = page.read_text()
    assert "Characters 3 to 7" in html and "Tags after it" in html
    with pytest.raises(SystemExit) as e:
        main(["explain", facts.artefact, text])
    assert e.value.code in (0, None)
    out = capsys.readouterr().out
    assert "Rome (3-7): LOC" in out and "tags after it" in out
    against = explain(ExplainSpec(artefact=facts.artefact, inputs=[text], against="PER"))
    assert against.explanations[0].against == "PER"
    none = explain(ExplainSpec(artefact=facts.artefact, inputs=[text], against="O"))
    assert none.explanations[0].against == "(nothing)"
    with pytest.raises(UndercutError, match="Did you mean 'PER'"):
        explain(ExplainSpec(artefact=facts.artefact, inputs=[text], against="PRE"))


def test_a_rival_is_asked_for_entities(done, monkeypatch):
    place, facts = done
    monkeypatch.setenv("RIVAL_KEY", "sk-0123456789")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    data = stored_dataset(place / "ws", facts)
    task = TokenClassification()
    rows = zip(data.test.inputs, data.test.targets, strict=True)
    gold = {task.text(value): task.rival_answer(value, target) for value, target in rows}

    def script(text, number, body):
        return {
            1: completion("I find " + gold[text]),
            2: completion(None, refusal="No."),
            3: completion(json.dumps([{"text": "Nowhere", "type": "LOC"}])),
            4: completion(gold[text][:-1], finish="length"),
        }.get(number, completion(gold[text], usage=usage(90, 12)))

    with FakeApi(script) as api:
        found = rival(
            RivalSpec(
                base_url=api.url,
                model="m",
                key_env="RIVAL_KEY",
                workspace=place / "ws",
                rows=12,
                concurrency=1,
                usd_per_million_input=1,
                usd_per_million_output=1,
                yes=True,
            )
        )
    r = found.rival
    assert (r.rows, r.unparsed, r.refused, r.cut) == (12, 2, 1, 1)
    assert r.quality_name == "entity F1" and "entity F1" in found.sentence
    assert r.versus.n >= 12  # sentences
    lost = sum(len(json.loads(gold[text])) for text in list(api.asked)[:4])
    there = sum(len(json.loads(gold[text])) for text in api.asked)
    assert lost and r.accuracy.value == pytest.approx(2 * (there - lost) / (2 * there - lost))
    assert r.versus.only_b >= 1 and r.own_accuracy.value > 0.8
    assert set(api.asked) <= set(gold)
    assert RivalResult(found).to_json()["accuracy"] == r.accuracy.value
