"""Labelled rows to a price: run, serve, load test and scenario over the embedded example."""

from __future__ import annotations

from pathlib import Path

import pytest

import undercut
from serving.live import Live
from undercut.core.specs_economics import LoadtestSpec, ScenarioSpec
from undercut.ledger.book import Book
from undercut.pipeline.scenario.answer import answer, read_all
from undercut.serving.loadtest.run import loadtest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "support"
PROMISE_MS, CORE_HOUR = 60_000, 0.05
SCENARIO = """
name = "helpdesk"
date = 2026-11-21
[own]
run = "helpdesk"
labels_usd = 0
knee_per_second = {{ source = "loadtest:helpdesk" }}
[buyers]
market_1k_per_month = 50000
value_usd_per_1k = 4
alpha_per_usd_per_1k = 1
[[rival]]
provider = "openai"
model = "gpt-5-nano"
usd_per_1k = {{ value = {rival}, source = "price:2026-11-21 its page" }}
accuracy = {{ value = 0.8, low = 0.7, high = 0.9 }}
[company]
requests_per_month = 4_000_000
peak_factor = 1
slo_ms = 60000
fixed_usd_per_month = 100
cash_usd = 5000
[war]
paths = 200
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("helpdesk")
    run = undercut.run(
        undercut.RunSpec(
            train=[EXAMPLE / "support_en.csv"], test=[EXAMPLE / "test_en.csv"], method="linear",
            workspace=folder / "ws", name="helpdesk", learning_curve=False, refit=False,
            compress=False, stack=False,
        )
    )  # fmt: skip
    live = Live(Path(run.artefact), folder / "server")
    request.addfinalizer(live.stop)
    patch = pytest.MonkeyPatch()
    patch.setenv("UNDERCUT_API_KEY", live.key)
    request.addfinalizer(patch.undo)
    spec = LoadtestSpec(url=live.url, workspace=folder / "ws", run="helpdesk", cores=1, seed=1,
                        start_per_second=5, most_per_second=5, step_seconds=0.5, refine=0,
                        slo_ms=PROMISE_MS)  # fmt: skip
    if loadtest(spec).knee_per_second is None:
        pytest.skip("the sender of the load test got no processor")
    return folder


def answered(place, rival=0.02, **more):
    path = place / "market.toml"
    path.write_text(SCENARIO.format(rival=rival))
    return answer(read_all(ScenarioSpec(workspace=place / "ws", scenario=path, **more)))


def test_the_unit_cost_is_that_of_the_load_test_and_the_ledger_has_it(place):
    facts = answered(place)
    knee = facts.unit_cost.knee_per_second
    # One core at the rate it was seen to carry; the long run sells that rate whole.
    assert facts.unit_cost.long_run_usd_per_1k == pytest.approx(1000 * CORE_HOUR / 3600 / knee)
    assert "load test helpdesk" in facts.unit_cost.knee_basis
    assert all(p.measured for p in facts.unit_cost.curve)
    own = {k: v for k, v in facts.inputs.items.items() if k.startswith("own.")}
    for key in ("accuracy", "p95_ms", "training_usd", "knee_per_second", "usd_per_core_hour"):
        assert not own[f"own.{key}"].assumed, key
    assert "test rows" in own["own.accuracy"].source
    sent = list(Book(place / "ws" / "ledger.sqlite").entries("loadtest:helpdesk"))
    assert {"request", "cpu_second"} <= {e.unit for e in sent}
    assert facts.verdict


def test_a_rate_or_a_rivals_price_changes_the_answer_and_trains_nothing(place, tmp_path):
    steps = sorted((place / "ws" / "steps").iterdir())
    before = answered(place)
    dear = tmp_path / "rates.toml"
    dear.write_text(
        '[[rate]]\nunit = "cpu_second"\nusd = "0.01"\nfrom = "2026-01-01"\nsource = "test"\n'
    )
    rated, beaten = answered(place, rates=[dear]), answered(place, rival=2.0)
    ratio = rated.unit_cost.long_run_usd_per_1k / before.unit_cost.long_run_usd_per_1k
    assert ratio == pytest.approx(0.01 * 3600 / CORE_HOUR)
    assert rated.pricing.best_usd_per_1k > before.pricing.best_usd_per_1k
    assert beaten.pricing.best_usd_per_1k > before.pricing.best_usd_per_1k
    assert before.verdict != rated.verdict and before.verdict != beaten.verdict
    assert sorted((place / "ws" / "steps").iterdir()) == steps
