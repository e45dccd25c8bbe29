"""Where is it wrong, and which classes are weakest? From the evaluation alone."""

from __future__ import annotations

from collections import Counter

from undercut.measures.record import ClassScore, Evaluation
from undercut.pipeline.report.figures.figure import Figure, Table, columns
from undercut.pipeline.report.format import number, one_line, percent, plural
from undercut.pipeline.report.svg.bars import Bar, bars
from undercut.pipeline.report.svg.heatmap import heatmap
from undercut.pipeline.report.svg.shapes import Drawing

CONFUSED = "Which classes does it take for each other?"
WEAKEST = "Which classes does it miss most often?"
MOST = 15
LISTED = 50  # confusions an evaluation keeps


def _head(ev: Evaluation) -> str:
    """Return the heading of a column that counts: ``Rows``, ``Entities``."""
    return ev.thing_names.capitalize()


def _all(ev: Evaluation) -> str:
    n = ev.things if ev.things is not None else ev.rows
    return plural(n, ev.thing_name, ev.thing_names)


def most_confused(ev: Evaluation, at_most: int = MOST) -> list[str]:
    """Return the classes with most confusions, given and answered, in the order of the labels."""
    mixed: Counter[str] = Counter()
    for c in ev.confusions:
        mixed[c.target] += c.count
        mixed[c.answer] += c.count
    ranked = sorted(mixed, key=lambda label: (-mixed[label], label))[:at_most]
    order = {c.label: i for i, c in enumerate(ev.classes)}
    return sorted(ranked, key=lambda label: (order.get(label, len(order)), label))


def confusion(ev: Evaluation) -> Figure:
    """Return the heat-map of the most confused classes, at most 15."""
    table = Table(
        columns("~Labelled", "~Answered", f">{_head(ev)}"),
        tuple((one_line(c.target), one_line(c.answer), number(c.count)) for c in ev.confusions),
        f"No {ev.thing_name} was answered wrongly.",
    )
    chosen = most_confused(ev)
    if not chosen:
        answer = f"No {ev.thing_name} of {_all(ev)} was answered wrongly: nothing to draw."
        return Figure("confusion", CONFUSED, answer, None, table)
    top = ev.confusions[0]
    answer = (
        f"Most often “{one_line(top.target)}” is answered as “{one_line(top.answer)}”: "
        f"{plural(top.count, ev.thing_name, ev.thing_names)} of {number(ev.things or ev.rows)}."
    )
    note = "Numbers along the top are those of the rows. Grey: answered rightly."
    if len(chosen) < len(ev.classes):
        note = f"The {len(chosen)} most confused of {len(ev.classes)} classes. {note}"
    if len(ev.confusions) >= LISTED:
        note += f" Only the {LISTED} most frequent confusions are counted."
    at = {(c.target, c.answer): c.count for c in ev.confusions}
    right = {c.label: round(c.recall * c.support) for c in ev.classes}
    counts = [[right.get(t, 0) if t == a else at.get((t, a), 0) for a in chosen] for t in chosen]
    names = [one_line(label) for label in chosen]
    return Figure("confusion", CONFUSED, answer, lambda w: heatmap(names, counts, w), table, note)


def weakest(ev: Evaluation) -> Figure:
    """Return recall with its interval of the classes with lowest recall, at most 15."""
    seen = [c for c in ev.classes if c.support]
    ranked = sorted(seen, key=lambda c: (c.recall, -c.support, c.label))[:MOST]
    table = Table(
        columns("~Class", ">Recall", ">95 % interval", f">{_head(ev)}"),
        tuple(
            (
                one_line(c.label), percent(c.recall),
                f"{100 * c.recall_low:.1f}–{100 * c.recall_high:.1f}", number(c.support),
            )
            for c in ranked
        ),
        "No class has rows to score.",
    )  # fmt: skip
    if not ranked:
        return Figure("weakest", WEAKEST, "No class has rows to score.", None, table)
    worst = ranked[0]
    answer = (
        f"“{one_line(worst.label)}”: {percent(worst.recall)} of its "
        f"{plural(worst.support, ev.thing_name, ev.thing_names)} found "
        f"({100 * worst.recall_low:.0f}–{100 * worst.recall_high:.0f} at 95 %)."
    )
    if worst.recall == 1:
        answer = (
            f"None: every {ev.thing_name} of all {plural(len(seen), 'class', 'classes')} was found."
        )
    note = f"Lowest recall first, {len(ranked)} of {len(seen)} classes; lines are 95 % intervals."

    def draw(width: float) -> Drawing:
        return bars([_bar(c) for c in ranked], 1.0, width, "Recall, from 0 to 100 %")

    return Figure("weakest", WEAKEST, answer, draw, table, note)


def _bar(c: ClassScore) -> Bar:
    written = f"{percent(c.recall)} of {number(c.support)}"
    return Bar(one_line(c.label), c.recall, written, low=c.recall_low, high=c.recall_high)
