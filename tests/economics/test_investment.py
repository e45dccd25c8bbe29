"""Whether it is worth it, and which assumption decides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import investment as inv
from undercut.economics.sensitivity import Factor, sobol, tornado

pytestmark = pytest.mark.filterwarnings("error")

FLOWS = [-120e3, *(7000 + 500 * t for t in range(1, 25))]


def test_the_known_stream():
    rate = inv.monthly_rate(0.25)
    found = inv.invest(FLOWS, rate)
    assert rate == pytest.approx(0.0187692651, abs=5.1e-11)
    assert found.npv_usd == pytest.approx(125_622.103597, abs=5.1e-7)
    assert found.irr_per_month == pytest.approx(0.0809293889, abs=5.1e-11)
    assert found.payback_months == pytest.approx(11.769231, abs=5.1e-7)
    assert found.discounted_payback_months == pytest.approx(13.125798, abs=5.1e-7)
    assert found.roi == pytest.approx(1.65)
    assert found.invested_usd == 120e3


def test_a_customer():
    assert inv.customer_value(400, 0.75, 0.03).ltv_usd == pytest.approx(10_000)
    found = inv.customer_value(400, 0.75, 0.03, 0.01, 2500)
    assert found.discounted_ltv_usd == pytest.approx(7575)
    assert found.ltv_over_cac == pytest.approx(4)
    assert found.discounted_ltv_over_cac == pytest.approx(3.03)
    # 300 a month from those still there adds up to 2500.
    n = found.cac_payback_months
    assert 300 * (1 - 0.97**n) / 0.03 == pytest.approx(2500)
    assert inv.customer_value(400, 0.1, 0.5, cac_usd=1e4).cac_payback_months is None
    assert inv.customer_value(400, -0.5, 0.1).ltv_usd < 0


@settings(max_examples=60, deadline=None)
@given(st.floats(1, 1e6), st.lists(st.floats(0.01, 1e5), min_size=1, max_size=40))
def test_the_internal_rate_makes_the_value_zero(outlay, income):
    rate = inv.irr([-outlay, *income])
    if -0.9 < rate < 1e5:
        assert inv.npv(rate, [-outlay, *income]) == pytest.approx(
            0, abs=1e-8 * (outlay + sum(income))
        )


def test_rates_that_do_not_exist():
    for flows in ([1, 2, 3], [-1, -2], [0, 0]):
        with pytest.raises(UndercutError, match="no rate makes"):
            inv.irr(flows)
    with pytest.raises(UndercutError, match="several rates fit"):
        inv.irr([-1.0, 2.3, -1.32])
    found = inv.invest([-1.0, 2.3, -1.32], 0.1)
    assert found.irr_per_month is None
    assert "10 %" in found.irr_note and "20 %" in found.irr_note


def test_payback_at_its_limits():
    assert inv.payback_months([5, 1]) == 0
    assert inv.payback_months([-5, 1]) is None
    assert inv.payback_months([-10, 20, -15, 10]) == pytest.approx(2.5)
    assert inv.roi([5.0, 1.0]) is None


@pytest.mark.parametrize("bad", [[], [np.nan], ["x"], None, [[1, 2]], [1e300]])
def test_bad_flows_are_refused(bad):
    for f in (inv.irr, inv.roi, inv.payback_months, lambda v: inv.npv(0.1, v)):
        with pytest.raises(UndercutError):
            f(bad)
    with pytest.raises(UndercutError):
        inv.npv(-1.0, FLOWS)


def ishigami(v):
    return np.sin(v["a"]) + 7 * np.sin(v["b"]) ** 2 + 0.1 * v["c"] ** 4 * np.sin(v["a"])


def test_sobol_finds_the_known_parts_of_ishigami():
    factors = [Factor(name=n, low=-np.pi, high=np.pi) for n in "abc"]
    found = {i.name: i for i in sobol(ishigami, factors, points=4096, resamples=60).indices}
    for name, first, total in (("a", 0.3139, 0.5576), ("b", 0.4424, 0.4424), ("c", 0, 0.2437)):
        assert found[name].first == pytest.approx(first, abs=0.02)
        assert found[name].total == pytest.approx(total, abs=0.02)
        assert found[name].total_low < total < found[name].total_high


def test_sobol_of_a_sum_is_the_part_of_each_variance():
    factors = [
        Factor(name="x", low=-1, high=1, shape="normal"),
        Factor(name="y", low=-2, high=2, shape="normal"),
    ]
    found = {i.name: i for i in sobol(lambda v: 1e6 + v["x"] + v["y"], factors).indices}
    assert found["x"].total == pytest.approx(0.2, abs=0.03)
    assert found["y"].first == pytest.approx(0.8, abs=0.05)
    still = sobol(lambda v: 0 * v["x"] + 3.0, factors)
    assert all(i.total == 0 for i in still.indices)
    assert "does not move" in still.note


def test_a_tornado_sorts_by_swing():
    factors = [
        Factor(name="small", low=1, high=2),
        Factor(name="large", low=0.1, high=10, shape="lognormal"),
        Factor(name="base", low=0, high=4, base=3),
    ]
    found = tornado(lambda v: v["small"] + v["large"] + v["base"], factors)
    assert [b.name for b in found.bars] == ["large", "base", "small"]
    assert found.base == pytest.approx(1.5 + 1 + 3)
    assert (found.bars[1].at_low, found.bars[1].at_high) == pytest.approx((2.5, 6.5))


def test_answers_that_are_no_figures_are_refused():
    factor = [Factor(name="x", low=0, high=1)]
    with pytest.raises(UndercutError, match="finite figures"):
        tornado(lambda v: v["x"] * np.nan, factor)
    with pytest.raises(UndercutError, match=r"x\.high"):
        tornado(lambda v: v["x"], [Factor(name="x", low=1, high=0)])
    with pytest.raises(UndercutError, match="power of 2"):
        sobol(lambda v: v["x"], factor, points=100)
    with pytest.raises(UndercutError, match="positive"):
        tornado(lambda v: v["x"], [Factor(name="x", low=0, high=1, shape="lognormal")])
