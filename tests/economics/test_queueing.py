"""Queueing formulas against published and independently computed values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from undercut.core.errors import UndercutError
from undercut.economics import queueing as q

pytestmark = pytest.mark.filterwarnings("error")

loads = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("rho", "mm1_ms", "p95_ms", "md1_ms"),
    [(0.8, 50, 149.786614, 30), (0.95, 200, 599.146455, 105)],
)
def test_single_server_times_at_a_hundred_a_second(rho, mm1_ms, p95_ms, md1_ms):
    lam = 100 * rho
    assert 1000 * q.mm1_time(lam, 100) == pytest.approx(mm1_ms)
    assert 1000 * q.mm1_quantile(lam, 100) == pytest.approx(p95_ms, abs=1e-6)
    assert 1000 * q.md1_time(lam, 100) == pytest.approx(md1_ms)


def test_four_servers_at_eighty_percent():
    assert q.erlang_c(320, 100, 4) == pytest.approx(0.5964324718, abs=1e-10)
    assert 1000 * q.mmk_wait(320, 100, 4) == pytest.approx(7.455406, abs=5.1e-7)
    assert 1000 * q.mmk_wait(320, 100, 4) == pytest.approx(1000 * 0.5964324718 / 80, abs=1e-8)


@pytest.mark.parametrize(
    ("mu", "limit_ms", "expected"), [(100, 50, 0.4008535), (2000, 20, 0.9251067)]
)
def test_latency_limit_gives_the_highest_use(mu, limit_ms, expected):
    assert q.rho_max(mu, limit_ms / 1000) == pytest.approx(expected, abs=5e-8)


@given(st.integers(1, 400), loads)
def test_erlang_c_agrees_with_the_poisson_route(k, rho):
    load = k * rho
    blocked = poisson.pmf(k, load) / poisson.cdf(k, load)
    expected = blocked / (1 - rho * (1 - blocked))
    assert q.erlang_c(load, 1.0, k) == pytest.approx(expected, rel=1e-8)


def test_erlang_c_stands_a_hundred_thousand_servers():
    k = 100_000
    load = k - math.sqrt(k)  # Halfin-Whitt with beta 1
    phi, cdf = math.exp(-0.5) / math.sqrt(2 * math.pi), 0.8413447461
    limit = 1 / (1 + cdf / phi)
    assert q.erlang_c(load, 1.0, k) == pytest.approx(limit, rel=2e-3)
    assert q.erlang_c(0.5 * k, 1.0, k) == pytest.approx(0.0, abs=1e-300)


@given(loads, st.floats(1e-2, 1e4))
def test_one_server_waits_with_the_probability_it_is_busy(rho, mu):
    lam = rho * mu
    assert q.erlang_c(lam, mu, 1) == pytest.approx(rho)
    assert q.mmk_wait(lam, mu, 1) + 1 / mu == pytest.approx(q.mm1_time(lam, mu))


@given(loads, st.floats(1e-2, 1e4), st.integers(1, 50))
def test_allen_cunneen_is_exact_where_it_should_be(rho, mu, k):
    lam = rho * mu * k
    assert q.mgk_wait(lam, mu, k, service_scv=1) == pytest.approx(q.mmk_wait(lam, mu, k))
    single = rho * mu
    constant = q.mgk_wait(single, mu, 1, service_scv=0) + 1 / mu
    assert constant == pytest.approx(q.md1_time(single, mu))


@given(loads, st.floats(1e-2, 1e4), st.integers(1, 50))
def test_more_servers_or_less_load_wait_less(rho, mu, k):
    lam = rho * mu * k
    assert q.mmk_wait(lam, mu, k + 1) < q.mmk_wait(lam, mu, k)
    assert q.mmk_wait(0.5 * lam, mu, k) < q.mmk_wait(lam, mu, k)


@given(st.floats(1, 1e4), st.floats(1.01, 100), st.floats(0.5, 0.999))
def test_the_highest_use_meets_the_limit_exactly(mu, slack, quantile):
    limit = slack * -math.log1p(-quantile) / mu
    rho = q.rho_max(mu, limit, quantile)
    assert 0 < rho < 1
    assert q.mm1_quantile(rho * mu, mu, quantile) == pytest.approx(limit, rel=1e-6)


def test_a_queue_that_cannot_keep_up_is_refused():
    with pytest.raises(UndercutError) as e:
        q.erlang_c(400, 100, 4)
    assert e.value.code == "queue-unstable"
    assert "fewer than 400 arrivals" in str(e.value)


def test_a_limit_below_the_service_time_is_refused():
    with pytest.raises(UndercutError) as e:
        q.rho_max(100, 0.02)
    assert e.value.code == "slo-unreachable"
    assert "above 30 ms" in str(e.value)
