"""``undercut cascade``: an artefact like any other, honest about whether it pays."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from models.api.fake_api import FakeApi, completion, usage
from undercut.core.errors import UndercutError
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.specs_models import EvaluateSpec, ExplainSpec
from undercut.core.specs_training import TrainSpec
from undercut.pipeline.cascade import asked as wanted
from undercut.pipeline.cascade import build, found, making, verdict
from undercut.pipeline.cascade.facts import CascadeFacts
from undercut.pipeline.cascade.stream import opened
from undercut.pipeline.explaining import explain
from undercut.pipeline.verbs import evaluate, train
from undercut.predict.answers import answer_row
from undercut.predict.predictor import load
from undercut.store import artefacts

TOPICS = {
    "refund": "refund money charged back 退款",
    "delivery": "parcel late courier where 快递",
    "password": "login reset locked code 密码",
}


def rows(n, seed):
    """Return texts whose words mostly, not always, are of their label's topic."""
    rng = random.Random(seed)
    lines = []
    for i in range(n):
        label = sorted(TOPICS)[i % 3]
        words = [
            rng.choice(TOPICS[label if rng.random() < 0.7 else rng.choice(sorted(TOPICS))].split())
            for _ in range(rng.randint(1, 5))
        ]
        lines.append((" ".join([*words, f"n{rng.randint(0, 10**6)}"]), label))
    return lines


def write(path, lines):
    path.write_text(
        "text,label\n" + "".join(f"{t},{label}\n" for t, label in lines), encoding="utf-8"
    )
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two linear models of one data set, one that reads words alone and one that reads pieces."""
    folder = tmp_path_factory.mktemp("cascade")
    train_file = write(folder / "train.csv", rows(400, 0))
    write(folder / "held.csv", rows(900, 1))
    write(folder / "test.csv", rows(300, 2))
    for name, options in (("small", {"words": 1, "char_max": 0}), ("large", {})):
        spec = TrainSpec(
            train=[train_file],
            method="linear",
            name=name,
            options={"linear": options},
            workspace=folder / "out",
            threads=1,
        )
        train(spec)
    return folder


@pytest.fixture(autouse=True, scope="module")
def quick():
    """Time no longer than it takes to see that it is timed."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((making, "SECONDS"), (found, "SECONDS"), (found, "CURVE_SECONDS")):
            patch.setattr(module, name, 0.01)
        yield


def spec_of(place, **changes):
    models = place / "out" / "models"
    facts = {
        "artefacts": [models / "small", models / "large"],
        "data": [place / "held.csv"],
        "workspace": place / "out",
        "max_drop": 3.0,
        "threads": 1,
    }
    return CascadeSpec(**(facts | changes))


@pytest.fixture(scope="module")
def made(place, quick):
    (place / "rules.csv").write_text(
        "pattern,label\nnever seen,refund\n密码,password\nlate,refund\n", encoding="utf-8"
    )
    return build.cascade(
        spec_of(
            place,
            test=[place / "test.csv"],
            rules=place / "rules.csv",
            rule_precision=0.5,
            cache_exact=100,
            cache_near=100,
            stream=place / "test.csv",
            max_drop=20.0,
            name="three",
        )
    )


def test_the_artefact_is_one_like_any_other(place, made):
    predictor = load(made.artefact, threads=1)
    assert predictor.hash == made.hash
    assert predictor.manifest.architecture == "cascade"
    assert [c.name for c in predictor.manifest.children] == ["rules", "small", "large"]
    texts = [t for t, _ in rows(60, 5)]
    answers = predictor.predict(texts)
    assert {a.tier for a in answers} <= {"rules", "small", "large"}
    alone = {n: load(f"{made.artefact}/children/{n}", threads=1).predict(texts) for n in
             ("rules", "small", "large")}  # fmt: skip
    for i, answer in enumerate(answers):
        own = alone[answer.tier][i]
        assert (answer.label, answer.probability) == (own.label, pytest.approx(own.probability))
        assert answer_row("text-classification", answer, 0)["tier"] == answer.tier
        if answer.tier == "small":
            limit = next(t for t in made.tiers if t.name == "small").threshold
            assert answer.probability >= limit - 1e-6
    assert predictor.predict([]) == []
    score = evaluate(
        EvaluateSpec(
            artefact=made.artefact, data=[place / "test.csv"], workspace=place / "out", threads=1
        )
    )
    assert score.quality.value == pytest.approx(made.test_accuracy.value)


def test_the_tier_that_answered_explains(place, made):
    texts = ["late late parcel", "密码", "zzz"]
    facts = explain(ExplainSpec(artefact=made.artefact, inputs=texts, workspace=place / "out"))
    answers = load(made.artefact, threads=1).predict(texts)
    assert answers[1].tier == "rules"
    for one, answer in zip(facts.explanations, answers, strict=True):
        assert one.label == answer.label
        total = one.start + sum(w.pull for w in one.words) + one.gap
        assert total == pytest.approx(one.log_odds, abs=1e-6)
        assert abs(one.gap) < 1e-3


def test_rules_are_measured_before_they_are_let_in(made):
    never, password, late = made.rules
    assert not never.let_in
    assert "no row matches" in never.reason
    assert password.let_in
    assert password.precision > password.precision_low >= 0.5
    assert not late.let_in
    assert "at least" in late.reason
    assert any("2 of 3 rules" in n for n in made.notes)


def test_the_report_and_the_facts_hold_together(made):
    folder = Path(made.report).parent
    kept = json.loads((folder / "cascade.json").read_text(encoding="utf-8"))
    assert CascadeFacts.model_validate(kept) == made
    page = Path(made.report).read_text(encoding="utf-8")
    assert "密码" in page
    assert "late" in page
    assert sum(t.answered for t in made.tiers) == pytest.approx(1)
    assert sum(p.chosen for p in made.curve) == 1
    assert sum(p.measured_usd_per_1k is not None for p in made.curve) >= 3
    assert made.verdict.startswith("The cascade pays" if made.pays else "The cascade does not pay")
    manifest = artefacts.read_manifest(made.artefact)
    assert manifest.measured.texts_per_second > 0
    assert manifest.metrics["accuracy"].value == made.test_accuracy.value


def test_cache_hits_are_counted_on_the_stream(made):
    cache = made.cache
    assert cache.texts == 300
    assert cache.escalated <= 300
    assert cache.hits + cache.near_hits <= cache.escalated
    assert cache.hit_share == pytest.approx(
        (cache.hits + cache.near_hits) / max(cache.escalated, 1)
    )


def test_thresholds_can_be_set_without_touching_the_artefact(made):
    predictor, scorer = opened(Path(made.artefact), 1)
    scorer.thresholds = dict.fromkeys(scorer.thresholds, 1.1)
    assert {a.tier for a in predictor.predict(["x", "parcel"])} == {"large"}
    assert load(made.artefact, threads=1).hash == made.hash


def test_the_value_of_an_error_is_a_goal_too(place):
    cheap = build.cascade(spec_of(place, error_usd=1e-9, name="cheap"))
    assert cheap.tiers[0].answered == 1.0
    assert cheap.goal == "least cost plus errors at 1e-09 USD an error"


def test_an_outside_api_is_the_last_tier(place, monkeypatch):
    truth = dict(rows(900, 1))

    def script(text, number, body):
        return completion(truth[text], usage=usage(30, 2))

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeApi(script) as api:
        asked = {
            "artefacts": [place / "out" / "models" / "small"],
            "api": True,
            "base_url": api.url,
            "model": "cheap-1",
            "usd_per_million_input": 1.0,
            "usd_per_million_output": 2.0,
            "rows": 150,
            "error_usd": 0.01,
            "name": "outside",
        }
        with pytest.raises(UndercutError, match="Send 150 requests"):
            build.cascade(spec_of(place, **asked))
        assert not api.bodies
        facts = build.cascade(spec_of(place, **asked, yes=True))
        assert sum(api.asked.values()) == len(api.bodies) == 150
        assert [t.name for t in facts.tiers] == ["small", "api"]
        assert facts.tiers[1].usd_per_1k == pytest.approx(0.034)
        assert facts.tiers[1].texts_per_second is None
        assert facts.tiers[0].answered < 1
        passed = facts.tiers[1].reached
        assert facts.usd_per_1k == pytest.approx(
            passed * 0.034 + facts.tiers[0].usd_per_1k, rel=0.2
        )
        unsure = [t for t, a in zip(truth, load(facts.artefact).predict(list(truth)), strict=True)
                  if a.tier == "api"]  # fmt: skip
        assert unsure
        assert all(load(facts.artefact).predict([t])[0].label == truth[t] for t in unsure[:2])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"artefacts": ["small"]}, "cascade-tiers"),
        ({"target_accuracy": 0.9, "error_usd": 1.0}, "cascade-goals"),
        ({"data": ["train.csv"]}, "rows-learned"),
        ({"data": []}, "cascade-rows"),
        ({"target_accuracy": 0.9999}, "cascade-goal"),
        ({"artefacts": ["small", "elsewhere"]}, "artefact-missing"),
    ],
)
def test_what_cannot_be_is_one_clear_error(place, changes, code):
    models = place / "out" / "models"
    if "artefacts" in changes:
        changes = changes | {"artefacts": [models / a for a in changes["artefacts"]]}
    if "data" in changes:
        changes = changes | {"data": [place / d for d in changes["data"]]}
    with pytest.raises(UndercutError) as caught:
        build.cascade(spec_of(place, name="bad", **changes))
    assert caught.value.code == code
    assert not (place / "out" / "cascades" / "bad" / "model").exists()


def test_rules_alone_in_front_are_refused_with_figures(place):
    path = place / "bad.csv"
    path.write_text("pattern,label\nlate,refund\n", encoding="utf-8")
    models = place / "out" / "models"
    with pytest.raises(UndercutError, match=r"bad\.csv:2: .*right on \d+ of \d+ rows") as caught:
        build.cascade(spec_of(place, artefacts=[models / "large"], rules=path))
    assert caught.value.code == "rules-refused"


def test_the_verdict_compares_like_with_like():
    goal = wanted.goal_of(CascadeSpec(max_drop=1.0))
    small = verdict.Single("small", 0.90, 1e-6, False)
    big = verdict.Single("big", 0.94, 1e-5, True)
    assert verdict.verdict(goal, 0.94, 3e-6, [small, big]).pays
    dear = verdict.verdict(goal, 0.94, 3e-5, [small, big])
    assert not dear.pays
    assert dear.sentence.startswith("The cascade does not pay")
    good = verdict.Single("small", 0.94, 1e-6, True)
    assert verdict.verdict(goal, 0.94, 3e-6, [good, big]).against.name == "small"
    valued = wanted.goal_of(CascadeSpec(error_usd=1e-4))
    assert verdict.verdict(valued, 0.94, 3e-6, [small, big]).pays
    bounded = wanted.goal_of(CascadeSpec(budget_usd_per_1k=0.004))
    assert verdict.verdict(bounded, 0.93, 3e-6, [small, big]).pays
    assert not verdict.verdict(bounded, 0.93, 5e-6, [small, big]).pays


def test_scores_are_finite(made):
    scored = load(made.artefact, threads=1).score(["", "\x00", "x" * 3000, "密码"])
    assert np.isfinite(scored.log_probs).all()
