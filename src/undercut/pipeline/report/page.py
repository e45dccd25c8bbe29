"""The report: one HTML page with no outside resource, its charts inline and as PNG beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report import tables
from undercut.pipeline.report.figures.all import figures
from undercut.pipeline.report.figures.figure import Figure
from undercut.pipeline.report.format import clean, number, one_line, percent, plural
from undercut.pipeline.report.keys import key_figures, verdicts
from undercut.pipeline.report.png import Plots, write_plots
from undercut.pipeline.report.svg.write import svg
from undercut.store.files import write_text

TEMPLATES = Path(__file__).parent / "templates"
WIDTHS = {"wide": 600.0, "narrow": 328.0}
FULL = 1120.0
FILE = "report.html"


def _quiet(_: str) -> None:
    """Say nothing."""


def write_report(facts: RunFacts, folder: Path | str, say: Callable[[str], None] = _quiet) -> Path:
    """Write ``report.html`` and ``plots/*.png`` into a folder.

    Args:
        facts: what the run found out.
        folder: made when it is not there.
        say: told one line when charts cannot be saved as PNG, or a font is missing.

    Returns:
        The path of the page. The same facts give the same bytes.
    """
    folder = Path(folder)
    drawn = figures(facts)
    plots = write_plots(drawn.values(), folder)
    for note in plots.notes:
        say(note)
    path = folder / FILE
    write_text(path, page(facts, drawn, plots))
    return path


def page(facts: RunFacts, drawn: dict[str, Figure], plots: Plots) -> str:
    """Return the page as HTML; everything from the facts is escaped."""
    scored = facts.test or facts.valid
    context: dict[str, Any] = {
        "facts": facts,
        "scored": scored,
        "name": one_line(facts.data.name),
        "classes_count": plural(len(facts.data.labels), "class", "classes"),
        "verdict": verdicts(facts),
        "prompt": clean(facts.price.prompt),
        "keys": key_figures(facts),
        "figures": {name: with_svgs(f) for name, f in drawn.items()},
        "plots": plots,
        "tables": {
            "classes": tables.classes(scored),
            "units": tables.units(scored),
            "mistakes": tables.mistakes(scored),
            "variants": tables.variants(facts),
            "gates": tables.gates(facts),
            "paired": tables.paired(facts),
            "ladder": tables.ladder(facts),
            "rivals": tables.rivals(facts),
            "asked": tables.asked(facts),
            "floors": tables.floors(facts),
            "rates": tables.rates(facts),
            "class_counts": tables.class_counts(facts),
        },
    }
    return environment().get_template("page.html").render(context)


def with_svgs(f: Figure) -> dict[str, Any]:
    """Return a figure with its drawings at the widths of a page."""
    svgs = []
    if f.draw is not None:
        widths = {**WIDTHS, "full": FULL} if f.lead else WIDTHS
        for css_class, width in widths.items():
            text = svg(f.draw(width), f.question, f.answer, f"{f.name}-{css_class}", css_class)
            svgs.append(Markup(text))  # noqa: S704  (the writer escapes its texts)
    return {
        "name": f.name, "question": f.question, "answer": f.answer, "note": f.note,
        "table": f.table, "svgs": svgs, "lead": f.lead,
    }  # fmt: skip


@cache
def environment() -> Environment:
    """Return the templates of the pages; everything they are handed is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    environment.globals["css"] = Markup(css)  # noqa: S704
    environment.filters.update(clean=clean, number=number, percent=percent)
    return environment
