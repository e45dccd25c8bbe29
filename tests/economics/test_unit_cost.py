"""Unit cost, fleets and the waterfall."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import unit_cost as uc

pytestmark = pytest.mark.filterwarnings("error")

rates = st.floats(1e-3, 1e3)
speeds = st.floats(1e-2, 1e6)
shares = st.floats(0.01, 1.0)


def test_one_core_at_four_cents_costs_what_was_measured():
    assert uc.usd_per_1k(2000, 1, 0.04, 1.0) == pytest.approx(5.5556e-6, rel=1e-5)
    assert uc.usd_per_1k(2000, 1, 0.04, 0.3) == pytest.approx(1.85185e-5, rel=1e-5)
    assert uc.machine_usd_per_month(1, 0.04) == pytest.approx(29.20)
    assert uc.capacity_per_month(2000) == pytest.approx(2000 * 730 * 3600)


def test_a_fleet_of_three_serves_fifteen_hundred_a_second_with_a_peak_of_three():
    rho = 0.9251067
    assert uc.machines_needed(1500, 3, rho, 2000) == 3
    fleet = uc.fleet(1500, 3, rho, 2000, 0.04)
    assert fleet.machines == 3
    assert fleet.utilisation == pytest.approx(0.25)
    assert fleet.usd_per_1k == pytest.approx(2.2222e-5, rel=1e-4)
    assert fleet.usd_per_month == pytest.approx(3 * 29.20)
    assert uc.usd_per_1k_fleet(1500, 3, rho, 2000, 0.04) == fleet.usd_per_1k


def test_a_rounding_error_does_not_buy_a_machine():
    assert uc.machines_needed(0.1 * 3, 1, 1, 0.1) == 3  # 0.30000000000000004 / 0.1
    assert uc.machines_needed(3.0001, 1, 1, 1) == 4


@given(speeds, rates, rates, shares)
def test_cost_is_positive_and_falls_with_use_and_speed(speed, threads, rate, use):
    cost = uc.usd_per_1k(speed, threads, rate, use)
    assert cost > 0
    assert uc.usd_per_1k(speed, threads, rate, 1.0) <= cost * (1 + 1e-12)
    assert uc.usd_per_1k(2 * speed, threads, rate, use) == pytest.approx(cost / 2)


@given(speeds, rates, rates, st.floats(1e-3, 1e3))
def test_cost_scales_with_the_currency_and_not_with_the_clock(speed, threads, rate, k):
    cost = uc.usd_per_1k(speed, threads, rate)
    assert uc.usd_per_1k(speed, threads, k * rate) == pytest.approx(k * cost)
    assert uc.usd_per_1k(k * speed, k * threads, rate) == pytest.approx(cost)


@given(speeds, rates, shares)
def test_reserved_machine_at_its_volume_costs_the_used_seconds(speed, rate, use):
    month = uc.machine_usd_per_month(1, rate)
    volume = uc.capacity_per_month(speed, use)
    assert 1000 * month / volume == pytest.approx(uc.usd_per_1k(speed, 1, rate, use))


@given(st.floats(0.1, 1e4), st.floats(1, 10), st.floats(0.1, 1), st.floats(1, 1e4))
def test_a_fleet_carries_its_peak_and_one_machine_fewer_does_not(mean, peak, rho, mu):
    k = uc.machines_needed(mean, peak, rho, mu)
    assert mean * peak <= k * rho * mu * (1 + 1e-9)
    assert k == 1 or mean * peak > (k - 1) * rho * mu * (1 - 1e-9)


def test_the_short_run_marginal_cost_is_nothing_until_the_target_binds():
    free = uc.marginal(500, 2, 0.8, 1000, 0.05, machines=2)
    assert free.short_run_usd_per_1k == 0.0
    assert free.headroom_per_second == pytest.approx(300)  # 2 * 0.8 * 1000 / 2 - 500
    assert free.long_run_usd_per_1k == pytest.approx(1000 * 2 * 0.05 / (3600 * 0.8 * 1000))
    assert free.next_machine_usd_per_month == pytest.approx(36.5)
    full = uc.marginal(800, 2, 0.8, 1000, 0.05, machines=2)
    assert full.short_run_usd_per_1k is None
    assert full.headroom_per_second == 0


def test_the_long_run_marginal_cost_is_the_mean_cost_of_a_big_fleet():
    big = uc.usd_per_1k_fleet(1e7, 2, 0.8, 1000, 0.05)
    one = uc.marginal(500, 2, 0.8, 1000, 0.05, machines=2)
    assert one.long_run_usd_per_1k == pytest.approx(big, rel=1e-4)


def test_the_waterfall_adds_up():
    fall = uc.waterfall(
        requests_per_month=250_000,
        capacity_per_month=1_000_000,
        machines_usd_per_month=40,
        life_months=12,
        training_usd=24,
        labels_usd=120,
        people_usd=600,
        fixed_usd_per_month=5,
    )
    assert fall.usd_per_month == pytest.approx(
        {"fixed": 5, "training": 2, "labels": 10, "people": 50, "serving": 10, "idle": 30}
    )
    assert fall.total_usd_per_month == pytest.approx(107)
    assert fall.usd_per_1k == pytest.approx(0.428)


@given(shares, rates, rates)
def test_used_and_idle_make_the_whole_machine(use, machine, capital):
    fall = uc.waterfall(1e6 * use, 1e6, machine, 12, training_usd=capital)
    parts = fall.usd_per_month
    assert parts["serving"] + parts["idle"] == pytest.approx(machine)
    assert min(parts.values()) >= 0
    assert fall.total_usd_per_month == pytest.approx(machine + capital / 12)


def test_more_requests_than_the_machines_carry_are_refused():
    with pytest.raises(UndercutError, match="capacity_per_month"):
        uc.waterfall(2e6, 1e6, 40, 12)
