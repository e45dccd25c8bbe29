"""The report of a cascade: ``cascade.json``, one HTML page, and its chart as PNG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import undercut
from undercut.economics.money import figure as written
from undercut.pipeline.cascade.facts import CascadeFacts, TierFacts
from undercut.pipeline.cascade.figure import figure
from undercut.pipeline.report.figures.figure import Table, columns
from undercut.pipeline.report.format import (
    clean,
    interval,
    money,
    number,
    one_line,
    percent,
    plural,
    unit_price,
)
from undercut.pipeline.report.page import environment, with_svgs
from undercut.pipeline.report.png import write_plots
from undercut.store.files import write_json, write_text

FACTS, PAGE = "cascade.json", "report.html"


def write_page(facts: CascadeFacts, folder: Path, say: Callable[[str], None]) -> CascadeFacts:
    """Write JSON, page and chart into a folder; return the facts with their places.

    Args:
        facts: what was found out.
        folder: of the cascade.
        say: told one line when the chart cannot be saved as PNG.
    """
    drawn = figure(facts)
    plots = write_plots([drawn], folder)
    for note in plots.notes:
        say(note)
    done = facts.model_copy(
        update={
            "report": str(folder / PAGE),
            "plots": [str(folder / f) for f in plots.files],
        }
    )
    write_text(folder / PAGE, page(done))
    write_json(folder / FACTS, done.model_dump(mode="json"))
    return done


def page(facts: CascadeFacts) -> str:
    """Return the page; everything from the data is escaped."""
    return environment().get_template("cascade.html").render(
        c=facts,
        name=one_line(facts.name),
        undercut=undercut.__version__,
        verdict=facts.verdict,
        keys=_keys(facts),
        figure=with_svgs(figure(facts)),
        tiers=tier_table(facts),
        rules=rule_table(facts),
        cache_said=cache_text(facts),
        test_said=test_text(facts),
        fair_said=fair_text(facts),
        notes=[clean(n) for n in facts.notes],
    )  # fmt: skip


def _keys(c: CascadeFacts) -> list[dict[str, str]]:
    best = c.test_accuracy or c.accuracy
    where = c.test_split if c.test_accuracy else c.split
    first = next((t for t in c.tiers if not t.fixed), c.tiers[0])
    passed = 1 - sum(t.answered for t in c.tiers[: c.tiers.index(first) + 1])
    return [
        {"name": "Accuracy", "value": percent(best.value), "detail": f"{interval(best)}, {where}"},
        {
            "name": "USD per 1,000",
            "value": money(c.usd_per_1k),
            "detail": f"end to end; {unit_price(c.usd_per_1k)}",
        },
        {
            "name": "Texts a second",
            "value": number(c.texts_per_second),
            "detail": f"raw text to label, {plural(c.threads, 'thread')}",
        },
        {"name": "Passed on", "value": percent(passed), "detail": f"by {one_line(first.name)}"},
    ]


def tier_table(c: CascadeFacts) -> Table:
    """Return one row a tier, and the cascade."""
    rows = [
        (
            one_line(t.name),
            ""
            if t.threshold is None
            else "all it knows"
            if t.threshold == 0
            else f"{t.threshold:.3f}",
            percent(t.reached),
            percent(t.answered),
            interval(t.accuracy),
            "" if t.test_accuracy is None else interval(t.test_accuracy),
            "" if t.texts_per_second is None else number(t.texts_per_second),
            money(t.usd_per_1k),
        )
        for t in c.tiers
    ]
    whole = (
        "the cascade", "", "", "", interval(c.accuracy),
        "" if c.test_accuracy is None else interval(c.test_accuracy),
        number(c.texts_per_second), money(c.usd_per_1k),
    )  # fmt: skip
    return Table(
        columns("~Tier", ">Sure from", ">Reached by", ">Answers", ">Alone, rows chosen on",
                ">Alone, test", ">Texts a second", ">USD per 1,000"),
        (*rows, whole),
        strong=len(rows),
    )  # fmt: skip


def _sure(t: TierFacts) -> str:
    if t.threshold is None:
        return ""
    return "all it knows" if t.fixed else "never" if t.threshold > 1 else f"{t.threshold:.3f}"


def rule_table(c: CascadeFacts) -> Table:
    """Return one row a rule, those let in and those not, with their figures."""
    return Table(
        columns("~Pattern", "Kind", "~Label", ">Rows", ">Right", "Let in", "*Why", "~Where"),
        tuple(
            (
                clean(r.pattern), r.kind, clean(r.label), number(r.rows), number(r.right),
                "yes" if r.let_in else "no", r.reason, clean(r.where),
            )
            for r in c.rules
        ),
    )  # fmt: skip


def cache_text(c: CascadeFacts) -> str:
    """Return what the caches did on the stream, in a sentence."""
    if c.cache is None:
        return ""
    k = c.cache
    return (
        f"Of {number(k.texts)} texts in their order {number(k.escalated)} were passed on by the "
        f"first tier; the cache answered {percent(k.hit_share)} of them ({number(k.hits)} exact, "
        f"{number(k.near_hits)} near). {number(k.differ)} answers differ from those without a "
        f"cache. {number(k.texts_per_second)} texts a second with it, "
        f"{number(k.texts_per_second_without)} without."
    )


def test_text(c: CascadeFacts) -> str:
    """Return the paired comparison with the last tier on the test rows."""
    t = c.test_versus_last
    if t is None:
        return ""
    return (
        f"{c.test_split}: {100 * t.difference:+.2f} points against {one_line(c.tiers[-1].name)} "
        f"alone (95 % interval {100 * t.low:+.2f} to {100 * t.high:+.2f}, p {t.p_value:.3f}; only "
        f"it right {t.only_a:,}, only the cascade {t.only_b:,})"
    )


def fair_text(c: CascadeFacts) -> str:
    """Return how far the rows chosen on flatter the choice."""
    if c.cross_fitted_accuracy is None or c.optimism is None:
        return "too few rows to judge the choice on rows it was not made on"
    return (
        f"{percent(c.cross_fitted_accuracy)} on rows it was not made on (cross-fitted), "
        f"{100 * c.optimism:+.2f} points of optimism; {written(c.rows)} rows"
    )
