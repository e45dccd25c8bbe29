"""Figures as the tables print them: means with their spread, seconds, counts."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

THIN = "\u2009"


def empty(command: str) -> str:
    """Return what stands where there is no result."""
    return f"Not measured yet: `python -m benchmarks {command}`."


def groups(rows: Iterable[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], list[Any]]:
    """Return rows by the values of some fields, in the order they come."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        found.setdefault(tuple(row[k] for k in keys), []).append(row)
    return found


def percent(value: float, digits: int = 1) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.{digits}f} %"


def number(value: float) -> str:
    """Return a figure with about three significant digits and thin thousands separators."""
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", THIN)
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(values: Sequence[float], show: Any = number) -> str:
    """Return ``mean (lowest to highest)``; the bare value when there is one."""
    mean = show(statistics.fmean(values))
    if len(values) == 1:
        return mean
    return f"{mean} ({show(min(values))} to {show(max(values))})"


def accuracies(rows: Iterable[dict[str, Any]]) -> str:
    """Return the accuracy of some rows, or that it was not measured."""
    values = [r["accuracy"] for r in rows if r["accuracy"] is not None]
    return spread(values, percent) if values else "not measured here"


def mean(rows: Iterable[dict[str, Any]], *path: str) -> float | None:
    """Return the mean of a (nested) field over rows, or ``None`` without rows."""
    values = []
    for value in rows:
        for key in path:
            value = value[key]
        values.append(float(value))  # type: ignore[arg-type]
    return statistics.fmean(values) if values else None


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; columns whose head starts with ``>`` are right-aligned."""
    names = [h.lstrip(">") for h in head]
    rule = ["---:" if h.startswith(">") else "---" for h in head]
    lines = [names, rule, *rows]
    return "\n".join(f"| {' | '.join(str(c).replace('|', '/') for c in line)} |" for line in lines)
