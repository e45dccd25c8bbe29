"""A firm that may enter: the price that keeps it out, whether that pays, and what it would cost."""

from __future__ import annotations

from undercut.economics.demand import utility
from undercut.economics.investment import monthly_rate
from undercut.economics.money import Scale, usd
from undercut.economics.war.entry import limit_price, recoupment
from undercut.pipeline.scenario.buying import Buying
from undercut.pipeline.scenario.facts import EntryFacts, UnitCost
from undercut.pipeline.scenario.inputs import Inputs
from undercut.pipeline.scenario.pricing import errors_and_waiting


def entry(i: Inputs, u: UnitCost, b: Buying, scale: Scale) -> EntryFacts | None:
    """Return what the entrant means for the price, told in a unit; ``None`` without one."""
    value, cost = i.get("buyers.value_usd_per_1k"), i.get("entrant.cost_usd_per_1k")
    if cost is None or value is None:
        return None
    loses = errors_and_waiting(i, i["entrant.accuracy"], i["entrant.p95_ms"])
    rate = monthly_rate(i["company.discount_per_year"])
    kept = 1.0 - i["own.payment_fee_share"]
    found = limit_price(
        b.logit.delta,
        u.variable_usd_per_1k,
        utility(b.logit.alpha, value, loses),
        cost,
        b.logit.alpha,
        i["buyers.market_1k_per_month"] * kept,
        i["entrant.entry_cost_usd"],
        max(rate, 1e-9),
        b.logit.log_outside,
    )
    back = None
    limit = found.limit_usd_per_1k
    spent = found.profit_limit_usd_per_month
    if limit is not None and spent is not None and limit < u.variable_usd_per_1k:
        back = recoupment(
            spent,
            found.profit_accommodate_usd_per_month,
            found.profit_alone_usd_per_month,
            i["company.horizon_months"],
            rate,
        )
    said = found.verdict
    if limit is not None and spent is not None and not found.blockaded:
        said += (
            f" Keeping it out takes {scale.price(limit)} and leaves {usd(spent)} a "
            "month before fixed costs; beside it you earn "
            f"{usd(found.profit_accommodate_usd_per_month)}."
        )
    if back is not None:
        said += f" {back.verdict}"
    return EntryFacts(limit=found, recoupment=back, verdict=said)
