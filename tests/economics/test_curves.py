"""Demand along a line and with constant elasticity."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.curves import line_optimum, line_volume, power_optimum, power_volume

pytestmark = pytest.mark.filterwarnings("error")


def test_the_textbook_case():
    found = line_optimum(1000, 2, 200, 30_000)
    assert (found.volume, found.price, found.profit) == (200, 600, 50_000)
    assert found.break_even_low == pytest.approx(41.886117, abs=5.1e-7)
    assert found.break_even_high == pytest.approx(358.113883, abs=5.1e-7)
    assert found.elasticity == pytest.approx(-1.5)
    assert found.lerner == pytest.approx(2 / 3)


def test_constant_elasticity():
    found = power_optimum(10, 3, 0.2)
    assert found.price == pytest.approx(0.3)
    assert found.lerner == pytest.approx(1 / 3)
    assert (found.break_even_low, found.break_even_high) == (0, pytest.approx(1250))


@settings(max_examples=60, deadline=None)
@given(st.floats(1, 1e3), st.floats(0.01, 10), st.floats(0, 0.99), st.floats(0, 2))
def test_no_other_volume_on_a_line_earns_more(intercept, slope, part, burden):
    cost = intercept * part
    best = (intercept - cost) ** 2 / (4 * slope)
    found = line_optimum(intercept, slope, cost, best * burden)
    assert found.lerner == pytest.approx(-1 / found.elasticity)
    for factor in (0.5, 0.9, 1.1, 2.0):
        x = found.volume * factor
        earned = x * (intercept - slope * x - cost) - best * burden
        assert earned <= found.profit + 1e-9 * best
    if burden > 1 + 1e-9:
        assert found.break_even_low is None
    elif burden < 1 - 1e-9:
        for x in (found.break_even_low, found.break_even_high):
            assert x * (intercept - slope * x - cost) == pytest.approx(
                best * burden, rel=1e-6, abs=1e-9 * best
            )
    assert line_volume(intercept, slope, found.price) == pytest.approx(found.volume, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.1, 1e4), st.floats(1.05, 20), st.floats(0.01, 10), st.floats(0.01, 0.99))
def test_no_other_price_with_constant_elasticity_earns_more(level, elasticity, cost, burden):
    free = power_optimum(level, elasticity, cost)
    assume(1e-6 < free.profit < 1e12)
    found = power_optimum(level, elasticity, cost, free.profit * burden)
    for factor in (0.7, 0.95, 1.05, 1.5):
        p = found.price * factor
        assert power_volume(level, elasticity, p) * (p - cost) <= free.profit * (1 + 1e-9)
    for x in (found.break_even_low, found.break_even_high):
        p = math.exp((math.log(level) - math.log(x)) / elasticity)
        assert x * (p - cost) == pytest.approx(free.profit * burden, rel=1e-6)
    assert power_optimum(level, elasticity, cost, free.profit * 1.01).break_even_low is None


def test_where_there_is_no_best_price():
    with pytest.raises(UndercutError, match="elasticity above 1"):
        power_optimum(10, 1, 0.2)
    with pytest.raises(UndercutError, match="choke price"):
        line_optimum(1, 1, 2)
    with pytest.raises(UndercutError, match="volume is finite"):
        power_volume(1, 1e6, 1e-3)
    assert line_volume(1, 1, 2) == 0
    assert np.isfinite(power_optimum(1e15, 1 + 1e-6, 1e-12).profit)
