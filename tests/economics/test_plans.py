"""What a price list earns, and on whom it loses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.core.errors import UndercutError
from undercut.economics.plans import Costs, Customers, Plan, bills, lognormal_usage, price_list

pytestmark = pytest.mark.filterwarnings("error")

SMALL = Plan(name="small", usd_per_month=20, included_1k=100, overage_usd_per_1k=0.5)
LARGE = Plan(name="large", usd_per_month=100, included_1k=1000)
COMING = Customers(signups_per_month=100, conversion=0.1, churn_per_month=0.05)


def test_a_list_by_hand():
    usage = [50, 200, 500, 900, 2000]
    costs = Costs(variable_usd_per_1k=0.12, fee_share=0.03, fee_usd=0.3, fixed_usd_per_month=50)
    coming = COMING.model_copy(update={"trial_months": 1.0, "trial_usage": 0.5})
    found = price_list([Plan(name="free", trial=True), SMALL, LARGE], usage, coming, costs)
    # 20, 70, then 100 and 100 (small would cost 220 and 420); 2000 fits no... small: 970.
    assert bills(SMALL, usage).tolist() == [20, 70, 220, 420, 970]
    assert bills(LARGE, usage).tolist() == [100, 100, 100, 100, np.inf]
    each = 200 / 5
    small, large = found.plans
    assert found.paying_customers == pytest.approx(200)
    assert small.revenue_usd_per_month == pytest.approx(each * (20 + 70 + 970))
    assert large.revenue_usd_per_month == pytest.approx(each * 200)
    cost = each * (0.12 * 1400 + 0.03 * 200 + 0.6)
    assert large.cost_usd_per_month == pytest.approx(cost)
    assert (large.losing, large.loses_from_1k, large.loses_to_1k) == (0.5, 900, 900)
    assert large.loss_usd_per_month == pytest.approx(each * (108 + 3.3 - 100))
    assert (small.losing, small.loses_from_1k) == (0, None)
    assert found.losing == pytest.approx(0.2)
    assert found.trial_cost_usd_per_month == pytest.approx(100 * 0.5 * 730 * 0.12)
    total = small.margin_usd_per_month + large.margin_usd_per_month
    assert found.profit_usd_per_month == pytest.approx(total - found.trial_cost_usd_per_month - 50)


def test_customers_no_plan_can_hold_are_told():
    found = price_list([LARGE], [10, 5000], COMING, Costs(variable_usd_per_1k=0.1))
    assert found.unserved == 0.5
    assert found.paying_customers == pytest.approx(100)


def test_lognormal_usage_has_its_median_and_mean():
    usage = lognormal_usage(50, 1.0, 100_001)
    assert np.median(usage) == pytest.approx(50)
    assert usage.mean() == pytest.approx(50 * np.exp(0.5), rel=1e-3)
    assert lognormal_usage(50, 0.0, 5).tolist() == [50] * 5


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1e5), min_size=1, max_size=20),
    st.floats(0, 100),
    st.floats(0, 1e4),
    st.floats(0, 2),
    st.floats(0, 1),
)
def test_sums_add_up(usage, monthly, included, overage, variable):
    plan = Plan(name="p", usd_per_month=monthly, included_1k=included, overage_usd_per_1k=overage)
    found = price_list([plan, LARGE], usage, COMING, Costs(variable_usd_per_1k=variable))
    assert found.paying_customers == pytest.approx(200)
    assert sum(p.share_of_customers for p in found.plans) == pytest.approx(1)
    assert 0 <= found.losing <= 1
    for p in found.plans:
        assert p.margin_usd_per_month == pytest.approx(
            p.revenue_usd_per_month - p.cost_usd_per_month, abs=1e-6
        )
    values = found.model_dump()
    assert all(np.isfinite(v) for v in values.values() if isinstance(v, float))


def test_nonsense_is_refused_all_at_once():
    bad = Plan(name="a", usd_per_month=-1, included_1k=float("nan"), overage_usd_per_1k=-2)
    coming = Customers(signups_per_month=-1, conversion=2, churn_per_month=0)
    with pytest.raises(UndercutError) as e:
        price_list([bad, bad], [-1], coming, Costs(variable_usd_per_1k=-1, fee_share=2))
    assert len(e.value.problems) == 13
    with pytest.raises(UndercutError, match="paid for"):
        price_list([Plan(name="t", trial=True)], [1], COMING, Costs(variable_usd_per_1k=0))
