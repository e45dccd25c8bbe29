"""The tables of the page: floors, rivals, where every number is from, the money, the price list."""

from __future__ import annotations

from undercut.economics.money import count
from undercut.pipeline.report.figures.figure import Table, columns
from undercut.pipeline.report.format import clean, figure, money, percent
from undercut.pipeline.scenario.facts import EconomicsFacts

NONE = "–"


def floors(facts: EconomicsFacts) -> Table:
    """Return the three floors and what each means."""
    f, p = facts.pricing.floors, facts.pricing

    def _price(value: float | None) -> str:
        return NONE if value is None else p.scale.amount(value)

    rows = [
        ("Shutdown", _price(f.shutdown_usd_per_1k), "below it every call loses cash"),
        ("Full cost", _price(f.full_cost_usd_per_1k), f.full_cost_basis or "not known"),
        ("Cash lasts from", _price(f.cash_low_usd_per_1k),
         "no price does" if f.cash_status == "no-price" else "to the end of the horizon"),
        ("Cash lasts to", _price(f.cash_high_usd_per_1k),
         "any higher price too" if f.cash_status == "no-upper-end" else "above it too few buy"),
        ("Best price", _price(p.best_usd_per_1k), "earns most while rivals stand still"),
    ]  # fmt: skip
    if p.sold_out_usd_per_1k is not None:
        rows.append(("Sold out below", _price(p.sold_out_usd_per_1k), "more is asked for than you "
                     "can sell"))  # fmt: skip
    return Table(columns("Floor", f">USD per {p.scale.requests}", "What it means"), tuple(rows))


def rivals(facts: EconomicsFacts) -> Table:
    """Return the rivals with their prices, accuracies, sources, and parity."""
    parity = {p.rival: p.parity_usd_per_1k for p in facts.pricing.parity}
    items, scale = facts.inputs.items, facts.pricing.scale
    rows = []
    for r in facts.inputs.rivals:
        accuracy = items[f"rival.{r.name}.accuracy"]
        rows.append((
            clean(r.name),
            scale.amount(r.usd_per_1k),
            percent(r.accuracy) + (" (assumed)" if accuracy.assumed else ""),
            scale.amount(parity[r.name]) if parity[r.name] > 0 else "not even as a gift",
            clean(items[f"rival.{r.name}.usd_per_1k"].source),
        ))  # fmt: skip
    return Table(
        columns(
            "~Rival", f">USD per {scale.requests}", ">Accuracy", ">Parity with it", "*Price from"
        ),
        tuple(rows),
    )


def sources(facts: EconomicsFacts) -> Table:
    """Return every number that went in and where it is from; assumptions say so."""
    rows = []
    for one in facts.inputs.items.values():
        ends = (
            ""
            if one.low is None or one.high is None
            else f"{figure(one.low)} to {figure(one.high)}"
        )
        rows.append((clean(one.key), figure(one.value), ends, clean(one.source)))
    return Table(columns("~Number", ">Value", ">Range", "*Source"), tuple(rows))


def invest(facts: EconomicsFacts) -> Table:
    """Return what the model and a customer are worth."""
    v = facts.invest
    r = v.result
    rate = NONE if r.irr_per_month is None else f"{percent(r.irr_per_month)} a month"
    volume = v.break_even_requests_per_month
    even = NONE if volume is None else f"{count(volume)} requests a month"
    rows = [
        ("Put in now", money(facts.unit_cost.capital_usd), "training, labels, work"),
        ("Net present value", money(r.npv_usd), f"at {percent(v.discount_per_year)} a year"),
        ("Internal rate of return", rate, r.irr_note),
        ("Payback", _months(r.payback_months), "undiscounted"),
        ("Payback, discounted", _months(r.discounted_payback_months), ""),
        ("Break-even volume", even, "fixed costs, at the best price"),
    ]  # fmt: skip
    if v.customer is not None:
        c = v.customer
        ratio = NONE if c.ltv_over_cac is None else f"{c.ltv_over_cac:.2g} times its cost"
        rows.append(("A customer is worth", money(c.ltv_usd), f"{ratio}, after inference"))
    return Table(columns("Figure", ">Value", "Note"), tuple(rows))


def _months(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} months"


def plans(facts: EconomicsFacts) -> Table:
    """Return the price list, plan by plan."""
    found = facts.plans
    return Table(
        columns("~Plan", ">Customers", ">Revenue a month", ">Margin a month", ">Margin", ">Losing"),
        tuple(
            (clean(p.name), figure(p.customers), money(p.revenue_usd_per_month),
             money(p.margin_usd_per_month), NONE if p.margin is None else percent(p.margin),
             percent(p.losing))
            for p in (found.result.plans if found else ())
        ),
        "No price list in the scenario: [[plan]] tables and [usage].",
    )  # fmt: skip
