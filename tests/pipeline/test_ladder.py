"""The ladder's decisions: what it climbs, where it stops, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from conformance.tiny_base import tiny_base
from pipeline.sets import INTENTS, rows, small, write_csv
from undercut.core.contracts import Estimate
from undercut.core.errors import UndercutError, fail
from undercut.core.specs_training import RunSpec
from undercut.ledger.price import Rates
from undercut.pipeline import promote as promoting
from undercut.pipeline import weighing
from undercut.pipeline.run import run
from undercut.pipeline.rung_order import expected_gain, ladder_methods, stand_in
from undercut.pipeline.rungs import Climb, Limits


@pytest.fixture(scope="module")
def base():
    return str(tiny_base(tuple(text for text, _ in rows("support_en.csv"))))


def climbed(facts):
    return {r.rung: r.status for r in facts.rungs}


def test_the_order_is_the_issue_of_cost():
    assert ladder_methods("text-classification") == ["linear", "probe", "partial", "full"]


def test_with_a_shared_base_only_methods_that_share_it_are_climbed():
    assert ladder_methods("text-classification", share_base=True) == ["linear", "lora"]
    assert stand_in("full", "text-classification") == "lora"
    assert stand_in("partial", "text-classification") == ""


def test_the_first_encoder_is_expected_to_bring_what_the_best_brings_over_the_linear_rung():
    task = "text-classification"
    assert expected_gain("probe", task, "linear") == expected_gain("lora", task, "linear") == 0.30
    assert expected_gain("full", task, "partial") == 0.05


def test_what_does_not_fit_in_memory_is_skipped_and_lora_climbed_in_its_place(
    tmp_path, base, monkeypatch
):
    def estimate(context, name):
        if name != "lora":
            raise fail("training-memory", expected="9 GB free for training", found="1 GB free")
        return Estimate(0.01, "")

    monkeypatch.setattr(weighing, "estimated", estimate)
    train, test = small(tmp_path)
    facts = run(
        RunSpec(
            train=[train],
            test=[test],
            workspace=tmp_path / "out",
            base=base,
            threads=1,
            learning_curve=False,
            options={"lora": {"epochs": 2, "rank": 2}},
        )
    )
    assert climbed(facts) == {
        "linear": "climbed",
        "probe": "skipped",
        "partial": "skipped",
        "full": "skipped",
        "lora": "climbed",
    }
    full, lora = facts.rungs[3:]
    assert "9 GB free" in full.reason
    assert full.instead == "lora"
    found = lora.footprint
    assert 0 < found.trainable_parameters < found.total_parameters
    assert found.peak_memory_bytes > 50e6
    assert {v.rung for v in facts.variants} == {"linear", "lora"}
    reference = next(v for v in facts.variants if v.rung == "lora" and not v.compression)
    assert reference.footprint == found
    page = Path(facts.report).read_text(encoding="utf-8")
    assert "Peak memory" in page


def test_worth_is_gain_times_volume_times_loss():
    limits = Limits(None, None, None, 0.02, 1000, 12)
    assert limits.worth_usd(0.01) == pytest.approx(0.01 * 1000 * 12 * 0.02)


def test_climbs_every_rung_keeps_every_variant_and_tests_once(tmp_path, base):
    train, test = small(tmp_path)
    spec = RunSpec(train=[train], test=[test], workspace=tmp_path / "out", base=base, threads=2)
    facts = run(spec)
    found = climbed(facts)
    assert list(found)[:2] == ["linear", "probe"]
    assert found["linear"] == found["probe"] == "climbed"
    assert {v.rung for v in facts.variants} == {k for k, s in found.items() if s == "climbed"}
    assert sum(v.promoted for v in facts.variants) == 1
    for v in facts.variants:
        if v.gate is None or v.gate.verdict == "passed":
            assert v.measured is not None
            assert v.usd_per_1k > 0
        else:
            assert not v.promoted
            assert v.gate.reason
    assert len(list((tmp_path / "out" / "steps").glob("test-*"))) == 1
    again = run(spec)
    assert not again.did_work
    assert climbed(again) == found


def test_stops_at_the_target(tmp_path, base):
    train, test = small(tmp_path)
    facts = run(
        RunSpec(
            train=[train], workspace=tmp_path / "out", base=base, target_accuracy=0.05, threads=1
        )
    )
    assert climbed(facts) == {"linear": "climbed", "probe": "stopped"}
    assert "target" in facts.rungs[-1].reason


@pytest.mark.parametrize(
    ("limit", "word"),
    [
        ({"budget_usd": 1e-7}, "budget"),
        ({"max_minutes": 1e-4}, "minutes"),
        ({"error_usd": 0.0}, "gain"),
    ],
)
def test_stops_when_it_does_not_pay_and_says_why(tmp_path, base, limit, word):
    train, _ = small(tmp_path)
    facts = run(RunSpec(train=[train], workspace=tmp_path / "out", base=base, threads=1, **limit))
    assert climbed(facts) == {"linear": "climbed", "probe": "stopped"}
    stopped = facts.rungs[-1]
    assert word in stopped.reason
    assert stopped.estimated_cpu_seconds > 0
    assert any("probe" in line for line in facts.next_quality)


def test_chinese_with_an_english_base_skips_the_encoder_and_names_what_would_do(tmp_path, base):
    train = write_csv(tmp_path / "zh.csv", rows("support_zh.csv"))
    facts = run(RunSpec(train=[train], workspace=tmp_path / "out", base=base, threads=1))
    found = climbed(facts)
    assert found["linear"] == "climbed"
    assert {found[n] for n in ("probe", "partial", "full")} == {"skipped"}
    assert facts.data.unknown_token_share > 0.2
    assert "unknown to" in facts.rungs[1].reason
    assert facts.promoted.startswith("linear")


def test_an_unknown_method_is_one_clear_error(tmp_path):
    train, _ = small(tmp_path)
    with pytest.raises(UndercutError, match="Did you mean 'probe'"):
        run(RunSpec(train=[train], workspace=tmp_path / "out", method="prob"))


def test_two_classes_with_a_single_row_each_still_say_something_clear(tmp_path):
    train = write_csv(tmp_path / "two.csv", [("a b", INTENTS[0]), ("c d", INTENTS[1])])
    with pytest.raises(UndercutError) as caught:
        run(RunSpec(train=[train], workspace=tmp_path / "out", method="linear"))
    assert caught.value.problems[0].expected


def test_timing_noise_does_not_choose_between_level_rungs(monkeypatch, tmp_path):
    """Two rungs of one architecture, equally accurate: the lower one, whichever was timed faster."""

    @dataclass
    class Workspace:
        steps: list = field(default_factory=list)

        def step(self, name, material, work):
            return SimpleNamespace(result=work(tmp_path))

    def variant(name, rung, speed):
        built = SimpleNamespace(hash=f"{rung}-{name}", folder=tmp_path / name)
        return built, SimpleNamespace(texts_per_second=speed, threads=1)

    judged = SimpleNamespace(
        right=np.array([True, True, False]), quality=SimpleNamespace(value=2 / 3)
    )
    monkeypatch.setattr(promoting, "_judged", lambda context, built: judged)
    limits = Limits(None, None, None, 0.01, None, 12)
    for fast, slow in ((100.0, 80.0), (80.0, 100.0)):
        rungs = [
            SimpleNamespace(
                name=name,
                versus_previous=None,
                parts=SimpleNamespace(architecture="encoder"),
                variants=[variant("reference", name, v / 2), variant("onnx", name, v)],
            )
            for name, v in (("probe", fast), ("partial", slow))
        ]
        context = SimpleNamespace(spec=SimpleNamespace(method="auto"), workspace=Workspace())
        rung, built, _ = promoting.choose(
            context, Climb(rungs, []), limits, Rates(), date(2026, 11, 24)
        )
        assert (rung.name, built.folder.name) == ("probe", "onnx")
