"""The answer in words: what matters first, and plainly when the truth is not what one hopes for."""

from __future__ import annotations

from undercut.economics.money import count, months, percent, usd
from undercut.pipeline.scenario.facts import Box, Pricing, UnitCost, WarFacts
from undercut.pipeline.scenario.inputs import Inputs

USE_API = "use-api"
NO_PRICE = "no-price"
UNPROFITABLE = "unprofitable"
CHARGE = "charge"
SURE = 0.9995
"""Chance from which on it would be printed as 100 %, which nothing is."""


def kind_of(p: Pricing, b: Box) -> str:
    """Return which of the four answers it is; the worst news decides."""
    if p.best_usd_per_1k is None or (p.profit_usd_per_month or 0.0) < 0:
        return NO_PRICE
    if not p.viable:
        return UNPROFITABLE
    return USE_API if b.cheaper == "api" else CHARGE


def verdict(i: Inputs, u: UnitCost, p: Pricing, b: Box, w: WarFacts) -> list[str]:
    """Return the sentences, the decisive one first."""
    kind = kind_of(p, b)
    said = []
    if kind == NO_PRICE:
        said.append(_no_price(p))
    if kind == UNPROFITABLE:
        said.append(_unprofitable(p))
    if b.cheaper == "api":
        said.append(_api(i, b))
    said.append(_charge(p, u, kind))
    if b.cheaper != "api":
        said.append(_own(i, b))
    said.append(_alive(w))
    said.append(_decisive(i, p))
    return said


def _no_price(p: Pricing) -> str:
    if p.best_usd_per_1k is None or p.profit_usd_per_month is None:
        return "No price saves this: nobody buys at a price above what a request costs."
    lasts = (
        f"; the cash lasts {months(p.floors.runway_months)}"
        if p.floors.runway_months is not None
        else ""
    )
    return (
        f"No price saves this: even at the best one, {p.scale.price(p.best_usd_per_1k)}, "
        f"{usd(-p.profit_usd_per_month)} a month are lost{lasts}."
    )


def _unprofitable(p: Pricing) -> str:
    assert p.best_usd_per_1k is not None and p.floors.full_cost_usd_per_1k is not None
    return (
        "No price earns the money back: the full cost of "
        f"{p.scale.price(p.floors.full_cost_usd_per_1k)} is above the best price of "
        f"{p.scale.price(p.best_usd_per_1k)}."
    )


def _api(i: Inputs, b: Box) -> str:
    volume = count(i["company.requests_per_month"])
    said = f"Use the API: at {volume} requests a month {b.rival} costs "
    said += f"{usd(b.money.api_usd_per_month)} and your own box {usd(b.money.own_usd_per_month)}"
    if b.money.cheaper != "api":
        fewer = usd(
            abs(b.api_usd_per_1k - b.api_even_usd_per_1k) * i["company.requests_per_month"] / 1000
        )
        said += f", but it makes errors fewer by {fewer} a month"
    even = b.break_even.requests_per_month
    if even is None:
        return f"{said}; no volume changes that."
    per = count(even)
    second = b.break_even.requests_per_second or 0.0
    return f"{said}. Your own box wins above {per} a month ({second:.3g} a second)."


def _own(i: Inputs, b: Box) -> str:
    volume = count(i["company.requests_per_month"])
    bills = f"{usd(b.money.own_usd_per_month)} against {usd(b.money.api_usd_per_month)}"
    said = f"At {volume} requests a month serve on your own box: {bills} for {b.rival}"
    if b.money.cheaper == "api":
        saved = usd(
            (b.api_even_usd_per_1k - b.api_usd_per_1k) * i["company.requests_per_month"] / 1000
        )
        return f"{said}, which makes errors worth {saved} a month more."
    return f"{said}."


def _charge(p: Pricing, u: UnitCost, kind: str) -> str:
    below = f"below {p.scale.price(u.variable_usd_per_1k)} you lose cash on every call"
    if p.best_usd_per_1k is None:
        return f"{below[0].upper()}{below[1:]}."
    share = f", which {percent(p.share)} of the market would pay" if p.share is not None else ""
    if kind in (NO_PRICE, UNPROFITABLE):
        best = p.scale.price(p.best_usd_per_1k)
        return f"The price that loses least is {best}{share}; {below}."
    return f"You can charge {p.scale.price(p.best_usd_per_1k)}{share}; {below}."


def _alive(w: WarFacts) -> str:
    chance = percent(w.alive) if w.alive < SURE else "over 99.9 %"
    said = f"Chance of being alive in {months(w.months)}: {chance}"
    if w.runway_ratio is not None:
        said += f"; your cash lasts {w.runway_ratio:.2g} times as long as the weakest rival's"
    return f"{said}."


def _decisive(i: Inputs, p: Pricing) -> str:
    if "logit" not in p.demand or p.alpha_per_usd_per_1k is None:
        return f"All of it rests on the assumed {p.demand} demand, which knows no rivals."
    known = i.items.get("buyers.alpha_per_usd_per_1k")
    why = "an assumption until sales say otherwise"
    if known is not None and not known.assumed:
        why = known.source
    said = (
        f"All of it rests on alpha = {p.alpha_per_usd_per_1k:.3g}, how much buyers mind a dearer "
        f"price: {why}"
    )
    ends = [
        f"{o.alpha_per_usd_per_1k:.3g} the best price would be {p.scale.price(o.best_usd_per_1k)}"
        for o in p.other_alphas
    ]
    if ends:
        said += f". Were it {', were it '.join(ends)}"
    return f"{said}."
