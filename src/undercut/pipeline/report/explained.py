"""The page of ``undercut explain --page``: words marked by their share, figures beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from undercut.pipeline.report.figures.figure import Table, columns
from undercut.pipeline.report.format import clean, number
from undercut.pipeline.report.page import environment
from undercut.store.files import write_text

if TYPE_CHECKING:
    from undercut.evaluation.explanation import Explanation
    from undercut.pipeline.explaining import Explained, TermFacts

MINUS = "\u2212"

MARKED = 0.15
"""Words whose share is at least this part of the largest carry a figure in the running text."""

SEEN = 0.005
"""A pull smaller than this would be written as 0.00, so no figure is written."""

FAINT = 0.05
"""Words below this part of the largest share are left unmarked; the table lists them all."""


def write_page(explained: Explained, path: Path) -> None:
    """Write the page, whole or not at all; everything from texts and labels is escaped."""
    write_text(path, page(explained))


def page(explained: Explained) -> str:
    """Return the page; everything from texts and labels is escaped."""
    return environment().get_template("explained.html").render(
        e=explained,
        pieces=[_pieces(one) for one in explained.explanations],
        words=[_words(one) for one in explained.explanations],
        terms={label: _terms(found) for label, found in explained.terms.items()},
    )  # fmt: skip


def _words(one: Explanation) -> Table:
    rows = [
        ("before any word", one.start, one.own_start),
        *((clean(w.text), w.pull, w.own) for w in one.words),
        *((b.name, b.pull, b.own) for b in one.beside),
        ("not explained", one.gap, one.own_gap),
    ]
    said = [(name, f"{pull:+.3f}", f"{own:+.3f}") for name, pull, own in rows]
    return Table(
        columns("~Word", ">For the answer, against the other", ">In its own score"),
        (*said, ("log-odds", f"{one.log_odds:+.3f}", "")),
        strong=len(said),
    )


def _terms(found: list[TermFacts]) -> Table:
    return Table(
        columns("~Term", "Kind", ">Pull", ">Texts"),
        tuple((clean(t.term), t.kind, f"{t.pull:+.2f}", number(t.rows)) for t in found),
        "No term pulls towards this label.",
    )


def _pieces(one: Explanation) -> list[dict[str, Any]]:
    """Cut a text into words with their strength and the stretches between them."""
    largest = max((abs(w.pull) for w in one.words), default=0.0) or 1.0
    pieces, last = [], 0
    for word in one.words:
        if word.begin > last:
            pieces.append({"text": clean(one.text[last : word.begin]), "kind": ""})
        share = word.pull / largest
        pieces.append(
            {
                "text": clean(word.text),
                "kind": "" if abs(share) < FAINT else "for" if share > 0 else "against",
                "strength": f"{abs(share):.2f}",
                "figure": _figure(word.pull) if abs(share) >= MARKED else "",
            }
        )
        last = word.end
    return [*pieces, {"text": clean(one.text[last:]), "kind": ""}]


def _figure(pull: float) -> str:
    return f"{pull:+.2f}".replace("-", MINUS) if abs(pull) >= SEEN else ""
