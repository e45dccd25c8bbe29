"""The page of ``undercut explain --page``: words marked by their share, figures beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from undercut.pipeline.report.page import TEMPLATES, environment
from undercut.store.files import write_text

if TYPE_CHECKING:
    from undercut.evaluation.explanation import Explanation
    from undercut.pipeline.explaining import Explained

MARKED = 0.15
"""Words whose share is at least this part of the largest carry a figure in the running text."""

FAINT = 0.05
"""Words below this part of the largest share are left unmarked; the table lists them all."""


def write_page(explained: Explained, path: Path) -> None:
    """Write the page, whole or not at all; everything from texts and labels is escaped."""
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    write_text(
        path,
        environment()
        .get_template("explained.html")
        .render(
            e=explained,
            css=Markup(css),  # noqa: S704
            parts=[_pieces(one) for one in explained.explanations],
        ),
    )


def _pieces(one: Explanation) -> list[dict[str, Any]]:
    """Cut a text into words with their strength and the stretches between them."""
    largest = max((abs(w.pull) for w in one.words), default=0.0) or 1.0
    pieces, last = [], 0
    for word in one.words:
        if word.begin > last:
            pieces.append({"text": one.text[last : word.begin], "kind": ""})
        share = word.pull / largest
        pieces.append(
            {
                "text": word.text,
                "kind": "" if abs(share) < FAINT else "for" if share > 0 else "against",
                "strength": f"{abs(share):.2f}",
                "figure": f"{word.pull:+.2f}" if abs(share) >= MARKED else "",
            }
        )
        last = word.end
    return [*pieces, {"text": one.text[last:], "kind": ""}]
