"""How the results of ``usage``, ``invoice`` and ``feedback`` are shown."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.data.table import count
from undercut.pipeline.report.format import clean


def _money(value: Decimal | None, missing: str) -> str:
    return missing if value is None else f"{value:,.6f}"


class UsageResult(Result):
    """Usage by key and model, with charge, cost and margin."""

    def show(self, console: Console) -> None:
        """Print the table and where the log was written."""
        r = self.record
        when = r.month or "all time"
        if not r.rows:
            console.print(f"No answered requests in {when}.")
        else:
            shown = table(
                "customer", "key", "model", ">requests", ">tokens", ">USD", ">cost", ">margin"
            )
            for row in r.rows:
                shown.add_row(
                    Text(clean(row.customer)),
                    Text(clean(row.key_name or "no key")),
                    row.model[:12],
                    f"{row.requests:,}",
                    f"{row.tokens:,}",
                    _money(row.charged_usd, "not for sale"),
                    _money(row.cost_usd, "not measured"),
                    _money(row.margin_usd, ""),
                )
            console.print(shown)
        if r.customers:
            self._customers(console)
            console.print(
                f"USD, {when}. Cost: processor time of this workspace's servers, idle time "
                "included, by tokens.",
                soft_wrap=True,
            )
        if r.out:
            console.print(f"{count(r.lines, 'line')} written to {r.out}", soft_wrap=True)

    def _customers(self, console: Console) -> None:
        shown = table("customer", ">requests", ">USD", ">fees", ">cost", ">margin")
        for one in self.record.customers:
            shown.add_row(
                Text(clean(one.customer or "no key")),
                f"{one.requests:,}",
                _money(one.charged_usd, "not for sale"),
                _money(one.fees_usd, "needs --month, --plans"),
                _money(one.cost_usd, "not measured"),
                _money(one.margin_usd, ""),
            )
        console.print(shown)


class InvoiceResult(Result):
    """The invoices of a month."""

    def show(self, console: Console) -> None:
        """Print one line an invoice, what is on none, and where the files lie."""
        r = self.record
        shown = table("customer", ">requests", ">USD", title=f"invoices of {r.month}")
        for one in r.invoices:
            shown.add_row(Text(clean(one.customer)), f"{one.requests:,}", f"{one.total:,.6f}")
        console.print(shown if r.invoices else f"Nobody owes anything for {r.month}.")
        for left in r.not_billed:
            who = f"key '{clean(left.key_name)}', which has no plan" if left.key_id else "no key"
            console.print(
                f"On no invoice: {count(left.requests, 'request')} of {who}.", markup=False
            )
        for path in r.files:
            if path.endswith(".html"):
                console.print(f"{path} (also .csv, .json)", soft_wrap=True, markup=False)


class FeedbackResult(Result):
    """Corrections, or what was done with them."""

    def show(self, console: Console) -> None:
        """Print rows, or one line."""
        r = self.record
        if r.action == "delete":
            console.print(f"{count(r.count, 'correction')} deleted.")
            return
        if r.action == "export":
            console.print(
                f"{count(r.count, 'row')} written to {r.out}\nNext: undercut check {r.out}",
                soft_wrap=True,
                markup=False,
            )
            return
        if not r.rows:
            console.print("No corrections.")
            return
        shown = table("at", "request", ">input", "right answer", "text")
        for row in r.rows:
            words = (row.target, row.text[:60])
            shown.add_row(
                row.at[:19].replace("T", " "),
                row.request_id,
                str(row.position),
                *(Text(clean(w)) for w in words),
            )
        console.print(shown)
