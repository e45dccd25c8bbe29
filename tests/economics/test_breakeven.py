"""Own machines against an API."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from undercut.economics import breakeven as b
from undercut.economics.records import Own, Rival

pytestmark = pytest.mark.filterwarnings("error")

BOX = Own(machine_usd_per_month=29.20, capacity_per_month=2000 * 730 * 3600)
NANO = Rival(
    provider="openai",
    model="gpt-5-nano",
    usd_per_1k=0.0068,
    input_tokens=120,
    output_tokens=2,
    priced_at="2026-11-21",
)
DEAR = NANO.model_copy(update={"model": "claude-haiku-4-5", "usd_per_1k": 0.13})


def test_break_even_volume_of_the_investment_example():
    assert b.break_even_volume(18_000, 0.05, 0.008) == pytest.approx(428_571_428.57, abs=5e-3)
    assert b.break_even_volume(18_000, 0.008, 0.008) is None


def test_the_box_beats_the_cheapest_api_from_four_million_on():
    cross = b.break_even(BOX, NANO.usd_per_1k)
    assert cross.requests_per_month == pytest.approx(4.294e6, rel=1e-4)
    assert cross.requests_per_second == pytest.approx(1.63, abs=5e-3)
    assert cross.always_above_requests_per_month == cross.requests_per_month


def test_the_sentence_names_the_cheapest_api_its_date_and_the_sum():
    assert b.verdict(BOX, [DEAR, NANO], 10_000_000) == (
        "Below 4.29 million requests a month the cheapest API (gpt-5-nano, 2026-11-21) costs "
        "less; above it this model does: at 10 million, $38.8 a month less."
    )
    assert b.verdict(BOX, [NANO], 1_000_000).endswith("at 1 million, $22.4 a month more.")
    assert b.verdict(BOX, [NANO]).endswith("above it this model does.")


def test_api_cheaper_at_every_volume_when_the_own_variable_cost_is_above_it():
    own = BOX.model_copy(update={"variable_usd_per_1k": 0.01})
    cross = b.break_even(own, 0.0068)
    assert cross.requests_per_month is None
    assert cross.always_above_requests_per_month is None
    text = b.verdict(own, [NANO], 10_000_000)
    assert text.startswith(
        "The cheapest API (gpt-5-nano, 2026-11-21) costs less at every volume: $6.80 per million "
        "requests against $10.0 per million requests for this model on machines used to 70.0"
    )
    assert text.endswith("at 10 million, $61.2 a month more.")


def test_api_cheaper_at_every_volume_when_a_full_machine_is_dearer():
    own = Own(machine_usd_per_month=29.20, capacity_per_month=4_000_000)
    assert b.break_even(own, 0.0068).requests_per_month is None  # 4.29 million > 2.8 million
    assert "costs less at every volume: $6.80 per million" in b.verdict(own, [NANO])


def test_a_second_machine_can_hand_the_lead_back_for_a_while():
    own = Own(machine_usd_per_month=60, capacity_per_month=1_000_000)
    cross = b.break_even(own, 0.1, max_utilisation=0.8)
    assert cross.requests_per_month == pytest.approx(600_000)
    assert cross.always_above_requests_per_month == pytest.approx(1_800_000)
    at = {v: b.compare(own, 0.1, v, 0.8).cheaper for v in (5e5, 7e5, 1e6, 1.3e6, 1.7e6, 1.9e6)}
    assert list(at.values()) == ["api", "own", "api", "own", "api", "own"]
    dear = NANO.model_copy(update={"usd_per_1k": 0.1})
    assert b.verdict(own, [dear], 1_300_000, max_utilisation=0.8) == (
        "Below 600\u202f000 requests a month the cheapest API (gpt-5-nano, 2026-11-21) costs less; "
        "above it this model does up to 800\u202f000 on one machine, and always above 1.8 million: "
        "at 1.3 million on 2 machines, $10.0 a month less."
    )


def test_a_volume_beyond_one_machine_buys_more_machines():
    c = b.compare(BOX, 0.0068, 1e10)
    assert c.machines == 3  # 1e10 / (0.7 * 5.256e9)
    assert c.utilisation == pytest.approx(1e10 / (3 * BOX.capacity_per_month))
    assert c.utilisation <= 0.7
    assert c.own_usd_per_month == pytest.approx(3 * 29.20)
    assert c.difference_usd_per_month == pytest.approx(68_000 - 87.6)
    assert "at 10 billion on 3 machines, $67\u202f912 a month less" in b.verdict(BOX, [NANO], 1e10)


def test_no_rival_known_is_said():
    assert b.verdict(BOX, [], 1e6) == (
        "No API price is known for this request, so there is nothing to compare with; one machine "
        "costs $29.2 a month, used or not."
    )


def test_a_machine_that_costs_nothing_always_wins_and_a_tie_is_a_tie():
    free = Own(machine_usd_per_month=0, capacity_per_month=1e6)
    assert b.verdict(free, [NANO], 1e6).startswith("This model costs less than the cheapest API")
    own = Own(machine_usd_per_month=10, capacity_per_month=1e9)
    api = NANO.model_copy(update={"usd_per_1k": 0.01})
    assert b.compare(own, 0.01, 1e6).cheaper == "same"
    assert b.verdict(own, [api], 1e6).endswith("at 1 million, both cost the same.")


owns = st.builds(
    Own,
    machine_usd_per_month=st.floats(1, 1e4),
    capacity_per_month=st.floats(1e3, 1e10),
    variable_usd_per_1k=st.floats(0, 1),
)


@given(owns, st.floats(1e-4, 10), st.floats(0.1, 1), st.floats(1e-3, 30))
def test_the_crossing_agrees_with_comparing_volumes(own, api, cap, where):
    cross = b.break_even(own, api, cap)
    usable = own.capacity_per_month * cap
    volume = where * usable
    cheaper = b.compare(own, api, volume, cap).cheaper
    if cross.requests_per_month is None:
        assert cheaper in ("api", "same")
        assert cross.own_usd_per_1k_full >= api * (1 - 1e-9)
        return
    assert 0 < cross.requests_per_month < usable
    assert cross.always_above_requests_per_month >= cross.requests_per_month
    if volume < cross.requests_per_month * (1 - 1e-6):
        assert cheaper == "api"
    if volume > cross.always_above_requests_per_month * (1 + 1e-6):
        assert cheaper == "own"


@given(owns, st.floats(1e-4, 10))
def test_the_api_wins_just_below_the_last_crossing(own, api):
    cross = b.break_even(own, api)
    last = cross.always_above_requests_per_month
    assume(last is not None and last < 1e13)
    contested = round(last / cross.requests_per_month)
    start = (contested - 1) * own.capacity_per_month * b.MAX_UTILISATION
    assume(last > start * (1 + 1e-6))
    assert b.compare(own, api, (max(start, 0.999 * last) + last) / 2).cheaper == "api"


@given(owns, st.floats(1e-4, 10), st.floats(0.01, 100))
def test_the_crossing_does_not_depend_on_the_currency(own, api, k):
    assume(abs(b.break_even(own, api).own_usd_per_1k_full / api - 1) > 1e-9)
    other = Own(
        machine_usd_per_month=k * own.machine_usd_per_month,
        capacity_per_month=own.capacity_per_month,
        variable_usd_per_1k=k * own.variable_usd_per_1k,
    )
    one, two = b.break_even(own, api), b.break_even(other, k * api)
    assert (one.requests_per_month is None) == (two.requests_per_month is None)
    if one.requests_per_month is not None:
        assert two.requests_per_month == pytest.approx(one.requests_per_month, rel=1e-6)
