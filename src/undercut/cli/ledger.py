"""``undercut ledger``: what everything cost, and entries by hand."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from undercut.cli.listing import Listing
from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.specs_results import LedgerSpec
from undercut.ledger.book import Book, Entry
from undercut.ledger.price import price, units


def ledger(spec: LedgerSpec) -> Listing:
    """Show the ledger, or add an entry and show it.

    Raises:
        UndercutError: unknown action or unit, or no quantity; nothing is written then.
    """
    from undercut.pipeline.pricing import rates_of

    if spec.action not in ("show", "add"):
        fix = did_you_mean(spec.action, ["show", "add"])
        raise fail("ledger-action", expected="show or add", found=f"'{spec.action}'", fix=fix)
    path = spec.workspace / "ledger.sqlite"
    if spec.action == "add":
        problems = []
        if spec.unit not in units():
            found = f"'{spec.unit}'" if spec.unit else "none"
            problems.append(
                Problem("a unit", found, "unit", did_you_mean(spec.unit or "", units()))
            )
        if not spec.quantity:
            problems.append(Problem("a quantity above 0", str(spec.quantity), "quantity"))
        if problems:
            raise UndercutError("ledger-entry", problems)
        subject = f"entered:{spec.entry_id or uuid.uuid4().hex[:12]}"
        book = Book(path)
        written = book.record(
            subject, str(spec.unit), spec.quantity or 0, measured=False, note=spec.note
        )
        if not written:
            raise fail(
                "ledger-twice",
                expected="an entry id that is not in the ledger yet",
                found=f"'{spec.entry_id}'",
                fix="An entry is written once; choose another --entry-id.",
            )
    elif not path.is_file():
        return Listing("entries", ["subject"], [], f"No ledger in {spec.workspace} yet.")
    rates, rows = rates_of(spec), []
    for e in _together(Book(path).entries()):
        if spec.action == "add" and e.subject != subject:
            continue
        money = price(e.unit, e.quantity, datetime.now(UTC) if not e.measured else e.at, rates)
        rows.append(
            [
                e.subject,
                str(e.attempt),
                e.state,
                e.unit,
                f"{e.quantity:.6f}" if e.unit == "api_usd" else f"{e.quantity:.3f}",
                "no rate" if money is None else f"{money:.6f}",
                "measured" if e.measured else "entered",
                f"{e.at:%Y-%m-%d %H:%M}",
            ]
        )
    columns = ["subject", ">attempt", "state", "unit", ">quantity", ">USD", "how", "at"]
    return Listing("entries", columns, rows, "The ledger is empty.")


def _together(found: list[Entry]) -> list[Entry]:
    """Return entries with the rows asked of one rival summed up by unit, at their last moment.

    A rival's subject is ``rival:REQUEST:ROW``. Its money is in ``api_usd``, whose rate is 1, so the
    sum is priced as its parts are.
    """
    sums: dict[tuple[str, str], Entry] = {}
    kept: list[Entry] = []
    for e in found:
        kind, _, rest = e.subject.partition(":")
        if kind != "rival":
            kept.append(e)
            continue
        key = (f"rival:{rest.partition(':')[0]}", e.unit)
        before = sums.get(key)
        quantity = e.quantity + (before.quantity if before else 0)
        measured = e.measured and (before is None or before.measured)
        sums[key] = replace(e, subject=key[0], quantity=quantity, measured=measured)
    return sorted([*kept, *sums.values()], key=lambda e: e.at)
