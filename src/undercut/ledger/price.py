"""Quantity x the rate in force at that time = money. The only place where that is done.

Money is :class:`decimal.Decimal` USD. A quantity without a rate is ``None``, and a total over
it fails loudly; it is never 0.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from undercut.core.errors import Problem, UndercutError, did_you_mean

HERE = Path(__file__).parent
SECONDS_PER_HOUR = 3600
MILLION = Decimal(1_000_000)


class UnpricedError(UndercutError):
    """A total was asked over quantities that have no rate."""


@dataclass(frozen=True)
class Rate:
    """``usd`` a unit, in force from ``since`` until the next row of that unit."""

    unit: str
    usd: Decimal
    since: date
    source: str


@cache
def units() -> dict[str, dict[str, str]]:
    """Return the table of billable units."""
    return tomllib.loads((HERE / "units.toml").read_text(encoding="utf-8"))


def _read(path: Path) -> list[Rate]:
    problems: list[Problem] = []
    found: list[Rate] = []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise UndercutError(
            "rates-unreadable",
            Problem("a TOML file of [[rate]] tables", str(e), str(path)),
        ) from None
    if extra := set(table) - {"rate"}:
        problems.append(
            Problem("only [[rate]] tables", f"'{sorted(extra)[0]}'", str(path), "Remove it.")
        )
    rows = table.get("rate", [])
    for i, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        where = f"{path}: rate {i}"
        if not isinstance(row, dict):
            problems.append(Problem("a [[rate]] table", repr(row), where))
            continue
        unit = str(row.get("unit", ""))
        if unit not in units():
            problems.append(
                Problem("a known unit", f"'{unit}'", where, did_you_mean(unit, units()))
            )
        try:
            usd = Decimal(str(row.get("usd")))
            if not usd.is_finite() or usd < 0:
                raise InvalidOperation
        except InvalidOperation:
            problems.append(Problem("usd, a number of at least 0", f"{row.get('usd')!r}", where))
            usd = Decimal(0)
        since = row.get("from")
        if isinstance(since, str):
            try:
                since = date.fromisoformat(since)
            except ValueError:
                since = None
        if isinstance(since, datetime):
            since = since.date()
        if not isinstance(since, date):
            problems.append(
                Problem("from, a date such as 2026-01-31", f"{row.get('from')!r}", where)
            )
            since = date.min
        if unknown := set(row) - {"unit", "usd", "from", "source"}:
            word = sorted(unknown)[0]
            fix = did_you_mean(word, {"unit", "usd", "from", "source"})
            problems.append(Problem("unit, usd, from, source", f"'{word}'", where, fix))
        if not str(row.get("source", "")).strip():
            problems.append(
                Problem("source, where the figure is from", "none", where, 'Or "assumed".')
            )
        found.append(Rate(unit, usd, since, str(row.get("source", ""))))
    if problems:
        raise UndercutError("rates-invalid", problems)
    return found


class Rates:
    """A dated price list.

    Args:
        files: the user's own rate files, later files win on the same unit and date.

    Raises:
        UndercutError: a file is unreadable or has mistakes; all are listed.
    """

    def __init__(self, files: Sequence[Path | str] = ()) -> None:
        merged: dict[tuple[str, date], Rate] = {}
        for path in [HERE / "rates.toml", *map(Path, files)]:
            merged.update({(r.unit, r.since): r for r in _read(path)})
        self.rows = sorted(merged.values(), key=lambda r: (r.unit, r.since))

    def at(self, unit: str, when: date | datetime) -> Rate | None:
        """Return the rate of a unit in force on a day, or ``None``."""
        if isinstance(when, datetime):
            when = when.astimezone(UTC).date() if when.tzinfo else when.date()
        best = [r for r in self.rows if r.unit == unit and r.since <= when]
        return best[-1] if best else None

    def with_rate(self, unit: str, usd: Decimal, source: str) -> Rates:
        """Return a copy in which ``unit`` costs ``usd`` at any date (a spec's own price)."""
        copy = object.__new__(Rates)
        kept = [r for r in self.rows if r.unit != unit]
        copy.rows = sorted(
            [*kept, Rate(unit, usd, date.min, source)], key=lambda r: (r.unit, r.since)
        )
        return copy


def price(unit: str, quantity: Decimal, when: date | datetime, rates: Rates) -> Decimal | None:
    """Return USD for a quantity at a time; ``None`` when the unit has no rate then.

    Free units (``wall_second``) cost 0 by definition.
    """
    if units().get(unit, {}).get("free"):
        return Decimal(0)
    rate = rates.at(unit, when)
    return None if rate is None else quantity * rate.usd


def tokens_usd(
    input_tokens: int, output_tokens: int, usd_per_million: tuple[Decimal, Decimal]
) -> Decimal:
    """Return USD for tokens read and written, at prices given per million of each."""
    read, write = usd_per_million
    return (read * input_tokens + write * output_tokens) / MILLION


def total(lines: Iterable[tuple[str, Decimal, date | datetime]], rates: Rates) -> Decimal:
    """Return the USD total of ``(unit, quantity, when)`` lines.

    Raises:
        UnpricedError: a non-zero quantity has no rate; every such unit is named.
    """
    usd = Decimal(0)
    unpriced: dict[str, Decimal] = {}
    for unit, quantity, when in lines:
        part = price(unit, quantity, when, rates)
        if part is not None:
            usd += part
        elif quantity:
            unpriced[unit] = unpriced.get(unit, Decimal(0)) + quantity
    if unpriced:
        raise UnpricedError(
            "rate-missing",
            [
                Problem(
                    f"a rate for '{unit}' in force at that time",
                    f"none, for a quantity of {quantity.normalize():f}",
                    fix=f'Add a [[rate]] with unit = "{unit}" to a file and give it with --rates.',
                )
                for unit, quantity in unpriced.items()
            ],
        )
    return usd
