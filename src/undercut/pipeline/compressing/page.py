"""The search as one HTML page with no outside resource, its charts inline and as PNG beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import undercut
from undercut.pipeline.compressing.pareto import answer, figures, table
from undercut.pipeline.compressing.record import CompressFacts
from undercut.pipeline.report.format import clean, money, number, one_line, percent, points
from undercut.pipeline.report.page import environment, with_svgs
from undercut.pipeline.report.png import write_plots
from undercut.store.files import write_text

PAGE = "compressed.html"


def write_page(facts: CompressFacts, folder: Path, say: Callable[[str], None]) -> CompressFacts:
    """Write the page and the plots into a folder; return the facts with their paths."""
    drawn = figures(facts)
    plots = write_plots(drawn, folder)
    for note in plots.notes:
        say(note)
    plot = next((str(folder / f) for f in plots.files if facts.optimise in f), "")
    done = facts.model_copy(update={"page": str(folder / PAGE), "plot": plot})
    chosen = done.form(done.chosen)
    assert chosen.measured is not None and chosen.quality is not None
    keys = [
        _key("Chosen", one_line(chosen.name), chosen.measured.backend),
        _key(done.quality_name.capitalize(), percent(chosen.quality.value),
             f"reference {percent(done.forms[0].quality.value)}" if done.forms[0].quality else ""),
        _key("Cheaper", f"{done.times_cheaper:.1f} times" if done.times_cheaper else "not priced",
             f"{chosen.measured.texts_per_second:,.0f} texts a second"),
        _key("Search", money(done.usd), f"{number(done.cpu_seconds)} CPU-seconds"),
    ]  # fmt: skip
    document = environment().get_template("compressed.html").render(
        name=one_line(Path(done.artefact).name),
        undercut=undercut.__version__,
        verdict=answer(done),
        keys=keys,
        next=clean(f"undercut serve {done.out or done.artefact}"),
        notes=done.notes,
        drop=points(done.max_drop)[1:],
        rows=number(done.rows),
        processor=clean(f"{done.processor}: {', '.join(done.instructions)}"),
        figures=[with_svgs(f) for f in drawn],
        table=table(done),
    )  # fmt: skip
    write_text(folder / PAGE, document)
    return done


def _key(name: str, value: str, detail: str) -> dict[str, str]:
    return {"name": name, "value": value, "detail": detail}
