"""How each command's result is shown: for people on the screen, for scripts as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from undercut.economics.money import money_per_request_scale, percent, usd


def table(*columns: str, title: str = "") -> Table:
    """Return a table; columns that start with ``>`` are right-aligned."""
    made = Table(title=title or None, box=None, pad_edge=False, title_justify="left")
    for name in columns:
        right = name.startswith(">")
        justify: Literal["right", "left"] = "right" if right else "left"
        made.add_column(name.lstrip(">"), justify=justify, no_wrap=right, overflow="fold")
    return made


@dataclass
class Result:
    """A record and the way it is shown."""

    record: Any

    def to_json(self) -> dict[str, Any]:
        """Return the JSON document."""
        return self.record.model_dump(mode="json")


class RunResult(Result):
    """The summary of a run."""

    def to_json(self) -> dict[str, Any]:
        """Return the facts, headline figures first."""
        facts = self.record
        best = facts.test or facts.valid
        head = {
            best.quality_name.replace(" ", "_"): best.quality.value,
            "macro_f1": best.macro_f1.value,
            "cost_usd": facts.cost_usd,
            "usd_per_1k": facts.price.usd_per_1k,
            "split": best.split,
            "verdict": facts.price.verdict,
        }
        return head | facts.model_dump(mode="json")

    def show(self, console: Console) -> None:
        """Print what a founder reads in ten seconds."""
        from undercut.pipeline.report.summary import summary

        console.print(summary(self.record), soft_wrap=True)


class TrainResult(Result):
    """The rungs and the model that came out."""

    def show(self, console: Console) -> None:
        """Print the ladder and where the model lies."""
        r = self.record
        if not r.did_work:
            console.print("Nothing has changed since the last run, so nothing was done again.")
        console.print(
            f"{percent(r.quality)} {r.quality_name}, {percent(r.macro_f1)} macro-F1 on validation, "
            f"for {r.cpu_seconds:.1f} CPU-seconds ({usd(r.cost_usd)})."
        )
        shown = table(
            "rung", "status", ">validation", ">CPU-s", ">trained", ">MB, peak / files", "reason"
        )
        for rung in r.rungs:
            quality = "" if rung.valid_quality is None else percent(rung.valid_quality)
            seconds = "" if rung.cpu_seconds is None else f"{rung.cpu_seconds:.1f}"
            trained, size = _footprint(rung.footprint)
            shown.add_row(rung.rung, rung.status, quality, seconds, trained, size, rung.reason)
        console.print(shown)
        console.print(f"Model: {r.artefact}\nNext:  undercut serve {r.artefact}", soft_wrap=True)


def _footprint(f: Any) -> tuple[str, str]:
    """Return the share of the parameters that was trained, and megabytes of memory and files."""
    if f is None:
        return "", ""
    share = "" if f.trainable_share is None else percent(f.trainable_share)
    return share, f"{f.peak_memory_bytes / 1e6:,.0f} / {f.size_bytes / 1e6:.1f}"


class EvaluateResult(Result):
    """Figures of one artefact on one file."""

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation, headline figures first."""
        e = self.record
        head = {
            e.quality_name.replace(" ", "_"): e.quality.value,
            "macro_f1": e.macro_f1.value,
        }
        return {**head, "evaluation": e.model_dump(mode="json")}

    def show(self, console: Console) -> None:
        """Print the headline and the weakest classes."""
        e = self.record
        for name, m in ((e.quality_name, e.quality), ("macro-F1", e.macro_f1)):
            console.print(
                f"{name:9} {percent(m.value)}  (95 % interval {percent(m.low)} to "
                f"{percent(m.high)}, {m.n} rows)"
            )
        if e.micro_precision is not None:
            console.print(
                f"precision {percent(e.micro_precision)}, recall {percent(e.micro_recall)} over "
                f"{e.counted(e.things or 0)}; {e.unit_name} accuracy {percent(e.accuracy.value)}"
            )
        console.print(f"calibration error {percent(e.ece)}")
        heads = ("label", ">precision", ">recall", ">F1", f">{e.thing_names}")
        shown = table(*heads, title="weakest classes")
        for c in sorted(e.classes, key=lambda c: c.f1)[:10]:
            figures = [percent(v) for v in (c.precision, c.recall, c.f1)]
            shown.add_row(c.label, *figures, str(c.support))
        console.print(shown)


class PriceResult(Result):
    """The price side of a run."""

    def show(self, console: Console) -> None:
        """Print the verdict, then floors and rivals."""
        p = self.record
        console.print(p.verdict)
        console.print(
            f"\nCost, machine fully used   {money_per_request_scale(p.usd_per_1k)}\n"
            f"Cost at 30 % use           {money_per_request_scale(p.usd_per_1k_at_30)}\n"
            f"Reserved machine           {usd(p.machine_usd_per_month)} a month, used or not"
        )
        if p.price_floor_usd_per_1k is not None:
            floor = money_per_request_scale(p.price_floor_usd_per_1k)
            console.print(f"Price floor                {floor} ({p.price_floor_basis})")
        shown = table("rival", ">price", "date", "note", title="\nrivals")
        for r in sorted(p.rivals, key=lambda r: r.accuracy is None)[:8]:  # measured ones first
            price = money_per_request_scale(r.usd_per_1k)
            shown.add_row(f"{r.provider}/{r.model}", price, r.priced_at, r.note)
        console.print(shown)


class ReportResult(Result):
    """Where the report lies."""

    def to_json(self) -> dict[str, Any]:
        """Return the paths."""
        return {"report": self.record.report, "artefact": self.record.artefact}

    def show(self, console: Console) -> None:
        """Print the path."""
        console.print(self.record.report, soft_wrap=True)


class ExportResult(Result):
    """What was written for a tracker."""

    def show(self, console: Console) -> None:
        """Print where it lies and how to look at it."""
        e = self.record
        console.print(
            f"{e.settings} settings, {e.figures} figures and {e.points} points of {e.curves} "
            f"curves written to {e.out}\nNext: {e.next_command}",
            soft_wrap=True,
        )


class PredictResult(Result):
    """Answers."""

    def show(self, console: Console) -> None:
        """Print one answer a line: label, probability; or one entity a line."""
        from undercut.predict.answers import answer_lines

        if self.record.out:
            console.print(self._written(), soft_wrap=True)
        record = self.record
        places = record.places or [""] * len(record.predictions)
        for place, answer in zip(places, record.predictions, strict=True):
            cut = "  (text was cut)" if answer.truncated else ""
            if place:
                console.print(place, style="bold", soft_wrap=True, markup=False, highlight=False)
            for line in answer_lines(record.task, answer):
                console.print(f"{line}{cut}", soft_wrap=True, markup=False, highlight=False)

    def _written(self) -> str:
        from undercut.pipeline.report.format import money

        r = self.record
        kept = f" ({r.resumed_rows:,} of them by a command before)" if r.resumed_rows else ""
        pace = f", {r.rows_per_second:,.0f} a second" if r.rows_per_second else ""
        paid = f"; {r.cpu_seconds:.1f} CPU-seconds, {money(r.cost_usd)}" if r.cpu_seconds else ""
        return f"{r.rows:,} rows written to {r.out}{kept}{pace}{paid}"
