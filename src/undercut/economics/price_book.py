"""A user's own dated rival prices: ``[[rival]]`` rows of a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.types import Record
from undercut.economics.checks import not_negative

EXAMPLES = Path(__file__).with_name("rivals.toml")

_TEXT = ("provider", "model", "source")
_PRICES = ("usd_per_million_input", "usd_per_million_output")
_KEYS = (*_TEXT, *_PRICES, "from", "currency", "note")


class BookEntry(Record):
    """One price of one model from a date on, until its next row."""

    provider: str
    model: str
    usd_per_million_input: float
    usd_per_million_output: float
    since: date
    source: str
    note: str = ""


def read_tables(path: Path | str, table: str) -> list[Mapping[str, Any]]:
    """Return the ``[[table]]`` rows of a TOML file, which may hold nothing else.

    Raises:
        UndercutError: the file cannot be read or holds something else.
    """
    fix = f"Give a TOML file of [[{table}]] tables."
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise fail(
            "prices-unreadable", expected="a TOML file", found=str(e), where=str(path), fix=fix
        ) from None
    rows = content.get(table, [])
    good = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if set(content) - {table} or not good:
        found = ", ".join(sorted(content))
        raise fail(
            "prices-unreadable",
            expected=f"only [[{table}]] tables",
            found=found,
            where=str(path),
            fix=fix,
        )
    return rows


def text_problem(row: Mapping[str, Any], key: str, where: str) -> Problem | None:
    """Check that ``row[key]`` is a text that is not empty."""
    value = row.get(key)
    if isinstance(value, str) and value.strip():
        return None
    return Problem(f"{key}, a text", "none" if value is None else repr(value), where)


def date_problem(row: Mapping[str, Any], key: str, where: str) -> Problem | None:
    """Check that ``row[key]`` is a date."""
    try:
        as_date(row.get(key))
    except ValueError:
        found = "none" if key not in row else repr(row[key])
        return Problem(f"{key}, a date such as 2026-11-21", found, where)
    return None


def key_problems(row: Mapping[str, Any], known: Iterable[str], where: str) -> list[Problem]:
    """List the keys of a row that nobody reads."""
    known = list(known)
    return [
        Problem(f"one of {', '.join(known)}", f"'{key}'", where, did_you_mean(key, known))
        for key in row
        if key not in known
    ]


def as_date(value: Any) -> date:
    """Return a TOML date, a datetime's day or an ISO text as a date.

    Raises:
        ValueError: it is none of them.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return date.fromisoformat(value)
    raise ValueError(value)


def _problems(row: Mapping[str, Any], where: str) -> list[Problem]:
    found = [text_problem(row, key, where) for key in _TEXT]
    for key in _PRICES:
        bad = not_negative(key, row.get(key))
        if bad:
            seen = "none" if key not in row else bad.found
            found.append(Problem(f"{key}, {bad.expected}", seen, where))
    found.append(date_problem(row, "from", where))
    currency = row.get("currency", "USD")
    if currency != "USD":
        convert = "Convert the prices and drop the key."
        found.append(Problem("currency USD", repr(currency), where, convert))
    if not isinstance(row.get("note", ""), str):
        found.append(Problem("note, a text", repr(row["note"]), where))
    return [*(p for p in found if p), *key_problems(row, _KEYS, where)]


def read_book(path: Path | str) -> list[BookEntry]:
    """Read a price book.

    Raises:
        UndercutError: the file cannot be read, or rows have mistakes; all are listed.
    """
    rows = read_tables(path, "rival")
    problems: list[Problem] = []
    seen: dict[tuple[str, str, date], int] = {}
    entries: list[BookEntry] = []
    for i, row in enumerate(rows, 1):
        where = f"{path}: rival {i}"
        found = _problems(row, where)
        problems += found
        if found:
            continue
        entry = BookEntry(
            since=as_date(row["from"]),
            note=row.get("note", ""),
            **{key: row[key] for key in (*_TEXT, *_PRICES)},
        )
        key = (entry.provider, entry.model, entry.since)
        if key in seen:
            problems.append(
                Problem("one price a model and date", f"rival {seen[key]} again", where)
            )
        seen.setdefault(key, i)
        entries.append(entry)
    if problems:
        raise UndercutError("prices-invalid", problems)
    return entries


def in_force(entries: Iterable[BookEntry], on: date) -> BookEntry | None:
    """Return the latest entry that had begun by a date, or ``None``."""
    begun = [e for e in entries if e.since <= on]
    return max(begun, key=lambda e: e.since, default=None)
