"""Share by month with its fan, and who is still alive."""

from __future__ import annotations

from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import one_line, percent, whole_percent
from undercut.pipeline.report.svg.axes import Axis
from undercut.pipeline.report.svg.lines import Series, lines
from undercut.pipeline.report.svg.shapes import Drawing
from undercut.pipeline.scenario.facts import EconomicsFacts, WarFacts
from undercut.pipeline.scenario.words import SURE

SHARE = "How much of the market is mine, month by month?"
ALIVE = "Who is still selling?"
SHOWN = 4


def _months(w: WarFacts) -> tuple[list[float], Axis]:
    return (
        [float(m) for m in range(1, w.months + 1)],
        Axis("Month", 1.0, float(max(w.months, 2)), write=lambda v: f"{v:.0f}"),
    )


def share(facts: EconomicsFacts) -> Figure:
    """Return the median share with its 90 % fan; rivals' medians beside it."""
    w = facts.war
    months, x = _months(w)
    ours = w.share[0]
    table = Table(
        columns(">Month", ">Low (5 %)", ">Median", ">High (95 %)"),
        tuple(
            (str(m + 1), percent(ours.low[m]), percent(ours.middle[m]), percent(ours.high[m]))
            for m in range(w.months)
        ),
    )
    top = max(max(ours.high), *(max(f.middle) for f in w.share[:SHOWN]))

    def draw(width: float) -> Drawing:
        others = [
            Series(months, f.middle, one_line(f.name), colour="grey") for f in w.share[1:SHOWN]
        ]
        mine = Series(months, ours.middle, "you, median", low=ours.low, high=ours.high)
        return lines([*others, mine], x,
                     Axis("Share of the market", 0.0, min(1.0, 1.1 * top + 1e-6),
                          write=whole_percent), width)  # fmt: skip

    answer = (
        f"In month {w.months} half of the futures leave you more than {percent(ours.middle[-1])}; "
        f"nine in ten lie between {percent(ours.low[-1])} and {percent(ours.high[-1])}."
    )
    policy = w.policy.replace("_", " ")
    note = f"{w.paths:,} futures, seed {w.seed}; your policy: {policy}. 0 after an exit."
    return Figure("share", SHARE, answer, draw if w.months > 1 else None, table, note,
                  trace=tuple(x.at(m) for m in months))  # fmt: skip


def survival(facts: EconomicsFacts) -> Figure:
    """Return the share of futures in which each firm still sells, by month."""
    w = facts.war
    months, x = _months(w)
    mortal = [k for k in range(1, len(w.names)) if min(w.survival[k]) < 1.0]
    table = Table(
        columns(">Month", *(f">{one_line(n)}" for n in w.names)),
        tuple((str(m + 1), *(percent(line[m]) for line in w.survival)) for m in range(w.months)),
    )

    def draw(width: float) -> Drawing:
        rest = [Series(months, w.survival[k], one_line(w.names[k]), colour="grey") for k in mortal]
        return lines([*rest, Series(months, w.survival[0], "you")], x,
                     Axis("Share of futures", 0.0, 1.02, write=whole_percent,
                          ticks=(0.0, 0.25, 0.5, 0.75, 1.0)), width)  # fmt: skip

    error = percent(2 * w.survival_error)
    chance = f"{percent(w.alive)} (± {error})" if w.alive < SURE else f"over {percent(0.999)}"
    answer = f"You are, after {w.months} months, in {chance} of the futures."
    steady = [one_line(w.names[k]) for k in range(1, len(w.names)) if k not in mortal]
    note = f"Not drawn, since they never leave: {', '.join(steady)}." if steady else ""
    return Figure("survival", ALIVE, answer, draw if w.months > 1 else None, table, note,
                  trace=tuple(x.at(m) for m in months))  # fmt: skip
