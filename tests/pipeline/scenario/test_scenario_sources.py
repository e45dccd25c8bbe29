"""A scenario over a real run: its figures are the run's; rates and rivals change the answer alone."""

from __future__ import annotations

import json

import pytest

import undercut
from pipeline.sets import small
from undercut.core.errors import UndercutError
from undercut.core.specs_economics import LearningCurveSpec, PriceBookSpec, ScenarioSpec
from undercut.pipeline.curves import learning_curve
from undercut.pipeline.saturation import LoadPoint, LoadTest, keep
from undercut.pipeline.scenario.answer import answer, price_scenario, read_all
from undercut.pipeline.scenario.market import market
from undercut.pipeline.scenario.template import new_scenario

RIVAL = """
[[rival]]
provider = "openai"
model = "gpt-4o-mini"
usd_per_million_input = {usd}
usd_per_million_output = 0.60
from = 2026-01-01
source = "test"
"""
SCENARIO = """
name = "mine"
date = 2026-11-21
books = ["book.toml"]
[own]
run = "tickets"
labels_usd = 0
[buyers]
market_1k_per_month = 50000
value_usd_per_1k = 12
alpha_per_usd_per_1k = 1
[[rival]]
provider = "openai"
model = "gpt-4o-mini"
accuracy = { value = 0.3, low = 0.2, high = 0.5 }
[company]
requests_per_month = 4_000_000
fixed_usd_per_month = 100
cash_usd = 5000
[war]
paths = 200
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenario")
    train, _ = small(folder)
    undercut.run(
        undercut.RunSpec(train=[train], workspace=folder / "ws", method="dummy", name="tickets",
                         learning_curve=False, compress=False, stack=False, refit=False)
    )  # fmt: skip
    (folder / "book.toml").write_text(RIVAL.format(usd=0.15))
    (folder / "market.toml").write_text(SCENARIO)
    return folder


def spec(place, **more):
    return ScenarioSpec(workspace=place / "ws", scenario=place / "market.toml", **more)


def test_measured_figures_are_the_runs_and_say_so(place):
    facts = undercut.RunSpec and json.loads((place / "ws/runs/tickets/facts.json").read_text())
    items = read_all(spec(place)).inputs.items
    measured = next(v for v in facts["variants"] if v["promoted"])["measured"]
    assert items["own.p95_ms"].value == measured["p95_ms"]
    assert items["own.texts_per_second"].value == measured["texts_per_second"]
    assert items["own.accuracy"].value == facts["valid"]["quality"]["value"]
    assert "validation rows" in items["own.accuracy"].source
    assert items["own.usd_per_core_hour"].value == pytest.approx(0.05)
    assert not any(items[f"own.{k}"].assumed for k in ("accuracy", "p95_ms", "training_usd"))
    assert items["own.labels_usd"].assumed
    rival = items["rival.gpt-4o-mini.usd_per_1k"]
    price = facts["price"]
    by_hand = (0.15 * price["input_tokens"] + 0.6 * price["output_tokens"]) / 1000
    assert rival.value == pytest.approx(by_hand) and not rival.assumed


def test_a_rate_file_or_a_rivals_price_changes_the_answer_without_training(place, tmp_path):
    steps = sorted(p.name for p in (place / "ws/steps").iterdir())
    before = answer(read_all(spec(place)))
    dear = tmp_path / "rates.toml"
    dear.write_text(
        '[[rate]]\nunit = "cpu_second"\nusd = "0.01"\nfrom = "2026-01-01"\nsource = "test"\n'
    )
    rated = answer(read_all(spec(place, rates=[dear])))
    assert rated.unit_cost.variable_usd_per_1k > before.unit_cost.variable_usd_per_1k
    assert rated.pricing.best_usd_per_1k > before.pricing.best_usd_per_1k
    (place / "book.toml").write_text(RIVAL.format(usd=15.0))
    try:
        dearer = answer(read_all(spec(place)))
    finally:
        (place / "book.toml").write_text(RIVAL.format(usd=0.15))
    assert dearer.pricing.best_usd_per_1k > before.pricing.best_usd_per_1k
    assert dearer.verdict != before.verdict
    assert sorted(p.name for p in (place / "ws/steps").iterdir()) == steps


def test_a_load_test_of_the_runs_name_gives_the_knee(place):
    def point(rate, p95):
        return LoadPoint(per_second=rate, answered_per_second=rate, sent=100, failed=0, p50_ms=2.0,
                         p95_ms=p95, p99_ms=p95, p95_low_ms=p95, p95_high_ms=p95, late_share=0.0)  # fmt: skip

    test = LoadTest(name="tickets", url="http://x", model="tickets", version="0", slo_ms=200.0,
                    at="2026-11-20T10:00:00+00:00", step_seconds=5.0, seed=0, cores=1.0,
                    points=[point(10, 5.0), point(100, 50.0), point(200, 900.0)],
                    knee_per_second=100.0, breaks_per_second=200.0)  # fmt: skip
    path = keep(place / "ws", test)
    try:
        facts = answer(read_all(spec(place)))
        assert facts.unit_cost.knee_per_second == 100
        assert "load test tickets, 2026-11-20" in facts.unit_cost.knee_basis
        assert [p.p95_ms for p in facts.unit_cost.curve] == [5.0, 50.0, 900.0]
        assert all(p.measured for p in facts.unit_cost.curve)
        assert not facts.inputs.items["own.knee_per_second"].assumed
    finally:
        path.unlink()
    assert "queue formula" in answer(read_all(spec(place))).unit_cost.knee_basis


def test_the_page_is_whole_and_offline_and_the_same_twice(place):
    facts = price_scenario(spec(place, out=place / "page"))
    html = (place / "page/economics.html").read_text(encoding="utf-8")
    assert facts.verdict[0].split(":")[0] in html
    for name in ("profit", "unit-cost", "crossing", "month", "share", "survival", "labels",
                 "tornado"):  # fmt: skip
        assert f'<figure id="{name}"' in html
    assert "default-src 'none'" in html and "script-src 'sha256-" in html
    assert "src=" not in html and "http://" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "assumed" in html and "nan" not in html.lower().split("<script>")[0].replace(
        "finance", ""
    )
    assert json.loads((place / "page/economics.json").read_text())["kind"] == facts.kind
    pngs = sorted(p.name for p in (place / "page/plots").glob("*.png"))
    assert len(pngs) >= 6
    price_scenario(spec(place, out=place / "page"))
    assert (place / "page/economics.html").read_text(encoding="utf-8") == html


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('run = "tickets"', 'run = "nobody"'), "nobody"),
        (('labels_usd = 0', ""), "without a price"),
        (('accuracy = { value = 0.3, low = 0.2, high = 0.5 }', ""), "undercut rival"),
        (('labels_usd = 0', 'labels_usd = 0\nknee_per_second = { source = "loadtest:x" }'),
         "load test"),
        (('model = "gpt-4o-mini"', 'model = "gpt-none"'), "a rival with a price"),
        (('cash_usd = 5000', 'cash_usd = { source = "run:tickets" }'), "has no cash_usd"),
    ],
)  # fmt: skip
def test_a_missing_source_is_named_with_its_key(place, change, words):
    path = place / "broken.toml"
    path.write_text(SCENARIO.replace(*change))
    with pytest.raises(UndercutError) as caught:
        read_all(ScenarioSpec(workspace=place / "ws", scenario=path))
    assert words in str(caught.value)


def test_a_scenario_is_written_for_the_run_and_works(place):
    out = place / "new.toml"
    made = new_scenario(PriceBookSpec(workspace=place / "ws", out=out))
    assert made.run == "tickets" and made.rivals and len(made.notes) == 3
    read_all(ScenarioSpec(workspace=place / "ws", scenario=out))
    with pytest.raises(UndercutError, match="--force"):
        new_scenario(PriceBookSpec(workspace=place / "ws", out=out))


def test_the_market_is_dated_and_books_are_checked_against_the_list(place):
    found = market(
        PriceBookSpec(workspace=place / "ws", price_date="2026-11-21", rivals=[place / "book.toml"])
    )
    prices = [r.usd_per_1k for r in found.rivals]
    assert prices == sorted(prices) and "run tickets" in found.size_from
    assert any(line.startswith("Left out") for line in found.left_out)
    dear = place / "dear.toml"
    dear.write_text(RIVAL.format(usd=15.0))
    found = market(PriceBookSpec(workspace=place / "ws", price_date="2026-11-21", rivals=[dear]))
    assert "the book is taken" in found.disagreements[0]
    with pytest.raises(UndercutError, match="both"):
        market(PriceBookSpec(workspace=place / "ws", input_tokens=5))


def test_a_learning_curve_is_measured_kept_and_taken_by_a_scenario(place):
    train, _ = small(place)
    made = learning_curve(
        LearningCurveSpec(workspace=place / "ws", train=[train], methods=["dummy"], name="curve",
                          usd_per_label=0.05, requests_per_month=1e6)
    )  # fmt: skip
    assert [p.rows for p in made.curves[0].points] == sorted(p.rows for p in made.curves[0].points)
    assert made.curves[0].points[-1].rows == made.rows and made.verdict
    path = place / "curve.toml"
    path.write_text(SCENARIO + '[labels]\ncurve = "curve"\nusd_per_label = 0.05\n')
    read = read_all(ScenarioSpec(workspace=place / "ws", scenario=path))
    assert read.curve is not None and len(read.curve.points) == len(made.curves[0].points)
    path.write_text(SCENARIO + '[labels]\ncurve = "curv"\n')
    with pytest.raises(UndercutError, match="curve"):
        read_all(ScenarioSpec(workspace=place / "ws", scenario=path))
