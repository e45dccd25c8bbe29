"""Plans as they are written in TOML, and what they make a request cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.charges import Price, Quantities, charge, usd
from undercut.serving.plans import KeyLimits, read_plans

GOOD = """
[plans.trial]
kind = "trial"
days = 14
limits = { requests_total = 1000 }

[plans.payg]
kind = "payg"
price = { usd_per_1k_inputs = "0.50", usd_per_1m_tokens = 0.1 }
models.big = { usd_per_1k_inputs = "2" }

[plans.team]
kind = "monthly"
usd_per_month = "49"
included = { requests = 100_000 }
price = { usd_per_1k_requests = "0.40" }
limits = { requests_per_second = 20, usd_per_month = "500" }
"""


def written(folder, text):
    path = folder / "plans.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_what_is_charged(tmp_path):
    plans = read_plans(written(tmp_path, GOOD))
    assert list(plans) == ["trial", "payg", "team"]
    used = Quantities(requests=1, inputs=3, tokens=25)
    assert charge(plans["payg"].price_of("small"), used) == 3 * 500 + 3  # 2.5 rounded up
    assert charge(plans["payg"].price_of("big"), used) == 6000
    assert charge(plans["trial"].price_of("any"), used) == 0
    team = plans["team"]
    assert charge(team.price_of("x"), used) == 400
    assert charge(team.price_of("x"), used, Quantities(requests=1)) == 0
    assert team.fee_micro_usd == 49_000_000
    assert team.limits.of_period("month") == {"micro_usd": 500_000_000}
    assert KeyLimits(usd_per_month=1).over(team.limits).requests_per_second == 20
    assert read_plans(None) == {}


def test_every_mistake_at_once(tmp_path):
    text = """
[plan.x]
[plans.trial]
kind = "trial"
[plans.payg]
kind = "payg"
[plans.month]
kind = "monthly"
price = { usd_per_1k_request = 1 }
[plans.odd]
kind = "flat"
usd_per_month = -1
"""
    with pytest.raises(UndercutError) as error:
        read_plans(written(tmp_path, text))
    told = str(error.value)
    assert len(error.value.problems) == 6, told
    for words in ("'plan'", "a trial needs an end", "0 must be said", "-1", "plans.odd.kind"):
        assert words in told, words
    assert "Did you mean 'usd_per_1k_requests'?" in told
    for broken in ("[plans", ""):
        with pytest.raises(UndercutError):
            read_plans(written(tmp_path, broken))


QUANTITIES = st.builds(
    Quantities,
    requests=st.integers(0, 5),
    inputs=st.integers(0, 300),
    tokens=st.integers(0, 10**6),
)
AMOUNTS = st.none() | st.decimals("0", "1000", places=4)
PRICES = st.builds(
    Price, usd_per_1k_requests=AMOUNTS, usd_per_1k_inputs=AMOUNTS, usd_per_1m_tokens=AMOUNTS
)


@given(PRICES, QUANTITIES, QUANTITIES)
def test_a_charge_is_whole_never_below_the_price_and_never_free_by_rounding(price, used, free):
    found = charge(price, used, free)
    if not price.known:
        assert found is None
        return
    left = used.less(free)
    exact = sum(
        (
            Decimal(n) * (p or 0) / scale
            for n, p, scale in (
                (left.requests, price.usd_per_1k_requests, 1000),
                (left.inputs, price.usd_per_1k_inputs, 1000),
                (left.tokens, price.usd_per_1m_tokens, 10**6),
            )
        ),
        Decimal(0),
    )
    assert exact <= usd(found) < exact + Decimal("0.000001")
    assert (found == 0) == (exact == 0)
    assert charge(price, used, used.within(free)) == found  # more than used covers no more
