"""Nests and capacity in market.toml: through the price, the replies, the war and the words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scenario.scenario_fixture import GONE, answered, read
from undercut.pipeline.report.economics import price, tables
from undercut.pipeline.scenario.cost import unit_cost
from undercut.pipeline.scenario.pricing import buying, profit_at

NESTED = {"buyers__nest": [{"name": "small models", "rho": {"value": 0.6, "low": 0.3, "high": 0.8}}],
          "own__nest": "small models", "rival__1__nest": "small models"}  # fmt: skip
CAPPED = {"own__capacity_1k_per_month": 9000}


@pytest.mark.parametrize(
    "changes",
    [
        NESTED, CAPPED, {**NESTED, **CAPPED}, {"rival__1__capacity_1k_per_month": 500},
        {**CAPPED, "buyers__demand": "linear", "buyers__choke_usd_per_1k": 2.0,
         "buyers__alpha_per_usd_per_1k": GONE},
        {**CAPPED, "buyers__alpha_per_usd_per_1k": GONE, "buyers__segment": [
            {"name": "a", "weight": 0.4, "alpha_per_usd_per_1k": 1},
            {"name": "b", "weight": 0.6, "alpha_per_usd_per_1k": 4}]},
    ],
)  # fmt: skip
def test_the_best_price_is_the_top_of_a_fine_grid(changes):
    found = read(**changes)
    u = unit_cost(found.inputs, None)
    b = buying(found.inputs, found.scenario.buyers.demand, u.variable_usd_per_1k)
    at = [profit_at(found.inputs, u, b, float(p)) for p in b.best * np.linspace(0.5, 1.6, 2201)]
    top = profit_at(found.inputs, u, b, b.best)
    assert max(at) <= top + 1e-6 * abs(top)
    # Floors and war are worked out under a logit that sells the same at the same price.
    s = 1 / (1 + np.exp(b.logit.log_outside - b.logit.delta + b.logit.alpha * b.best))
    assert min(s, (b.capacity or 1e9) / 60000) == pytest.approx(b.share(b.best), rel=1e-6)


def test_a_nest_takes_most_of_what_is_lost_to_the_likest_rival():
    loose, tight = answered(), answered(**NESTED)
    assert tight.pricing.demand == "nested logit"
    assert tight.pricing.best_usd_per_1k < loose.pricing.best_usd_per_1k
    none = {**NESTED, "buyers__nest": [{"name": "small models", "rho": 0}]}
    assert answered(**none).pricing.best_usd_per_1k == pytest.approx(
        loose.pricing.best_usd_per_1k, rel=1e-9
    )
    assert tight.pricing.reply.residual < 1e-9 and tight.pricing.reply.gain < 1e-9
    assert "nest.small models.rho" in {b.key for b in tight.tornado.bars}


def test_a_capacity_raises_the_price_and_says_what_more_is_worth():
    free, full = answered(), answered(**CAPPED)
    assert full.pricing.best_usd_per_1k > free.pricing.best_usd_per_1k
    assert full.pricing.requests_per_month == pytest.approx(9e6)
    assert full.pricing.floors.best.requests_1k_per_month == pytest.approx(9000)
    worth = full.pricing.capacity_worth_usd_per_1k
    more = answered(own__capacity_1k_per_month=9001).pricing.profit_usd_per_month
    assert more - full.pricing.profit_usd_per_month == pytest.approx(worth, rel=1e-3)
    assert any("would sell more" in n for n in full.notes)
    assert max(f for f in full.war.share[0].high) <= 9000 / 60000 * 1.3  # a month's market wobbles
    assert full.inputs.items["own.capacity_1k_per_month"].assumed
    loose = answered(own__capacity_1k_per_month=30_000)
    assert loose.pricing.best_usd_per_1k == pytest.approx(free.pricing.best_usd_per_1k, rel=1e-12)
    assert any("does not bind" in n for n in loose.notes)
    assert any(row[0] == "Sold out below" for row in tables.floors(loose).rows)
    assert "nest" not in price.profit(loose).note and "Sold out" in price.profit(loose).note


def test_a_full_rival_leaves_us_buyers():
    full = answered(rival__1__capacity_1k_per_month=500, rival__1__reprices=False)
    free = answered(rival__1__reprices=False)
    assert full.pricing.best_usd_per_1k > free.pricing.best_usd_per_1k
    assert full.pricing.share > free.pricing.share
