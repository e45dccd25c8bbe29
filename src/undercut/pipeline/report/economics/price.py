"""Profit against price: the floors, the best price, parity with the rivals, the rivals' prices."""

from __future__ import annotations

from undercut.economics.money import count
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import capital, money, money_tick, one_line, percent
from undercut.pipeline.report.svg.axes import Axis, steps
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing
from undercut.pipeline.scenario.facts import EconomicsFacts

PROFIT = "What do I earn at which price?"
WIDE = 12.0
"""Highest price over the lowest from which the price axis is logarithmic."""


def profit(facts: EconomicsFacts) -> Figure:
    """Return profit against price."""
    p = facts.pricing
    scale = p.scale
    xs, ys = [g.usd_per_1k * scale.factor for g in p.grid], [g.profit_usd_per_month for g in p.grid]
    stride = max(1, len(p.grid) // 40)
    rows = p.grid[::stride]
    table = Table(
        columns(f">USD per {scale.requests}", ">Share", ">USD a month"),
        tuple(
            (scale.amount(g.usd_per_1k), percent(g.share), money(g.profit_usd_per_month))
            for g in rows
        ),
    )
    log = xs[-1] > WIDE * xs[0]
    label = f"Price, USD per {scale.requests}" + (" (log scale)" if log else "")
    x = Axis(label, xs[0], xs[-1], log=log, write=money_tick)
    low, high = min(ys), max(ys)
    # Deep losses at give-away prices would flatten the part that matters.
    low = max(low, -2.0 * max(abs(high), facts.unit_cost.fixed_usd_per_month, 1.0))
    pad = 0.08 * ((high - low) or 1.0)
    ends = (low - pad, max(high, 0.0) + pad)
    marks = [
        Threshold(label, x=at * scale.factor) for label, at in _marks(facts)
        if xs[0] <= at * scale.factor <= xs[-1]
    ]  # fmt: skip

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series([xs[0], xs[-1]], [0.0, 0.0], "", colour="grey", dash=True),
                Series(xs, [max(v, low) for v in ys], "your profit"),
            ],
            x,
            Axis("USD a month after fixed costs", *ends, write=money_tick,
                 ticks=tuple(steps(*ends, 6))),
            width,
            marks,
        )  # fmt: skip

    note = (
        f"{capital(p.demand)} demand"
        + (f", alpha {p.alpha_per_usd_per_1k:.3g} per USD per 1,000 requests" if
           p.alpha_per_usd_per_1k else "")
        + ": an assumption, and the decisive one. Parity is the price at which a buyer does not "
        "care whether it is you or that rival, errors and waiting counted."
        + ("" if p.capacity_1k_per_month is None else
           f" Sold out at {count(1000 * p.capacity_1k_per_month)} requests a month.")
    )  # fmt: skip
    return Figure("profit", PROFIT, _answer(facts), draw, table, note, lead=True,
                  trace=tuple(x.at(g.usd_per_1k * scale.factor) for g in rows))  # fmt: skip


def _marks(facts: EconomicsFacts) -> list[tuple[str, float]]:
    p = facts.pricing
    f = p.floors
    found = [
        ("below: cash lost on every call", f.shutdown_usd_per_1k),
        ("full cost", f.full_cost_usd_per_1k),
        ("cash lasts from", f.cash_low_usd_per_1k),
        ("cash lasts to", f.cash_high_usd_per_1k),
        ("best", p.best_usd_per_1k),
        ("sold out below", p.sold_out_usd_per_1k if p.capacity_worth_usd_per_1k <= 0 else None),
    ]
    best = max(p.parity, key=lambda q: -q.parity_usd_per_1k, default=None)
    if best is not None:
        found.append((f"parity with {one_line(best.rival)}", best.parity_usd_per_1k))
    found += [(one_line(r.name), r.usd_per_1k) for r in facts.inputs.rivals[:5]]
    return [(label, at) for label, at in found if at is not None and at > 0]


def _answer(facts: EconomicsFacts) -> str:
    p = facts.pricing
    if p.best_usd_per_1k is None or p.profit_usd_per_month is None:
        return "Nothing: nobody buys at a price above cost."
    at = p.scale.price(p.best_usd_per_1k)
    if p.profit_usd_per_month < 0:
        lost = money(-p.profit_usd_per_month)
        return f"Nothing: even at the best price, {at}, {lost} a month are lost."
    return f"Most at {at}: {money(p.profit_usd_per_month)} a month after fixed costs."
