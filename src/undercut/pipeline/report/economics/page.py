"""The page of a scenario: the sentence, its figures, the eight pictures, the sources."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from markupsafe import Markup

from undercut.economics.money import months as months_text
from undercut.pipeline.report.economics import cost, decide, price, tables, war
from undercut.pipeline.report.figures.figure import Figure
from undercut.pipeline.report.format import money, percent
from undercut.pipeline.report.keys import Key
from undercut.pipeline.report.page import TEMPLATES, environment, with_svgs
from undercut.pipeline.report.png import Plots, write_plots
from undercut.pipeline.scenario.facts import EconomicsFacts
from undercut.store.files import write_text

FILE = "economics.html"


def _quiet(_: str) -> None:
    """Say nothing."""


def pictures(facts: EconomicsFacts) -> dict[str, Figure]:
    """Return the eight pictures, in the order they are read."""
    found = [
        price.profit(facts),
        cost.unit_cost(facts),
        cost.crossing(facts),
        cost.month(facts),
        war.share(facts),
        war.survival(facts),
        decide.labels(facts),
        decide.decides(facts),
    ]
    return {f.name: f for f in found}


def write_page(facts: EconomicsFacts, folder: Path, say: Callable[[str], None] = _quiet) -> Path:
    """Write ``economics.html`` and ``plots/*.png`` into a folder, made when absent.

    The same facts give the same bytes.
    """
    drawn = pictures(facts)
    folder.mkdir(parents=True, exist_ok=True)
    plots = write_plots(drawn.values(), folder)
    for note in plots.notes:
        say(note)
    path = folder / FILE
    write_text(path, page(facts, drawn, plots))
    return path


def page(facts: EconomicsFacts, drawn: dict[str, Figure], plots: Plots) -> str:
    """Return the page as HTML; everything from the scenario is escaped."""
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment().get_template("economics.html").render(
        facts=facts,
        verdict=facts.verdict,
        keys=key_figures(facts),
        figures={name: with_svgs(f) for name, f in drawn.items()},
        plots=plots,
        tables={
            "floors": tables.floors(facts),
            "rivals": tables.rivals(facts),
            "sources": tables.sources(facts),
            "invest": tables.invest(facts),
            "plans": tables.plans(facts),
        },
        script=Markup(script),  # noqa: S704  (our own file)
        digest=digest,
    )  # fmt: skip


@cache
def _script() -> str:
    return (TEMPLATES / "trace.js").read_text(encoding="utf-8")


def key_figures(facts: EconomicsFacts) -> list[Key]:
    """Return the six figures a founder asks for first."""
    u, p, w = facts.unit_cost, facts.pricing, facts.war
    best = "none" if p.best_usd_per_1k is None else p.scale.price(p.best_usd_per_1k)
    profit = (
        "none" if p.profit_usd_per_month is None else f"{money(p.profit_usd_per_month)} a month"
    )
    full = p.floors.full_cost_usd_per_1k
    assumed = len(facts.inputs.assumptions())
    return [
        Key("Best price", best, f"{p.demand} demand, assumed; rivals stand still"),
        Key("Profit at it", profit, "after fixed costs, before what the model cost once"),
        Key("Lowest price", p.scale.price(u.variable_usd_per_1k),
            "below it every call loses cash"),
        Key("Full cost", "not known" if full is None else p.scale.price(full),
            "with fixed costs and what the model cost once"),
        Key(f"Alive in {months_text(w.months)}", percent(w.alive),
            f"{w.paths:,} futures, {percent(w.ruined)} run out of cash"),
        Key("Numbers assumed", f"{assumed} of {len(facts.inputs.items)}",
            "the rest is measured or a dated price; see Sources"),
    ]  # fmt: skip
