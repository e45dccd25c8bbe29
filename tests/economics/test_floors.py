"""Three floors, runway and the words about them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from undercut.economics.demand import best_reply, gross_profit
from undercut.economics.floors import cash_band, floors
from undercut.economics.records import Demand

pytestmark = pytest.mark.filterwarnings("error")

FIRM = Demand(alpha=2, delta=1.5, log_outside=math.log(3), market_1k_per_month=1e6)
ALL = {
    "variable_usd_per_1k": 0.4,
    "fixed_usd_per_month": 120_000,
    "capital_usd": 500_000,
    "life_months": 24,
    "demand": FIRM,
    "cash_usd": 1_000_000,
    "horizon_months": 18,
}


def test_every_figure_of_the_worked_example():
    f = floors(**ALL)
    assert f.missing == {}
    assert f.shutdown_usd_per_1k == 0.4
    assert f.best.price_usd_per_1k == pytest.approx(1.0009055314, abs=5e-11)
    assert f.best.gross_profit_usd_per_month == pytest.approx(100_905.53, abs=5e-3)
    assert f.cash_low_usd_per_1k == pytest.approx(0.6107952081, abs=5e-11)
    assert f.cash_high_usd_per_1k == pytest.approx(1.6616754149, abs=5e-11)
    assert f.cash_status == "band"
    assert f.full_cost_usd_per_1k == pytest.approx(1.2386807720, abs=5e-11)
    assert f.runway_months == pytest.approx(1e6 / (120_000 - 100_905.5314), abs=5e-7)
    assert f.runway_months == pytest.approx(52.37119, abs=5e-6)


def test_the_report_says_in_words_that_no_price_mends_it():
    assert floors(**ALL).verdict == (
        "The full cost exceeds the best price: $1.24 per 1\u202f000 requests against $1.00 per "
        "1\u202f000 requests. No price makes this viable in the long run. At the best price the "
        "cash lasts 52.4 months."
    )


def test_a_viable_business_is_told_its_price():
    f = floors(**{**ALL, "fixed_usd_per_month": 50_000, "capital_usd": 0})
    assert f.verdict.startswith("The best price is $1.00 per 1\u202f000 requests under the assumed")
    assert "above the full cost of $698 per million" in f.verdict
    assert "below $400 per million requests every call loses cash" in f.verdict
    assert f.runway_months is None
    assert f.cash_status == "no-upper-end"


@pytest.mark.parametrize(
    ("without", "blind"),
    [
        ("demand", {"best price", "full cost", "cash band", "runway"}),
        ("cash_usd", {"cash band", "runway"}),
        ("horizon_months", {"cash band"}),
        ("capital_usd", {"full cost"}),
        ("life_months", {"full cost"}),
        ("fixed_usd_per_month", {"full cost", "cash band", "runway"}),
        (
            "variable_usd_per_1k",
            {"shutdown", "best price", "full cost", "cash band", "runway"},
        ),
    ],
)
def test_what_is_missing_is_named_and_the_rest_computed(without, blind):
    given_ = {k: v for k, v in ALL.items() if k != without}
    f = floors(**given_)
    assert set(f.missing) == blind
    for floor in blind:
        needed = "requests_per_month" if (without, floor) == ("demand", "full cost") else without
        assert needed in f.missing[floor]
    assert f.verdict


def test_nothing_given_is_not_an_error():
    f = floors()
    assert f.table() == {"shutdown": None, "full cost": None, "cash low": None, "cash high": None}
    assert f.price_floor_usd_per_1k is None
    assert f.price_floor_basis == ""
    assert f.verdict == "Floors unknown: the variable cost of a request is missing."


def test_full_cost_at_the_stated_volume_without_demand():
    f = floors(
        variable_usd_per_1k=0.001,
        fixed_usd_per_month=29.2,
        capital_usd=12,
        life_months=12,
        requests_per_month=5_000_000,
    )
    assert f.full_cost_usd_per_1k == pytest.approx(0.001 + 30.2 / 5000)
    assert f.price_floor_usd_per_1k == f.full_cost_usd_per_1k
    assert f.price_floor_basis == "full cost at the stated volume, 5 million requests a month"
    assert f.verdict.startswith("Full cost is $7.04 per million requests; below $1.00 per million")
    only = floors(variable_usd_per_1k=0.001)
    assert (only.price_floor_usd_per_1k, only.price_floor_basis) == (0.001, "variable cost only")
    assert only.verdict == "Below $1.00 per million requests every call loses cash."


def test_no_price_survives_when_the_cash_is_too_short():
    assert cash_band(FIRM, 0.4, 120_000, 1_000, 18) is None
    f = floors(**{**ALL, "cash_usd": 1_000, "capital_usd": 0})
    assert f.cash_status == "no-price"


firms = st.builds(
    Demand,
    alpha=st.floats(0.1, 20),
    delta=st.floats(-5, 10),
    log_outside=st.floats(0, 5),
    market_1k_per_month=st.floats(1, 1e6),
)


@given(firms, st.floats(0, 5), st.floats(0, 3), st.floats(0, 2), st.floats(1, 60))
def test_the_band_ends_where_the_cash_does(firm, v, fixed_share, cash_share, months):
    top = best_reply(firm, v).gross_profit_usd_per_month
    assume(top > 1e-9)
    fixed, cash = fixed_share * top, cash_share * top * months
    band = cash_band(firm, v, fixed, cash, months)

    def left(price):
        return cash - months * (fixed - gross_profit(firm, price, v))

    tolerance = 1e-6 * months * top
    if band is None:
        assert left(best_reply(firm, v).price_usd_per_1k) <= tolerance
        return
    low, high = band
    assert 0 <= low <= best_reply(firm, v).price_usd_per_1k * (1 + 1e-9)
    assert left(low) >= -tolerance
    if low > 0:
        assert left(low) <= tolerance
    if high is None:
        assert left(1e4) >= -tolerance
    else:
        assert abs(left(high)) <= tolerance


@given(firms, st.floats(0, 2), st.floats(0.1, 2), st.floats(1, 60))
def test_more_cash_widens_the_band(firm, v, cash_share, months):
    top = best_reply(firm, v).gross_profit_usd_per_month
    assume(top > 1e-9)
    fixed = 1.2 * top
    less = cash_band(firm, v, fixed, cash_share * months * top, months)
    more = cash_band(firm, v, fixed, 1.5 * cash_share * months * top, months)
    if less is not None:
        assert more is not None
        assert more[0] <= less[0] + 1e-9
        assert more[1] is None or (less[1] is not None and more[1] >= less[1] - 1e-9)


@given(firms, st.floats(0, 2), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 60))
def test_full_cost_is_never_below_shutdown(firm, v, fixed, capital, life):
    f = floors(v, fixed, capital, life, demand=firm)
    assert f.full_cost_usd_per_1k is not None
    assert f.full_cost_usd_per_1k >= f.shutdown_usd_per_1k
