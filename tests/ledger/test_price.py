from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.ledger.price import Rates, UnpricedError, price, total, units

TODAY = date(2026, 11, 21)


def rates_file(tmp_path, text):
    path = tmp_path / "rates.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_hour_of_one_core_costs_five_cents():
    assert float(price("cpu_second", Decimal(3600), TODAY, Rates())) == pytest.approx(
        0.05, rel=1e-12
    )


def test_a_thousand_requests_at_two_thousand_a_second_on_one_core_cost_what_the_formula_says():
    # economics: 1000 * h / (3600 * tps) with h = 0.05 USD a core-hour.
    usd = price("cpu_second", Decimal(1000) / 2000, TODAY, Rates())
    assert float(usd) == pytest.approx(1000 * 0.05 / (3600 * 2000), rel=1e-12)


def test_the_rate_in_force_on_the_day_applies(tmp_path):
    path = rates_file(
        tmp_path,
        """
        [[rate]]
        unit = "label"
        usd = "0.10"
        from = "2026-01-01"
        source = "assumed"
        [[rate]]
        unit = "label"
        usd = "0.08"
        from = 2026-06-01
        source = "assumed"
        """,
    )
    rates = Rates([path])
    assert price("label", Decimal(10), date(2025, 12, 31), rates) is None
    assert price("label", Decimal(10), date(2026, 5, 31), rates) == Decimal("1.00")
    assert price("label", Decimal(10), date(2026, 6, 1), rates) == Decimal("0.80")
    assert price("label", Decimal(10), datetime(2026, 6, 1, 1, tzinfo=UTC), rates) == Decimal("0.8")


def test_an_unpriced_quantity_is_none_and_fails_a_total_by_name():
    assert price("label", Decimal(1), TODAY, Rates()) is None
    with pytest.raises(UnpricedError, match="'label'"):
        total([("cpu_second", Decimal(1), TODAY), ("label", Decimal(2), TODAY)], Rates())


def test_a_total_over_nothing_of_an_unpriced_unit_is_fine():
    assert total([("label", Decimal(0), TODAY)], Rates()) == 0


def test_wall_seconds_are_free():
    assert price("wall_second", Decimal(100), TODAY, Rates()) == 0


def test_a_price_in_the_spec_wins_over_files():
    rates = Rates().with_rate("label", Decimal("0.25"), "given")
    assert price("label", Decimal(4), date(1999, 1, 1), rates) == 1


def test_all_mistakes_of_a_rate_file_are_listed_at_once(tmp_path):
    path = rates_file(
        tmp_path,
        """
        [[rate]]
        unit = "cpu_secnd"
        usd = "-1"
        from = "yesterday"
        [[rate]]
        unit = "label"
        usd = "NaN"
        from = "2026-01-01"
        source = "x"
        usdd = 1
        """,
    )
    with pytest.raises(UndercutError) as e:
        Rates([path])
    text = str(e.value)
    assert "Did you mean 'cpu_second'" in text
    assert "'-1'" in text
    assert "'yesterday'" in text
    assert "source" in text
    assert "'NaN'" in text
    assert "Did you mean 'usd'" in text
    assert len(e.value.problems) == 6


@given(
    parts=st.lists(st.decimals(0, 10**6, places=6), min_size=1, max_size=8),
    days=st.integers(0, 900),
)
def test_a_total_is_the_sum_of_its_parts_to_the_last_digit(parts, days):
    rates, when = Rates(), date(2024, 1, 1) + timedelta(days=days)
    lines = [("cpu_second", q, when) for q in parts]
    assert total(lines, rates) == sum((price(u, q, w, rates) for u, q, w in lines), Decimal(0))


def test_every_built_in_rate_is_of_a_known_unit_and_dated_and_sourced():
    for rate in Rates().rows:
        assert rate.unit in units()
        assert rate.since <= TODAY
        assert rate.source
