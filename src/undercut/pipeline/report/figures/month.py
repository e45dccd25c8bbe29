"""Where does a month's money go, and from which volume on is an own box cheaper than an API?"""

from __future__ import annotations

from undercut.economics.breakeven import compare
from undercut.economics.records import Own
from undercut.pipeline.facts import PriceFacts, RivalPrice, RunFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import count, money, money_tick, number, one_line, percent
from undercut.pipeline.report.svg.axes import Axis
from undercut.pipeline.report.svg.bars import waterfall
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing

MONTH = "Where does a month's money go?"
CROSSING = "From which volume on is your own box cheaper?"
NO_VOLUME = "Not worked out: the volume is not known. Give --requests-per-month."
STEPS = 240
TABLE_EVERY = 24
CROSSED = columns(">Requests a month", ">Machines", ">Own box, USD", ">API, USD")


def month(facts: RunFacts) -> Figure:
    """Return the cost waterfall of a month."""
    price = facts.price
    parts = [(one_line(name), usd) for name, usd in price.waterfall.items()]
    total = sum(usd for _, usd in parts)
    table = Table(
        columns("Part", ">USD a month", ">Share"),
        tuple((n, money(usd), percent(usd / total) if total else "–") for n, usd in parts)
        + ((("Total", money(total), percent(1.0)),) if parts and total else ()),
        NO_VOLUME,
        strong=len(parts) if total else None,
    )
    if not parts or total <= 0:
        return Figure("month", MONTH, NO_VOLUME, None, table)
    largest = max(parts, key=lambda p: p[1])
    volume = price.requests_per_month
    at = f" at {count(volume)} requests a month" if volume else ""
    answer = (
        f"{money(total)} a month{at}; the largest part is {largest[0]} with "
        f"{percent(largest[1] / total)}."
    )

    def draw(width: float) -> Drawing:
        return waterfall(
            [(n, usd, money(usd)) for n, usd in parts], ("total", money(total)), width,
            "USD a month; each bar starts where the one above ended",
        )  # fmt: skip

    note = "Idle is what the reserved machine costs while it waits; one-off sums are spread out."
    return Figure("month", MONTH, answer, draw, table, note)


def cheapest(price: PriceFacts) -> RivalPrice | None:
    """Return the rival with the lowest price a request."""
    priced = [r for r in price.rivals if r.usd_per_1k > 0]
    return min(priced, key=lambda r: r.usd_per_1k, default=None)


def crossing(facts: RunFacts) -> Figure:
    """Return monthly cost against volume: reserved machines and the cheapest API, log-log."""
    price, rival = facts.price, cheapest(facts.price)
    if rival is None or price.capacity_per_month <= 0 or price.machine_usd_per_month <= 0:
        missing = "no rival has a price" if rival is None else "the machine has no price"
        return Figure("crossing", CROSSING, f"Not known: {missing}.", None, Table(CROSSED, ()))
    own = Own(
        machine_usd_per_month=price.machine_usd_per_month,
        capacity_per_month=price.capacity_per_month,
    )
    note = (
        f"Own box: the machine alone, paid for whether used or not, filled to at most "
        f"{percent(price.usable_share)}. The API at its price of {one_line(rival.priced_at)}, "
        f"{_accuracy(rival)}. Both scales logarithmic."
    )
    return crossed(
        own, rival.usd_per_1k, one_line(rival.model), price.usable_share,
        price.break_even_requests_per_month, price.requests_per_month, note,
    )  # fmt: skip


def crossed(
    own: Own,
    api_usd_per_1k: float,
    api: str,
    usable_share: float,
    even: float | None,
    volume: float | None,
    note: str,
) -> Figure:
    """Return the chart of own machines against an API by volume.

    Args:
        own: the machine.
        api_usd_per_1k: what the API costs.
        api: its name.
        usable_share: of a machine.
        even: break-even, requests a month; ``None``: there is none.
        volume: the user's own, requests a month.
        note: what the lines count.
    """
    low, high = _span(own, api_usd_per_1k, even, volume)
    x = Axis("Requests a month (log scale)", low, high, log=True, write=count)
    volumes = [low * (high / low) ** (i / STEPS) for i in range(STEPS + 1)]
    found = [compare(own, api_usd_per_1k, v, usable_share) for v in volumes]
    table = Table(
        CROSSED,
        tuple(
            (number(c.requests_per_month), number(c.machines), money(c.own_usd_per_month),
             money(c.api_usd_per_month))
            for c in found[::TABLE_EVERY]
        ),
    )  # fmt: skip
    costs = [c for f in found for c in (f.own_usd_per_month, f.api_usd_per_month)]
    marks = []
    if volume:
        marks.append(Threshold(f"your {count(volume)} a month", x=volume))
    if even and low < even < high:
        marks.append(Threshold(f"break-even {count(even)}", x=even))

    def draw(width: float) -> Drawing:
        return lines(
            [
                Series(volumes, [c.api_usd_per_month for c in found], api, colour="grey"),
                Series(volumes, [c.own_usd_per_month for c in found], "own box, reserved"),
            ],
            x,
            Axis("USD a month (log scale)", min(costs) / 1.5, max(costs) * 1.5, log=True,
                 write=money_tick),
            width,
            marks,
        )  # fmt: skip

    trace = tuple(x.at(v) for v in volumes[::TABLE_EVERY])
    return Figure("crossing", CROSSING, _answer(api, even, volume), draw, table, note, trace=trace)


def _accuracy(rival: RivalPrice) -> str:
    if rival.accuracy is None:
        return "accuracy not measured"
    return f"its accuracy {percent(rival.accuracy.value)} where it was asked"


def _span(
    own: Own, api_usd_per_1k: float, even: float | None, volume: float | None
) -> tuple[float, float]:
    middle = even or 1000 * own.machine_usd_per_month / api_usd_per_1k
    points = [middle, volume or middle]
    return 10 ** _floor10(min(points) / 15), 10 ** (_floor10(max(points) * 15) + 1)


def _floor10(value: float) -> int:
    return len(str(int(max(value, 1)))) - 1


def _answer(api: str, even: float | None, volume: float | None) -> str:
    if even is None:
        return f"From none: {api} costs less at every volume."
    text = f"Above {count(even)} requests a month; below that {api} costs less."
    if volume:
        text += f" Your {count(volume)} is {'above' if volume > even else 'below'} it."
    return text
