"""How the answers of the economics room are shown: the sentence first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console

from undercut.cli.results import Result, table
from undercut.pipeline.report.figures.figure import Table
from undercut.pipeline.report.format import for_terminal, money, number, per_million, percent
from undercut.pipeline.report.summary import WIDTH, wrap

MOST = 8


def _say(console: Console, text: str, style: str = "") -> None:
    for line in wrap(for_terminal(text), WIDTH):
        console.print(line, style=style, soft_wrap=True, markup=False, highlight=False)


def _rows(console: Console, made: Table, title: str, columns: Iterable[int] = ()) -> None:
    """Print a table of the page, or some of its columns."""
    if not made.rows:
        _say(console, made.empty)
        return
    chosen = list(columns) or list(range(len(made.columns)))
    heads = [(">" if made.columns[k].right else "") + made.columns[k].name for k in chosen]
    shown = table(*heads, title=f"\n{title}")
    for row in made.rows:
        shown.add_row(*(for_terminal(row[k]) for k in chosen))
    console.print(shown)


class ScenarioResult(Result):
    """The answer to a scenario."""

    def to_json(self) -> dict[str, Any]:
        """Return the facts, the sentence first."""
        return (
            {"verdict": " ".join(self.record.verdict)}
            | {k: v for k, v in self.record.model_dump(mode="json").items() if k != "verdict"}
            | {"sentences": self.record.verdict}
        )

    def show(self, console: Console) -> None:
        """Print the sentence, what this command is about, and where the page lies."""
        first, *rest = self.record.verdict
        _say(console, first, "bold")
        _say(console, " ".join(rest))
        self.body(console)
        assumed = self.record.inputs.assumptions()
        _say(
            console,
            f"\n{len(assumed)} of {len(self.record.inputs.items)} numbers are assumed; the "
            "page lists every one with its source.",
        )
        for note in self.record.notes:
            _say(console, note)
        console.print(f"Page: {self.record.page}", soft_wrap=True, markup=False, highlight=False)

    def body(self, console: Console) -> None:
        """Print floors and rivals."""
        from undercut.pipeline.report.economics import tables

        _rows(console, tables.floors(self.record), "Floors")
        _rows(console, tables.rivals(self.record), "Rivals", (0, 1, 2, 3))


class WarResult(ScenarioResult):
    """The war."""

    def body(self, console: Console) -> None:
        """Print who is alive, and the fan of the share, at a few months."""
        w = self.record.war
        shown = table(">month", *(f">{n} alive" for n in w.names), ">share, median", ">5 % to 95 %")
        marks = sorted({1, *(round(w.months * k / 6) for k in range(1, 7))} - {0})
        for m in marks:
            ours = w.share[0]
            fan = f"{percent(ours.low[m - 1])} to {percent(ours.high[m - 1])}"
            alive = [for_terminal(percent(line[m - 1])) for line in w.survival]
            shown.add_row(
                str(m), *alive, for_terminal(percent(ours.middle[m - 1])), for_terminal(fan)
            )
        console.print()
        console.print(shown)
        _say(
            console,
            f"{w.paths:,} futures, seed {w.seed}; your policy: {w.policy.replace('_', ' ')}.",
        )


class InvestResult(ScenarioResult):
    """The investment."""

    def body(self, console: Console) -> None:
        """Print what the money is worth, and what decides."""
        from undercut.pipeline.report.economics import decide, tables

        _say(console, f"\n{self.record.invest.verdict}")
        _rows(console, tables.invest(self.record), "Investment")
        _rows(console, decide.decides(self.record).table, "What decides (profit a month)")
        if self.record.tornado.sobol:
            shown = table("assumption", ">share of the variance")
            for name, share in self.record.tornado.sobol.items():
                shown.add_row(name, for_terminal(percent(share)))
            console.print(shown)


class PlanResult(ScenarioResult):
    """The price list."""

    def body(self, console: Console) -> None:
        """Print the price list, plan by plan."""
        from undercut.pipeline.report.economics import tables

        found = self.record.plans
        _say(console, f"\n{found.verdict}")
        _rows(console, tables.plans(self.record), f"Price list; usage: {found.usage}")


class MarketResult(Result):
    """Rivals' prices."""

    def show(self, console: Console) -> None:
        """Print what they charge, how it moved, who is left out and why."""
        r = self.record
        _say(console, r.verdict, "bold")
        title = f"\nPrices of {r.date}, {r.input_tokens} + {r.output_tokens} tokens"
        heads = ("rival", ">$/million", ">since", ">changes", ">a year", "note")
        shown = table(*heads, title=title)
        for row in r.rivals:
            rate = "" if row.ratio_per_year is None else f"x {row.ratio_per_year:.2f}"
            moves = f"{row.cuts} cuts, {row.rises} rises" if row.cuts or row.rises else "none"
            price = for_terminal(per_million(row.usd_per_1k))
            shown.add_row(row.name, price, row.since, moves, rate, row.note)
        console.print(shown)
        for line in (*r.left_out, *r.disagreements):
            _say(console, line)


class MadeResult(Result):
    """A scenario was written."""

    def show(self, console: Console) -> None:
        """Print where, and what to do next."""
        for note in self.record.notes:
            _say(console, note)
        console.print(f"Written: {self.record.path}\nNext:    undercut price", soft_wrap=True)


class CurveResult(Result):
    """Learning curves."""

    def show(self, console: Console) -> None:
        """Print what more labels bring, then the points."""
        r = self.record
        _say(console, r.verdict, "bold")
        for curve in r.curves:
            shown = table(
                ">rows", f">{r.quality_name}", ">95 % interval", title=f"\n{curve.method}"
            )
            for p in curve.points:
                q = p.quality
                ends = (
                    ""
                    if q.low is None or q.high is None
                    else f"{100 * q.low:.1f} to {100 * q.high:.1f}"
                )
                shown.add_row(for_terminal(number(p.rows)), for_terminal(percent(q.value)), ends)
            console.print(shown)
        _say(console, f"\n{r.cpu_seconds:,.1f} CPU-seconds, {money(r.cost_usd)}. In market.toml: "
                      f'labels.curve = "{r.name}"')  # fmt: skip


class LoadResult(Result):
    """A saturation curve."""

    def show(self, console: Console) -> None:
        """Print the knee, then the curve."""
        t = self.record
        if t.knee_per_second is None:
            said = f"At no rate tried is p95 within {t.slo_ms:g} ms: serve a faster variant, or "
            said += "promise less."
        else:
            said = f"Within {t.slo_ms:g} ms at the 95th percentile it carries "
            said += f"{t.knee_per_second:,.4g} requests a second"
            said += "." if t.breaks_per_second is None else f", and not {t.breaks_per_second:,.4g}."
        _say(console, said, "bold")
        if t.note:
            _say(console, f"Note: {t.note}.")
        shown = table(
            ">due/s", ">answered/s", ">p50 ms", ">p95 ms", ">95 % interval", ">p99 ms", ">failed"
        )
        for p in t.points:
            cells = ["–" if v is None else f"{v:.3g}" for v in (p.p50_ms, p.p95_ms, p.p99_ms)]
            ends = "" if p.p95_low_ms is None else f"{p.p95_low_ms:.3g} to {p.p95_high_ms:.3g}"
            shown.add_row(f"{p.per_second:,.4g}", f"{p.answered_per_second:,.4g}", *cells[:2], ends,
                          cells[2], str(p.failed))  # fmt: skip
        console.print(shown)
        _say(
            console,
            f"\nModel {t.model}. In market.toml: "
            f'knee_per_second = {{ source = "loadtest:{t.name}" }}',
        )
