"""Measured rivals in a run's facts: kept while the model stays, named wherever they are priced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from undercut.economics.market import UNMEASURED
from undercut.economics.money import percent
from undercut.pipeline.facts import PriceFacts, RivalFacts, RivalPrice, RunFacts


def with_rival(facts: RunFacts, rival: RivalFacts) -> RunFacts:
    """Return the facts with a measured rival; an older one of the same request is replaced."""

    def name(r: RivalFacts) -> tuple[str, ...]:
        return r.base_url, r.model, r.prompt, r.split

    found = [*(r for r in facts.rivals_measured if name(r) != name(rival)), rival]
    return facts.model_copy(
        update={"rivals_measured": found, "price": mark_measured(facts.price, found)}
    )


def mark_measured(price: PriceFacts, measured: Sequence[RivalFacts]) -> PriceFacts:
    """Return the prices with the accuracy of rivals that were asked, and how it was measured."""
    latest = {(r.provider, r.model): r for r in measured}
    return price.model_copy(
        update={"rivals": [_marked(p, latest.get((p.provider, p.model))) for p in price.rivals]}
    )


def _marked(price: RivalPrice, measured: RivalFacts | None) -> RivalPrice:
    if measured is None:
        return price
    words = (
        f"{percent(measured.accuracy.value)} {measured.quality_name} on {measured.rows:,} rows "
        f"({measured.split}, {measured.prompt}, asked {measured.asked_at})"
    )
    rest = price.note.split("; ")[1:] if price.accuracy else price.note.split("; ")
    note = "; ".join([words, *(part for part in rest if part and part != UNMEASURED)])
    return price.model_copy(update={"note": note, "accuracy": measured.accuracy})


def keep_measured(facts: RunFacts, path: Path) -> RunFacts:
    """Return new facts of a run with the rivals measured before, if they met the same model.

    Args:
        facts: the new ones.
        path: where the old ones lie, if there are any.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("id") != facts.id:
            return facts
        found = [RivalFacts.model_validate(r) for r in document.get("rivals_measured", [])]
    except (OSError, ValueError, AttributeError):
        return facts
    return facts.model_copy(
        update={"rivals_measured": found, "price": mark_measured(facts.price, found)}
    )
