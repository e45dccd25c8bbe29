"""What a scenario answers: the sentence, its order, its sources; figures against the formulas."""

from __future__ import annotations

import math

import pytest

from pipeline.scenario.scenario_fixture import GONE, answered, read
from undercut.economics.demand import best_reply
from undercut.economics.records import Demand
from undercut.pipeline.scenario.answer import answer
from undercut.pipeline.scenario.cost import unit_cost
from undercut.pipeline.scenario.pricing import buying, profit_at


def test_the_best_price_is_the_closed_form_and_the_top_of_the_grid():
    found = read()
    u = unit_cost(found.inputs, None)
    b = buying(found.inputs, "logit", u.variable_usd_per_1k)
    assert b.best == best_reply(b.logit, u.variable_usd_per_1k).price_usd_per_1k
    top = profit_at(found.inputs, u, b, b.best)
    facts = answer(found)
    assert facts.pricing.profit_usd_per_month == pytest.approx(top, rel=1e-12)
    assert all(p.profit_usd_per_month <= top + 1e-9 for p in facts.pricing.grid)
    # By hand: v = alpha (V - p - 1000 L (1 - acc)), waiting free.
    rivals = [(0.0068, 0.86), (0.6, 0.93)]
    outside = math.log(1 + sum(math.exp(2 * (3 - p - 10 * (1 - a))) for p, a in rivals))
    by_hand = Demand(alpha=2, delta=2 * (3 - 10 * 0.06), log_outside=outside,
                     market_1k_per_month=60000)  # fmt: skip
    assert b.best == pytest.approx(best_reply(by_hand, u.variable_usd_per_1k).price_usd_per_1k)


def test_the_first_sentence_says_use_the_api_where_it_is_so():
    facts = answered(company__requests_per_month=20_000, own__accuracy=0.9, rival__0__accuracy=0.9,
                     company__fixed_usd_per_month=100)  # fmt: skip
    assert facts.kind == "use-api"
    assert facts.verdict[0].startswith("Use the API: at 20")
    assert "Your own box wins above" in facts.verdict[0]


def test_the_first_sentence_says_no_price_before_all_else():
    facts = answered(company__fixed_usd_per_month=200_000, company__requests_per_month=20_000,
                     own__accuracy=0.9, rival__0__accuracy=0.9)  # fmt: skip
    assert facts.verdict[0].startswith("No price saves this")
    assert any(s.startswith("Use the API") for s in facts.verdict)


def test_a_model_that_never_earns_its_cost_back_says_so_first():
    facts = answered(own__people_usd=2_000_000)
    assert facts.kind == "unprofitable"
    assert facts.verdict[0].startswith("No price earns the money back")


def test_errors_decide_between_box_and_api_not_the_bills_alone():
    cheap = {"company__requests_per_month": 1_000_000}
    assert answered(**cheap, rival__0__accuracy=0.94).box.cheaper == "api"
    better = answered(**cheap, rival__0__accuracy=0.86, rival__1__accuracy=0.5)
    assert better.box.cheaper == "own" and better.box.money.cheaper == "api"
    worse = answered(**cheap, rival__0__accuracy=0.97)
    assert worse.box.even is None and worse.box.cheaper == "api"


def test_rivals_that_reprice_answer_and_nobody_gains_alone():
    reply = answered().pricing.reply
    assert reply is not None and reply.names == ["you", "startup"]
    assert reply.residual < 1e-9 and abs(reply.gain) < 1e-9
    assert answered(rival__1__reprices=False).pricing.reply is None


def test_two_like_segments_are_one():
    one = answered()
    two = answered(buyers__alpha_per_usd_per_1k=GONE, buyers__segment=[
        {"name": "a", "weight": 0.5, "alpha_per_usd_per_1k": 2},
        {"name": "b", "weight": 0.5, "alpha_per_usd_per_1k": 2}])  # fmt: skip
    assert two.pricing.best_usd_per_1k == pytest.approx(one.pricing.best_usd_per_1k, rel=1e-9)
    assert two.pricing.share == pytest.approx(one.pricing.share, rel=1e-9)


@pytest.mark.parametrize("demand", ["linear", "constant-elasticity"])
def test_other_demands_find_their_own_best_price(demand):
    facts = answered(buyers__alpha_per_usd_per_1k=GONE, buyers__demand=demand,
                     buyers__choke_usd_per_1k=2.0, buyers__elasticity=-3.0,
                     buyers__elasticity_at_usd_per_1k=0.5, buyers__elasticity_share=0.2)  # fmt: skip
    v = facts.unit_cost.variable_usd_per_1k
    best = (2 + v) / 2 if demand == "linear" else 1.5 * v
    assert facts.pricing.best_usd_per_1k == pytest.approx(best, rel=1e-9)
    assert "knows no rivals" in facts.verdict[-1]
    assert facts.war.names == ["you"]


def test_a_payment_fee_is_taken_from_every_price():
    free, fee = answered(), answered(own__payment_fee_share=0.1)
    assert fee.unit_cost.variable_usd_per_1k == pytest.approx(
        free.unit_cost.variable_usd_per_1k / 0.9
    )
    assert fee.pricing.profit_usd_per_month < free.pricing.profit_usd_per_month


def test_the_same_seed_gives_the_same_answer_and_another_does_not():
    a, b = answered(), answered()
    assert a == b
    other = answer(read(), seed=1)
    assert other.war.share != a.war.share
    assert other.pricing == a.pricing


def test_more_cash_lives_no_shorter():
    poor, rich = (
        answered(company__fixed_usd_per_month=26_000, company__cash_usd=c, war__paths=500)
        for c in (20_000, 200_000)
    )
    assert rich.war.alive >= poor.war.alive
    assert poor.war.alive < 1


def test_typed_numbers_are_assumptions_and_dated_prices_are_not():
    items = answered().inputs.items
    assert items["own.accuracy"].assumed and items["own.accuracy"].source == "assumed"
    assert not items["rival.nano.usd_per_1k"].assumed
    assert items["rival.nano.usd_per_1k"].source == "price of 2026-11-21 list"
    assert items["company.peak_factor"].source == "assumed: busiest hour"
    assert items["own.people_usd"].assumed


def test_the_tornado_is_sorted_and_moves_alpha():
    bars = answered().tornado.bars
    swings = [abs(b.at_high - b.at_low) for b in bars]
    assert swings == sorted(swings, reverse=True)
    assert {"buyers.alpha_per_usd_per_1k", "buyers.error_usd", "future.release_price_ratio"} <= {
        b.key for b in bars
    }


def test_an_entrant_is_kept_out_only_where_that_pays():
    newcomer = {"accuracy": 0.93, "cost_usd_per_1k": 0.02}
    small = answered(entrant={**newcomer, "entry_cost_usd": 1e9}).entry
    assert small.limit.blockaded and small.recoupment is None
    large = answered(entrant={**newcomer, "entry_cost_usd": 20_000})
    assert not large.entry.limit.deterrence_pays
    assert large.entry.verdict in large.notes
    assert answered().entry is None
