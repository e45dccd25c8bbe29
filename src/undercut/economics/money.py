"""Figures as people read them: money with its unit, thin separators, durations.

Two to three significant digits, and a scale on which they stand between 0.01 and 999.
"""

from __future__ import annotations

from dataclasses import dataclass

from undercut.core.errors import Problem
from undercut.economics.checks import collect, finite

THIN = "\u202f"  # narrow no-break space: a figure never wraps
MINUS = "\u2212"

_SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def _finite(value: float) -> float:
    collect(finite("value", value))
    return float(value)


def figure(value: float, digits: int = 3) -> str:
    """Return ``digits`` significant digits without an exponent: ``18.5``, ``0.0185``, ``12 345``.

    Whole numbers above 999 are kept whole.

    Raises:
        UndercutError: the value is not finite.
    """
    value = _finite(value)
    size = abs(value)
    if size == 0:
        return "0"
    exponent = int(f"{size:.{digits - 1}e}".partition("e")[2])
    places = max(0, digits - 1 - exponent)
    text = f"{size:,.{places}f}".replace(",", THIN)
    return f"{MINUS}{text}" if value < 0 else text


def _bare(value: float) -> str:
    text = figure(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float) -> str:
    """Return a count in words where it is long: ``850``, ``12 345``, ``4.29 million``.

    Raises:
        UndercutError: the value is not finite.
    """
    value = _finite(value)
    size = abs(value)
    for scale, word in _SCALES:
        if size >= scale * 0.9995:
            return f"{MINUS if value < 0 else ''}{_bare(size / scale)} {word}"
    text = f"{size:,.0f}".replace(",", THIN)
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def usd(value: float) -> str:
    """Return money: ``$38.8``, ``$12 345``, ``less than $0.01``.

    Raises:
        UndercutError: the value is not finite.
    """
    value = _finite(value)
    if value == 0:
        return "$0"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if size < 0.01:
        return f"less than {sign}$0.01" if not sign else "a loss of less than $0.01"
    return f"{sign}${figure(size)}"


def money_per_request_scale(usd_per_1k: float) -> str:
    """Return a unit price on a readable scale: ``$18.5 per million requests``.

    Per 1,000 from 1 USD, per million down to 0.01 USD, then per billion.

    Raises:
        UndercutError: the value is not finite.
    """
    value = _finite(usd_per_1k)
    size = abs(value)
    if size == 0:
        return "$0 per million requests"
    if size >= 0.9995:
        return f"{usd(value)} per 1{THIN}000 requests"
    if size >= 1e-5:
        return f"{usd(value * 1e3)} per million requests"
    return f"{usd(value * 1e6)} per billion requests"


@dataclass(frozen=True)
class Scale:
    """The unit of all prices that stand beside each other.

    Attributes:
        requests: how many a price is for, in words.
        factor: figures in USD/1k times this are in the unit.
    """

    requests: str
    factor: float

    def amount(self, usd_per_1k: float) -> str:
        """Return the bare figure, for a column whose head names the unit: ``$18.5``."""
        value = _finite(usd_per_1k) * self.factor
        if value == 0 or abs(value) >= 0.01:
            return usd(value)
        text = figure(value, 2)
        return f"{MINUS}${text[1:]}" if value < 0 else f"${text}"

    def price(self, usd_per_1k: float) -> str:
        """Return the figure with its unit: ``$18.5 per million requests``."""
        return f"{self.amount(usd_per_1k)} per {self.requests}"


def scale_of(usd_per_1k: float | None) -> Scale:
    """Return the unit in which a scenario's prices are told, chosen by its main one.

    Millions, unless the main price is above 10 USD per 1,000 or below 0.01 USD per million. A unit
    that changed from price to price would suit each of them and mislead about all.
    """
    size = abs(usd_per_1k or 0.0)
    if size > 10:
        return Scale(f"1{THIN}000 requests", 1.0)
    if 0 < size < 1e-5:
        return Scale("billion requests", 1e6)
    return Scale("million requests", 1e3)


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal: ``30.0 %``.

    Raises:
        UndercutError: the value is not finite.
    """
    tenths = round(100.0 * _finite(share), 1) + 0.0  # never -0.0
    return f"{tenths:.1f}{THIN}%".replace("-", MINUS)


def duration(seconds: float) -> str:
    """Return milliseconds below one second, seconds below two minutes, then m:ss and h:mm:ss.

    Raises:
        UndercutError: the value is negative or not finite.
    """
    value = _finite(seconds)
    collect(Problem("a duration of at least 0", repr(seconds), "seconds") if value < 0 else None)
    if value == 0:
        return f"0{THIN}s"
    if value < 0.9995:
        return f"{figure(value * 1000)}{THIN}ms"
    if value < 119.5:
        return f"{figure(value)}{THIN}s"
    whole = round(value)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def months(value: float) -> str:
    """Return a number of months: ``52.4 months``.

    Raises:
        UndercutError: the value is not finite.
    """
    text = _bare(value)
    return f"{text} month" if text == "1" else f"{text} months"
