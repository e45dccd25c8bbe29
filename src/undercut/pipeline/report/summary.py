"""The summary of a run on the terminal: verdict, evidence, what to do next; 80 columns."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from undercut.core.types import Metric
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.format import (
    capital,
    cpu_seconds,
    for_terminal,
    money,
    number,
    one_line,
    percent,
    plural,
)
from undercut.pipeline.report.keys import floor, rival, unit_costs, verdicts

WIDTH = 80
NAMES = 20
ADVICE = 2
NOTHING_DONE = "nothing changed; no work was done"


def summary(facts: RunFacts) -> Text:
    """Return what a founder reads in ten seconds, as lines of at most 80 columns.

    Only paths and commands may be longer: breaking them would spoil copying. Nothing in it is
    read as markup, whatever labels and file names hold.
    """
    made = Text()
    for line in wrap(_plain(verdicts(facts)), WIDTH):
        made.append(f"{line}\n", style="bold")
    made.append("\n")
    for name, lines in rows(facts):
        whole = name in ("Model", "Report", "Next")
        for i, line in enumerate(lines):
            pieces = [_plain(line)] if whole else wrap(_plain(line), WIDTH - NAMES)
            for j, piece in enumerate(pieces):
                first = name if i == j == 0 else ""
                made.append(first.ljust(NAMES), style="dim")
                made.append(f"{piece}\n", style="bold" if name == "Next" else "")
    made.right_crop(1)
    return made


def rows(facts: RunFacts) -> list[tuple[str, list[str]]]:
    """Return the named lines below the verdict, in reading order."""
    scored = facts.test or facts.valid
    split = f"on {plural(scored.rows, f'{scored.split} row')}"
    if facts.test is None:
        split += "; no test split, so it flatters"
    full, at_30 = unit_costs(facts)
    cost = f"{money(facts.cost_usd)} and {cpu_seconds(facts.cpu_seconds)} CPU-seconds"
    if not facts.did_work:
        cost += f", spent earlier; {NOTHING_DONE}"
    found = [
        (capital(facts.quality_name), [f"{_interval(scored.quality)}, {split}"]),
        ("Macro-F1", [_interval(scored.macro_f1)]),
        ("Cost of this run", [cost]),
        ("Cost of serving", [f"{full}, machine fully used", f"{at_30} at 30 % use"]),
    ]
    if (chosen := facts.data.coreset) is not None:
        dropped = chosen.exact + chosen.near
        line = f"{number(chosen.rows)} chosen of {number(chosen.rows_before)}"
        found.append(("Learnt from", [f"{line}; {number(dropped)} copies or near copies dropped"]))
    for key in (floor(facts), rival(facts)):
        detail = f"; {key.detail}" if key.detail else ""
        found.append((key.name, [f"{key.value}{detail}"]))
    advice = facts.next_quality[:ADVICE] or ["nothing in this run shows what would"]
    found.append(("To raise quality", advice))
    more = len(facts.next_quality) - ADVICE
    if more > 0:
        advice.append(f"({number(more)} more in the report)")
    return [
        *found,
        ("Model", [facts.artefact]),
        ("Report", [facts.report]),
        ("Next", [facts.next_command]),
    ]


def _interval(metric: Metric) -> str:
    """Return ``94.2 %, 95 % interval 93.3 to 95.0``."""
    if metric.low is None or metric.high is None:
        return f"{percent(metric.value)}, interval not known"
    ends = f"{100 * metric.low:.1f} to {100 * metric.high:.1f}"
    return f"{percent(metric.value)}, 95 % interval {ends}"


def _plain(text: str) -> str:
    return one_line(for_terminal(text))


def wrap(text: str, width: int) -> list[str]:
    """Break a line between words, and inside words of letters two columns wide.

    A word of narrow letters longer than ``width`` columns stays whole.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and cell_len((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


def _pieces(text: str) -> list[str]:
    """Split after every space and every wide letter."""
    pieces, piece = [], ""
    for letter in text:
        piece += letter
        if letter == " " or cell_len(letter) > 1:
            pieces.append(piece)
            piece = ""
    return [*pieces, piece]
