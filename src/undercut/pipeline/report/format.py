"""Figures of a report as people read them; what :mod:`undercut.economics.money` does not say."""

from __future__ import annotations

import math
import re

from undercut.core.types import Metric
from undercut.economics.money import THIN, count, duration, figure, percent, usd
from undercut.measures.words import clean as clean
from undercut.measures.words import one_line as one_line

NONE = "–"
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){THIN}(?=\d)")


def capital(text: str) -> str:
    """Return a text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def for_terminal(text: str) -> str:
    """Return a figure in letters that every terminal encoding has: ``3,080``, ``94.2 %``."""
    return _BETWEEN_DIGITS.sub(",", text).replace(THIN, " ").replace("\u2212", "-")


def money(value: float | None) -> str:
    """Return USD spent; small sums keep two significant digits: ``$0.0082``."""
    if value is None:
        return "no rate"
    return usd(value) if value == 0 or abs(value) >= 0.01 else _small(value)


def _small(value: float) -> str:
    text = figure(value, 2)
    return f"\u2212${text[1:]}" if value < 0 else f"${text}"


def per_million(usd_per_1k: float) -> str:
    """Return a unit price as USD per million requests without the words, for a column."""
    return money(usd_per_1k * 1000)


def unit_price(usd_per_1k: float) -> str:
    """Return a unit price with its unit, the same for every price so that they compare at sight.

    :func:`undercut.economics.money.money_per_request_scale` changes the unit with the size: fit
    for a price on its own, misleading beside another.
    """
    return f"{per_million(usd_per_1k)} per million requests"


def money_tick(value: float) -> str:
    """Return a round sum of USD on an axis: ``$0.0001``, ``$10``, ``$1 000``."""
    if value < 0:
        return f"\u2212{money_tick(-value)}"
    places = max(2, 1 - math.floor(math.log10(value))) if value > 0 else 0
    text = f"{value:,.{places}f}".replace(",", THIN)
    return f"${text.rstrip('0').rstrip('.') if places else text}"


def plain(value: float) -> str:
    """Return three significant digits without closing noughts: ``0.03``, ``1``, ``20 000``."""
    text = figure(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: float) -> str:
    """Return a count in full with thin separators: ``12 345``."""
    return f"{value:,.0f}".replace(",", THIN)


def cpu_seconds(value: float) -> str:
    """Return CPU-seconds as a plain figure: ``4.1``, ``591``, ``12 345``."""
    return figure(value, 2) if value < 10 else number(value)


def whole_percent(share: float) -> str:
    """Return a share as a percentage for a tick: whole where it is whole."""
    value = round(100 * share, 6)
    return f"{value:.0f}{THIN}%" if value == round(value) else percent(share)


def interval(metric: Metric) -> str:
    """Return ``94.2 % (93.3–95.0)``, or the figure and ``no interval``."""
    if metric.low is None or metric.high is None:
        return f"{percent(metric.value)} (no interval)"
    return f"{percent(metric.value)} ({100 * metric.low:.1f}–{100 * metric.high:.1f})"


def points(share: float) -> str:
    """Return a difference of two shares in points: ``+0.6 points``."""
    return f"{100 * share:+.1f} points".replace("-", "\u2212")


def plural(n: int, one: str, many: str = "") -> str:
    """Return ``1 row`` or ``3 080 rows``."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


__all__ = [
    "NONE", "clean", "count", "cpu_seconds", "duration", "figure", "for_terminal", "interval",
    "money", "money_tick", "number", "one_line", "per_million", "percent", "plain", "plural",
    "points", "unit_price", "usd", "whole_percent",
]  # fmt: skip
