"""How ``undercut explain`` is shown: marked words, then the figures that add up."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.economics.money import percent
from undercut.evaluation.explanation import Explanation

MARKED = 0.15
BAR = 8
LONG, AROUND = 400, 40
"""Of a text longer than this, the characters around what is told are printed."""


class ExplainResult(Result):
    """Why texts got their answers, or the terms of each label."""

    def show(self, console: Console) -> None:
        """Print words with signs as well as colours, so that either is enough."""
        r = self.record
        for one in r.explanations:
            _show(one, r.most, console)
        if r.terms:
            shown = table("label", "words and phrases", "pieces of words")
            for label, terms in r.terms.items():
                kinds = [
                    ", ".join(f"{t.term} {t.pull:+.1f}" for t in terms if t.kind == kind)
                    for kind in ("word", "piece")
                ]
                shown.add_row(label, *kinds)
            console.print(shown)
        console.print(f"How: {r.method}.", soft_wrap=True)
        if r.page:
            console.print(f"Page: {r.page}", soft_wrap=True)


def _show(one: Explanation, most: int, console: Console) -> None:
    console.print(
        f"{_about(one)}{one.label} {percent(one.probability)}, against {one.against} "
        f"{percent(one.against_probability)}"
    )
    largest = max((abs(w.pull) for w in one.words), default=0.0) or 1.0
    console.print(_marked(one, largest))
    shown = table("word", "", ">for the answer", ">in its own score")
    ranked = sorted(one.words, key=lambda w: -abs(w.pull))
    for w in ranked[:most]:
        length = max(round(BAR * abs(w.pull) / largest), 1)
        bar = Text("+" * length, "green") if w.pull > 0 else Text("-" * length, "red")
        shown.add_row(Text(w.text), bar, f"{w.pull:+.2f}", f"{w.own:+.2f}")
    if rest := ranked[most:]:
        pull, own = sum(w.pull for w in rest), sum(w.own for w in rest)
        shown.add_row(f"{len(rest)} more", "", f"{pull:+.2f}", f"{own:+.2f}")
    for b in one.beside:
        shown.add_row(b.name, "", f"{b.pull:+.2f}", f"{b.own:+.2f}")
    shown.add_row("before any word", "", f"{one.start:+.2f}", f"{one.own_start:+.2f}")
    if abs(one.gap) >= 0.005:
        shown.add_row("not explained", "", f"{one.gap:+.2f}", f"{one.own_gap:+.2f}")
    shown.add_row("log-odds, the sum", "", f"{one.log_odds:+.2f}", "")
    console.print(shown)
    if one.truncated:
        console.print("The end of the text was not read.")
    if one.note:
        console.print(f"Note: {one.note}.")
    console.print()


def _about(one: Explanation) -> str:
    """Return the part of the text that an answer is about, with its characters."""
    return f"{' '.join(one.about.split())} ({one.begin}-{one.end}): " if one.about else ""


def _marked(one: Explanation, largest: float) -> Text:
    """Return the text with its strong words coloured, bold, and signed."""
    first, end = _part(one, largest)
    text, last = Text("  ..." if first else "  "), first
    for w in one.words:
        if w.begin < first or w.end > end:
            continue
        text.append(one.text[last : w.begin])
        share = w.pull / largest
        if abs(share) < MARKED:
            text.append(w.text)
        elif share > 0:
            text.append(f"+{w.text}", "bold green")
        else:
            text.append(f"-{w.text}", "red")
        last = w.end
    text.append(one.text[last:end])
    text.append("..." if end < len(one.text) else "")
    return text


def _part(one: Explanation, largest: float) -> tuple[int, int]:
    """Return the characters to print: all, or of a long text the answer and its strong words."""
    if one.begin is None or one.end is None or len(one.text) <= LONG:
        return 0, len(one.text)
    strong = [w for w in one.words if abs(w.pull) >= MARKED * largest]
    first = min([one.begin, *(w.begin for w in strong)]) - AROUND
    end = max([one.end, *(w.end for w in strong)]) + AROUND
    return max(first, 0), min(end, len(one.text))
