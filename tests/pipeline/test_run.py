"""The main job on a small file: what it finds, what it keeps, what it does not do twice."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from pipeline.sets import rows, small, write_csv
from undercut.core.errors import UndercutError
from undercut.core.specs_results import PriceSpec
from undercut.core.specs_training import RunSpec
from undercut.data.load import load_examples
from undercut.data.stored import open_dataset
from undercut.ledger.book import Book
from undercut.pipeline import run as run_module
from undercut.pipeline.run import run
from undercut.pipeline.verbs import price
from undercut.predict.predictor import load


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def spec(place) -> RunSpec:
    train, test = small(place)
    return RunSpec(train=[train], test=[test], workspace=place / "out", method="linear", threads=1)


@pytest.fixture(scope="module")
def facts(spec):
    return run(spec)


def test_finds_out_what_it_promises(facts):
    assert facts.did_work
    assert facts.test is not None
    assert facts.test.accuracy.value > 0.7
    assert facts.test.accuracy.low < facts.test.accuracy.value < facts.test.accuracy.high
    assert facts.cpu_seconds > 0
    assert facts.cost_usd == pytest.approx(facts.cpu_seconds * 0.05 / 3600, rel=1e-3)
    p = facts.price
    assert 0 < p.usd_per_1k < p.usd_per_1k_at_30
    assert p.usd_per_1k_at_30 == pytest.approx(p.usd_per_1k / 0.3)
    assert p.rivals
    assert all(r.usd_per_1k > p.usd_per_1k for r in p.rivals)
    assert p.break_even_requests_per_month > 0
    assert f"{facts.data.labels[0]}" in p.prompt
    assert Path(facts.report).is_file()
    assert facts.next_command.startswith("undercut serve ")


def test_the_unit_cost_is_the_measured_throughput_times_the_dated_rate(facts):
    promoted = next(v for v in facts.variants if v.promoted)
    m = promoted.measured
    core_hours = 1000 * m.threads / m.texts_per_second / 3600
    assert facts.price.usd_per_1k == pytest.approx(core_hours * 0.05, rel=1e-3)


def test_the_validation_report_is_of_the_variant_chosen(facts):
    promoted = next(v for v in facts.variants if v.promoted)
    assert facts.valid.split == "validation"
    assert facts.valid.accuracy.value == pytest.approx(promoted.valid_quality.value)
    assert facts.valid.macro_f1.value == pytest.approx(promoted.valid_macro_f1)


def test_more_rows_are_shown_to_help_and_what_more_would_bring_is_said(spec, facts):
    curve = facts.curve
    assert [p.rows for p in curve.points] == sorted({p.rows for p in curve.points})
    assert curve.points[-1].rows == facts.data.rows_train
    assert curve.points[-1].quality.value > curve.points[0].quality.value
    assert curve.worth.fall >= 0
    assert any(line.startswith("100 more labels: about +") for line in facts.next_quality)
    assert "curve-linear" in {c.step for c in facts.costs}


def test_no_test_row_is_trained_or_chosen_on(spec, facts):
    data = open_dataset(next((spec.workspace / "steps").glob("data-*")) / "data")
    test = set(rows("test_en.csv"))
    seen = set(zip(data.train.inputs, data.train.targets, strict=True))
    seen |= set(zip(data.valid.inputs, data.valid.targets, strict=True))
    assert len(seen) > 200
    assert not seen & test
    assert len(data.test) == len(rows("test_en.csv"))


def test_the_test_figure_is_the_served_artefacts_own(spec, facts):
    task = run_module.plugins.attr(run_module.plugins.get("task", facts.task).load)()
    test, _ = load_examples(spec.test, task)
    predictor = load(facts.artefact)
    right = task.judge(predictor.score(test.inputs).log_probs, test, predictor.labels).right
    assert right.mean() == pytest.approx(facts.test.accuracy.value)
    assert predictor.manifest.metrics["accuracy"].value == facts.test.accuracy.value
    assert predictor.manifest.run == facts.id


def test_again_does_no_work(spec, facts):
    before = Book(spec.workspace / "ledger.sqlite").entries()
    again = run(spec)
    assert not again.did_work
    assert again.id == facts.id
    assert Book(spec.workspace / "ledger.sqlite").entries() == before


def test_other_prices_price_again_and_train_nothing(spec, facts):
    dear = run(spec.model_copy(update={"usd_per_core_hour": 5.0}))
    assert not dear.did_work
    assert dear.price.usd_per_1k == pytest.approx(100 * facts.price.usd_per_1k)
    again = price(PriceSpec(workspace=spec.workspace, usd_per_core_hour=5.0))
    assert again.usd_per_1k == pytest.approx(dear.price.usd_per_1k)
    assert not run(spec).did_work


def test_other_data_is_not_served_from_the_cache(spec, facts, tmp_path):
    swapped = {"refund_status": "promo_code", "promo_code": "refund_status"}
    pairs = [(text, swapped.get(label, label)) for text, label in rows("support_en.csv")]
    train = write_csv(tmp_path / "small.csv", pairs)
    other = run(spec.model_copy(update={"train": [train]}))
    assert other.did_work
    assert other.test.accuracy.value < facts.test.accuracy.value - 0.2
    assert other.promoted == facts.promoted
    run(spec)


def test_another_seed_splits_otherwise(spec, facts):
    other = run(spec.model_copy(update={"seed": 1, "name": "seed-1"}))
    assert other.did_work
    assert other.data.hash != facts.data.hash


def test_every_step_is_in_the_ledger_once(spec, facts):
    book = Book(spec.workspace / "ledger.sqlite")
    for cost in facts.costs:
        assert cost.attempts == 1
    keys = [(e.subject, e.attempt, e.unit) for e in book.entries()]
    assert len(keys) == len(set(keys))
    units = {e.unit for e in book.entries("step:fit-linear")}
    assert units == {"cpu_second", "wall_second"}


def test_labels_entered_by_hand_are_priced(spec, facts):
    with_labels = run(spec.model_copy(update={"usd_per_label": 0.05, "requests_per_month": 1e6}))
    rows_labelled = facts.data.rows_train + facts.data.rows_valid + facts.data.rows_test
    monthly = with_labels.price.waterfall["labels"]
    assert monthly == pytest.approx(rows_labelled * 0.05 / 12, rel=1e-6)
    run(spec)


def test_the_facts_on_disk_are_the_facts(spec, facts):
    run(spec)
    path = Path(facts.report).parent / "facts.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["promoted"] == facts.promoted
    assert kept["test"]["accuracy"]["value"] == facts.test.accuracy.value


def test_two_at_once_is_refused(spec, facts):
    from undercut.pipeline.workspace import open_workspace

    with (
        open_workspace(spec.workspace, lambda _: None),
        pytest.raises(UndercutError, match="nobody else is writing"),
    ):
        run(spec)


def test_a_failed_step_leaves_nothing_and_is_paid_for(spec, facts, tmp_path, monkeypatch):
    from undercut.methods.linear import fit as module

    def burst(*_: object) -> None:
        sum(i * i for i in range(2_000_000))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.files, "write", burst)
    fresh = spec.model_copy(update={"workspace": tmp_path / "out"})
    with pytest.raises(OSError, match="No space"):
        run(fresh)
    names = [p.name for p in (tmp_path / "out" / "steps").iterdir()]
    assert not [n for n in names if "fit-linear" in n]
    book = Book(tmp_path / "out" / "ledger.sqlite")
    spent = [e for e in book.entries("step:fit-linear") if e.unit == "cpu_second"]
    assert [e.state for e in spent] == ["failed"]
    assert spent[0].quantity > Decimal("0.05")
    monkeypatch.undo()
    after = run(fresh)
    fitted = next(c for c in after.costs if c.step == "fit-linear")
    assert fitted.attempts == 2
    np.testing.assert_allclose(after.test.accuracy.value, facts.test.accuracy.value)
