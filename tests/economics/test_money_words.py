"""Figures as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics import money as m

pytestmark = pytest.mark.filterwarnings("error")

T = m.THIN


@pytest.mark.parametrize(
    ("usd_per_1k", "text"),
    [
        (0.0185, "$18.5 per million requests"),
        (0.0068, "$6.80 per million requests"),
        (1.852e-5, "$0.0185 per million requests"),
        (5.556e-6, "$5.56 per billion requests"),
        (0.32, "$320 per million requests"),
        (1.2386807720, f"$1.24 per 1{T}000 requests"),
        (12345.6, f"$12{T}346 per 1{T}000 requests"),
        (0, "$0 per million requests"),
        (0.9999, f"$1.00 per 1{T}000 requests"),
    ],
)
def test_unit_prices_take_a_readable_scale(usd_per_1k, text):
    assert m.money_per_request_scale(usd_per_1k) == text


@given(st.floats(1e-8, 999))
def test_unit_prices_stand_between_a_cent_and_a_thousand(usd_per_1k):
    text = m.money_per_request_scale(usd_per_1k)
    figure, _, scale = text.removeprefix("$").partition(" per ")
    size = {"1\u202f000 requests": 1, "million requests": 1e3, "billion requests": 1e6}[scale]
    assert 0.01 <= float(figure) < 1000
    assert float(figure) / size == pytest.approx(usd_per_1k, rel=6e-3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (38.8, "$38.8"),
        (29.2, "$29.2"),
        (6.8, "$6.80"),
        (0.0123, "$0.0123"),
        (0.004, "less than $0.01"),
        (-38.8, f"{m.MINUS}$38.8"),
        (12_345.4, f"$12{T}345"),
        (0, "$0"),
    ],
)
def test_money(value, text):
    assert m.usd(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (850, "850"),
        (12_345, f"12{T}345"),
        (999_400, f"999{T}400"),
        (999_700, "1 million"),
        (4_294_117, "4.29 million"),
        (10_000_000, "10 million"),
        (100_000_000, "100 million"),
        (1.2e9, "1.2 billion"),
        (5e12, "5 trillion"),
        (-2e6, f"{m.MINUS}2 million"),
    ],
)
def test_counts(value, text):
    assert m.count(value) == text


@given(st.floats(1e-6, 1e14))
def test_counts_in_words_keep_three_digits(value):
    figure, _, word = m.count(value).partition(" ")
    scale = {"": 1, "million": 1e6, "billion": 1e9, "trillion": 1e12}[word]
    number = float(figure.replace(T, ""))
    assert number * scale == pytest.approx(value, rel=6e-3, abs=0.5)
    assert not word or number < 1000 or word == "trillion"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, f"0{T}s"),
        (0.0312, f"31.2{T}ms"),
        (1, f"1.00{T}s"),
        (45.24, f"45.2{T}s"),
        (119, f"119{T}s"),
        (119.9, "2:00"),
        (185, "3:05"),
        (3599.7, "1:00:00"),
        (3725, "1:02:05"),
    ],
)
def test_durations(seconds, text):
    assert m.duration(seconds) == text


def test_percent_and_months():
    assert m.percent(0.3) == f"30.0{T}%"
    assert m.percent(-0.00001) == f"0.0{T}%"
    assert m.percent(-0.05) == f"{m.MINUS}5.0{T}%"
    assert m.months(52.371185) == "52.4 months"
    assert m.months(1.0) == "1 month"


@pytest.mark.parametrize(
    "say", [m.figure, m.count, m.usd, m.money_per_request_scale, m.percent, m.duration, m.months]
)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, None, "3", True, 10**400])
def test_what_is_not_a_number_is_refused(say, bad):
    with pytest.raises(UndercutError, match="finite number"):
        say(bad)


def test_a_negative_duration_is_refused():
    with pytest.raises(UndercutError, match="at least 0"):
        m.duration(-1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_can_be_said_without_an_exponent(value):
    for say in (m.figure, m.usd, m.money_per_request_scale, m.count):
        assert "e" not in say(value).split()[0].replace("less", "")
