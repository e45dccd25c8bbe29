"""What did the search find for its money, and which options mattered?"""

from __future__ import annotations

from itertools import accumulate

from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import (
    NONE,
    clean,
    money,
    money_tick,
    number,
    percent,
    plural,
    points,
    whole_percent,
)
from undercut.pipeline.report.keys import p_value
from undercut.pipeline.report.svg.axes import Axis, around
from undercut.pipeline.report.svg.bars import Bar, bars
from undercut.pipeline.report.svg.lines import Series, Threshold, lines
from undercut.pipeline.report.svg.shapes import Drawing
from undercut.pipeline.tuning.record import COMPLETE, SearchFacts, TrialFacts, settings

FOUND = "What did the search find for its money?"
MATTERED = "Which options mattered?"
NO_SEARCH = "No search was made. To make one: undercut tune FILE --budget-usd 0.20"


def climbs(search: SearchFacts) -> list[TrialFacts]:
    """Return the trials that were better than all before them."""
    found: list[TrialFacts] = []
    for t in search.trials:
        better = not found or (t.quality or 0) > (found[-1].quality or 0)
        if t.state == COMPLETE and better:
            found.append(t)
    return found


def answer(search: SearchFacts, quality_name: str) -> str:
    """Return what a search found, in a sentence."""
    best, default = search.trial(search.best), search.trial(search.default)
    head = (
        f"{best.method} ({settings(best.options)}) reaches {percent(best.quality or 0)} "
        f"{quality_name} on validation, found for {money(search.usd)} in "
        f"{plural(len(search.trials), 'trial')}"
    )
    test = search.versus_default
    if test is None:
        return f"{head}; nothing tried was better than the defaults."
    sure = "" if test.better else ", which may be chance"
    return (
        f"{head}: {points(test.difference)} over the defaults of {default.method} "
        f"(p {p_value(test)}{sure}); chosen on the same rows, so it flatters."
    )


def search_curve(facts: RunFacts) -> Figure:
    """Return the best validation quality so far against USD, with the defaults."""
    search = facts.search
    if search is None:
        return Figure("search", FOUND, NO_SEARCH, None, Table(columns(">Trial"), (), NO_SEARCH))
    table = Table(
        columns(">Trial", "Method", "*Options", "State", f">Validation {facts.quality_name}",
                ">CPU-seconds", ">USD", ">USD so far", "*Why"),
        tuple(
            (
                number(t.number), t.method, clean(settings(t.options)), t.state,
                NONE if t.quality is None else percent(t.quality), f"{t.cpu_seconds:.1f}",
                money(t.usd), money(t.usd_so_far), clean(t.reason),
            )
            for t in search.trials
        ),
        strong=next(i for i, t in enumerate(search.trials) if t.number == search.best),
    )  # fmt: skip
    done = [t for t in search.trials if t.state == COMPLETE]
    qualities = [t.quality or 0.0 for t in done]
    default = search.trial(search.default).quality or 0.0
    best = list(accumulate(qualities, max))
    spent = max(search.usd, done[-1].usd_so_far, 1e-9)
    # A step where the trial ended: money was spent before anything better was known.
    xs = [*[x for t in done for x in (t.usd_so_far, t.usd_so_far)][1:], spent]
    ys = [y for y in best for _ in (0, 1)]
    bottom = min(best[0], default)
    shown = [t for t in done if (t.quality or 0.0) >= bottom - 0.5 * (best[-1] - bottom) - 0.005]
    low, high = around([*(t.quality or 0.0 for t in shown), default], 0.0, 1.0)

    def draw(width: float) -> Drawing:
        return lines(
            [Series(xs, ys, "best so far"), *_dots(shown, search.best)],
            Axis("USD spent by the search", 0.0, spent * 1.02, write=money_tick),
            Axis(f"Validation {facts.quality_name}", low, high, write=whole_percent),
            width,
            [Threshold(f"{percent(default)}: best of the defaults", y=default)],
        )

    hidden = len(done) - len(shown)
    note = (
        f"{search.sampler}. Points are complete trials; money counts pruned, failed and killed "
        f"ones too. The quality axis starts at {whole_percent(low)}"
        + (f"; {plural(hidden, 'trial')} below it not drawn" if hidden else "")
        + f". Ended: {search.stopped}."
    )
    return Figure(
        "search", FOUND, answer(search, facts.quality_name), draw, table, clean(note), lead=True
    )


def _dots(done: list[TrialFacts], best: int) -> list[Series]:
    """Return each trial as a series of one point: the best in our colour."""
    return [
        Series(
            [t.usd_so_far], [t.quality or 0],
            colour="accent" if t.number == best else "grey", marks=True,
        )
        for t in done
    ]  # fmt: skip


def importance(facts: RunFacts) -> Figure:
    """Return the bars of each option's share in the variance of quality, a method at a time."""
    search = facts.search
    shares = search.importances if search else {}
    rows = [
        (f"{method}: {name}", share)
        for method, table in shares.items()
        for name, share in sorted(table.items(), key=lambda kv: -kv[1])
    ]
    table = Table(
        columns("Option", ">Share of the variance of quality"),
        tuple((name, percent(share)) for name, share in rows),
        NO_SEARCH if search is None else "No method had trials enough to tell.",
    )
    if not rows:
        return Figure("importance", MATTERED, table.empty, None, table)
    tops = "; ".join(
        f"in {m}, {max(t, key=lambda n: t[n])} ({percent(max(t.values()))})"
        for m, t in shares.items()
    )
    note = (
        "Functional ANOVA over each method's own complete trials, within the ranges searched; "
        "from few trials it is a hint, not a measurement."
    )

    def draw(width: float) -> Drawing:
        items = [Bar(name, share, percent(share)) for name, share in rows]
        return bars(items, max(share for _, share in rows), width, "Share of the variance")

    return Figure("importance", MATTERED, f"Most of all {tops}.", draw, table, note)
