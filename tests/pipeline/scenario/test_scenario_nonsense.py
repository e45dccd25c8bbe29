"""Nonsense in market.toml: one clear error that names table and key, or a plain statement."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.scenario.scenario_fixture import GONE, answered, changed, read
from undercut.core.errors import UndercutError
from undercut.pipeline.scenario.answer import check_finite

NAN, INF = math.nan, math.inf
PRICE = "rival__0__usd_per_1k"
ELASTIC = {"buyers__alpha_per_usd_per_1k": GONE, "buyers__elasticity": -1.5,
           "buyers__elasticity_at_usd_per_1k": 0.5, "buyers__elasticity_share": 0.2}  # fmt: skip

REFUSED = {
    "negative price": ({PRICE: -0.01}, "[rival 1] usd_per_1k"),
    "price of nothing": ({PRICE: 0}, "[rival 1] usd_per_1k"),
    "price is text": ({PRICE: "cheap"}, "a number"),
    "price is true": ({PRICE: True}, "a number"),
    "price not a number": ({PRICE: NAN}, "[rival 1] usd_per_1k"),
    "endless price": ({PRICE: INF}, "[rival 1] usd_per_1k"),
    "undated price": ({PRICE: {"value": 0.02, "source": "price:last week"}}, "date of the price"),
    "price of no day": ({PRICE: {"value": 0.02, "source": "price:2026-02-30 x"}}, "date of the"),
    "dated price without value": ({PRICE: {"source": "price:2026-11-21 x"}}, "a value"),
    "unknown source": ({PRICE: {"value": 1, "source": "hearsay"}}, "source:"),
    "source is a number": ({PRICE: {"value": 1, "source": 3}}, "[rival 1] usd_per_1k"),
    "run without a name": ({"own__accuracy": {"source": "run:"}}, 'source = "run:NAME"'),
    "value typed over a run": ({"own__accuracy": {"value": 0.9, "source": "run:x"}}, "read from"),
    "unknown key of a number": ({"own__p95_ms": {"value": 1, "unit": "s"}}, "'unit'"),
    "low above high": ({"own__accuracy": {"value": 0.5, "low": 0.9, "high": 0.1}}, "low at most"),
    "value outside its range": ({"own__accuracy": {"value": 0.5, "low": 0.6}}, "between its low"),
    "range beyond 1": ({"own__accuracy": {"value": 0.9, "high": 1.2}}, "from 0 to 1"),
    "accuracy above 1": ({"own__accuracy": 1.2}, "[own] accuracy"),
    "accuracy below 0": ({"rival__1__accuracy": -0.1}, "[rival 2] accuracy"),
    "accuracy in percent": ({"own__accuracy": 94}, "from 0 to 1"),
    "no latency": ({"own__p95_ms": 0}, "[own] p95_ms"),
    "no throughput": ({"own__texts_per_second": 0}, "[own] texts_per_second"),
    "negative cores": ({"own__cores": -2}, "[own] cores"),
    "negative rate": ({"own__usd_per_core_hour": -1}, "[own] usd_per_core_hour"),
    "payment fee above 1": ({"own__payment_fee_share": 3}, "[own] payment_fee_share"),
    "alpha of 0": ({"buyers__alpha_per_usd_per_1k": 0}, "[buyers] alpha_per_usd_per_1k"),
    "negative alpha": ({"buyers__alpha_per_usd_per_1k": -2}, "[buyers] alpha_per_usd_per_1k"),
    "no alpha at all": ({"buyers__alpha_per_usd_per_1k": GONE}, "one of alpha_per_usd_per_1k"),
    "alpha and elasticity": ({"buyers__elasticity": -2}, "one of alpha_per_usd_per_1k"),
    "rising demand": ({**ELASTIC, "buyers__elasticity": 1.5}, "below 0"),
    "elasticity at no price": ({**ELASTIC, "buyers__elasticity_at_usd_per_1k": GONE}, "with it"),
    "share of 1": ({**ELASTIC, "buyers__elasticity_share": 1}, "elasticity_share"),
    "share above 1": ({**ELASTIC, "buyers__elasticity_share": 1.4}, "elasticity_share"),
    "inside -1": ({**ELASTIC, "buyers__demand": "constant-elasticity",
                   "buyers__elasticity": -0.7}, "grows with price for ever"),
    "exactly -1": ({**ELASTIC, "buyers__demand": "constant-elasticity", "buyers__elasticity": -1},
                   "grows with price for ever"),
    "constant, none given": ({"buyers__demand": "constant-elasticity"}, "an elasticity beyond -1"),
    "linear without choke": ({"buyers__demand": "linear"}, "choke_usd_per_1k"),
    "choke below cost": ({"buyers__demand": "linear", "buyers__choke_usd_per_1k": 1e-6}, "choke"),
    "unknown demand": ({"buyers__demand": "magic"}, "[buyers] demand"),
    "no market": ({"buyers__market_1k_per_month": 0}, "[buyers] market_1k_per_month"),
    "market not said": ({"buyers__market_1k_per_month": GONE}, "[buyers] market_1k_per_month"),
    "no value": ({"buyers__value_usd_per_1k": GONE}, "value_usd_per_1k"),
    "negative error cost": ({"buyers__error_usd": -1}, "[buyers] error_usd"),
    "weights above 1": ({"buyers__alpha_per_usd_per_1k": GONE, "buyers__segment": [
        {"name": "a", "weight": 0.7, "alpha_per_usd_per_1k": 1},
        {"name": "b", "weight": 0.7, "alpha_per_usd_per_1k": 2}]}, "add up to 1"),
    "nameless segment": ({"buyers__alpha_per_usd_per_1k": GONE, "buyers__segment": [
        {"name": "", "weight": 1, "alpha_per_usd_per_1k": 1}]}, "segment 1"),
    "no rivals": ({"rival": []}, "at least one [[rival]]"),
    "rivals left out": ({"rival": GONE}, "rival"),
    "rival without a name": ({"rival__0__name": GONE}, "a name"),
    "rivals of one name": ({"rival__1__name": "nano"}, "different names"),
    "rival with no price": ({PRICE: GONE}, "provider and model"),
    "repricing without cost": ({"rival__1__cost_usd_per_1k": GONE}, "cost_usd_per_1k"),
    "mixed currencies": ({"rival__0__currency": "EUR"}, "USD everywhere"),
    "another currency": ({"currency": "CNY"}, "USD everywhere"),
    "unknown policy": ({"war__policy": "collude"}, "[war] policy"),
    "limit without a price": ({"war__policy": "limit"}, "limit_usd_per_1k"),
    "too few futures": ({"war__paths": 3}, "[war] paths"),
    "negative seed": ({"war__seed": -1}, "[war] seed"),
    "no date": ({"date": GONE}, "date"),
    "date of no calendar": ({"date": "tomorrow"}, "date"),
    "date is a number": ({"date": 20261121}, "a date such as"),
    "name is a path": ({"name": "../evil"}, "a name that can be a folder's"),
    "unknown table": ({"luck": {"much": 1}}, "'luck'"),
    "misspelt key": ({"company__cash": 3}, "Did you mean"),
    "no requests": ({"company__requests_per_month": 0}, "[company] requests_per_month"),
    "negative cash": ({"company__cash_usd": -5}, "[company] cash_usd"),
    "cash not said": ({"company__cash_usd": GONE}, "[company] cash_usd"),
    "half a month": ({"company__horizon_months": 0.5}, "[company] horizon_months"),
    "a thousand years": ({"company__horizon_months": 12000}, "[company] horizon_months"),
    "peak below mean": ({"company__peak_factor": 0.5}, "peak_factor of at least 1"),
    "impossible promise": ({"company__slo_ms": 1}, "a promise above the idle p95"),
    "releases below 0": ({"future__releases_per_year": -1}, "[future] releases_per_year"),
    "price ratio of 0": ({"future__release_price_ratio": 0}, "[future] release_price_ratio"),
    "entry for nothing": ({"entrant": {"accuracy": 0.9, "cost_usd_per_1k": 0.1,
                                       "entry_cost_usd": 0}}, "[entrant] entry_cost_usd"),
    "churn of 0": ({"invest": {"customer_usd_per_month": 9, "churn_per_month": 0}}, "churn"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words_with_its_place(name):
    changes, words = REFUSED[name]
    with pytest.raises(UndercutError) as caught:
        answered(**changes)
    text = str(caught.value)
    assert words in text, text
    assert caught.value.exit_code == 2
    assert not any(w in text.lower() for w in ("validation error", "pydantic", "traceback"))


def test_there_are_sixty_kinds():
    assert len(REFUSED) >= 60


def test_all_mistakes_are_told_at_once():
    with pytest.raises(UndercutError) as caught:
        read(own__accuracy=2, own__p95_ms=-1, company__cash_usd="none")
    assert len(caught.value.problems) == 3


def test_an_empty_cash_band_is_said_plainly():
    facts = answered(company__fixed_usd_per_month=5e6, company__cash_usd=10)
    assert facts.kind == "no-price"
    assert facts.verdict[0].startswith("No price saves this")
    assert facts.pricing.floors.cash_status == "no-price"


NUMBERS = {
    "own__accuracy": st.floats(0, 1), "own__p95_ms": st.floats(1e-3, 1e3),
    "own__texts_per_second": st.floats(1e-2, 1e7), "own__usd_per_core_hour": st.floats(0, 1e4),
    "own__people_usd": st.floats(0, 1e9), "own__payment_fee_share": st.floats(0, 1),
    "buyers__alpha_per_usd_per_1k": st.floats(1e-9, 1e9),
    "buyers__value_usd_per_1k": st.floats(-1e6, 1e6), "buyers__error_usd": st.floats(0, 1e6),
    "buyers__market_1k_per_month": st.floats(1e-9, 1e12),
    "rival__0__usd_per_1k": st.floats(1e-9, 1e9), "rival__0__accuracy": st.floats(0, 1),
    "rival__1__cost_usd_per_1k": st.floats(0, 1e6),
    "company__requests_per_month": st.floats(1e-6, 1e12),
    "company__fixed_usd_per_month": st.floats(0, 1e12), "company__cash_usd": st.floats(0, 1e12),
    "company__horizon_months": st.integers(1, 24),
    "future__release_price_ratio": st.floats(1e-4, 1e4), "future__inertia": st.floats(0, 500),
    "own__capacity_1k_per_month": st.floats(1e-6, 1e9),
    "rival__0__capacity_1k_per_month": st.floats(1e-6, 1e9),
    "buyers__nest": st.floats(0, 0.999).map(lambda rho: [{"name": "n", "rho": rho}]),
}  # fmt: skip


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.none(), max_size=6), st.data())
def test_a_nan_never_reaches_a_report(keys, data):
    changes = {key: data.draw(NUMBERS[key], key) for key in keys}
    if "buyers__nest" in keys:
        changes |= {"own__nest": "n", "rival__1__nest": "n"}
    try:
        facts = answered(**changes, war__paths=100)
    except UndercutError as e:
        assert e.problems and "nan" not in str(e).lower().replace("finance", "")
        return
    check_finite(facts.model_dump())
    assert facts.verdict[0]


def test_a_nan_is_caught_wherever_it_hides():
    for value in ({"a": [1.0, {"b": NAN}]}, [INF], {"x": (0.0, -INF)}):
        with pytest.raises(UndercutError, match="finite"):
            check_finite(value)


def test_the_base_is_fine():
    assert changed() and answered().kind == "charge"
