"""A number of a scenario, with where it is from: measured, a dated price, or an assumption.

A bare number is one that somebody typed: an assumption. A measured one has no value in the file;
``source`` says where it is read, so that it cannot be typed over::

    value_usd_per_1k = 2.5                                               # an assumption
    value_usd_per_1k = { value = 2.5, source = "assumption: two interviews", low = 1, high = 4 }
    usd_per_1k       = { value = 0.02, source = "price:2026-11-21 vendor's page" }
    accuracy         = { source = "run:tickets" }
    knee_per_second  = { source = "loadtest:tickets" }
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from undercut.core.types import Record
from undercut.economics import checks

ASSUMPTION = "assumption"
MEASURED = ("run", "loadtest", "rates", "list", "rival")
"""Sources that are read, not typed: a run, a load test, the rate files, the list, a rival asked."""
KINDS = (
    'assumption, "assumption: why", "price:2026-11-21 where", "run:NAME", "loadtest:NAME", '
    '"rates", "list" or "rival"'
)


class Number(Record):
    """One number and its source; ``value`` is ``None`` when it is read from elsewhere."""

    value: float | None = None
    source: str = ASSUMPTION
    low: float | None = Field(None, description="lowest that is believed; for the tornado")
    high: float | None = Field(None, description="highest that is believed")

    @property
    def kind(self) -> str:
        """Return ``assumption``, ``price``, or where it is read: ``run``, ``rates`` and so on."""
        return self.source.partition(":")[0].strip()

    @property
    def name(self) -> str:
        """Return what stands behind the kind: a run's name, a date, a reason."""
        return self.source.partition(":")[2].strip()

    @property
    def day(self) -> date | None:
        """Return the date of a dated price; ``None`` for every other number."""
        return date.fromisoformat(self.name[:10]) if self.kind == "price" else None

    @property
    def assumed(self) -> bool:
        """Whether somebody typed it and nothing but that person's word stands behind it."""
        return self.kind == ASSUMPTION


def wrong(expected: str, found: object) -> PydanticCustomError:
    """Return a mistake in the house's words."""
    context = {"expected": expected, "found": found if isinstance(found, str) else repr(found)}
    return PydanticCustomError("number", "{expected}", context)


def _typed(given: Any) -> Any:
    """Take a bare number for an assumption."""
    if isinstance(given, bool | str):
        raise wrong("a number, or a table with value and source", given)
    return {"value": given} if isinstance(given, int | float) else given


def _sourced(n: Number) -> Number:
    if n.kind not in (ASSUMPTION, "price", *MEASURED):
        raise wrong(f"source: {KINDS}", n.source)
    if n.kind in ("run", "loadtest") and not n.name:
        raise wrong(f'source = "{n.kind}:NAME"', n.source)
    if n.kind == "price":
        day = re.match(r"\d{4}-\d\d-\d\d", n.name)
        try:
            date.fromisoformat(day.group() if day else "")
        except ValueError:
            raise wrong("the date of the price: price:2026-11-21 and where it was read",
                        n.source) from None  # fmt: skip
    if n.kind in MEASURED and n.value is not None:
        raise wrong(f"no value beside source '{n.source}': it is read from there", n.value)
    if n.kind not in MEASURED and n.value is None:
        raise wrong("a value", "none")
    if n.low is not None and n.high is not None and n.low > n.high:
        raise wrong("low at most high", f"{n.low:g} and {n.high:g}")
    if n.value is not None and not (
        (n.low is None or n.low <= n.value) and (n.high is None or n.value <= n.high)
    ):
        raise wrong("a value between its low and its high", n.value)
    return n


def within(check: Callable[[str, Any], Any]) -> Any:
    """Return the type of a number whose value, low and high pass a check of :mod:`.checks`."""

    def inside(n: Number) -> Number:
        for part in (n.value, n.low, n.high):
            if part is not None and (problem := check("", part)) is not None:
                raise wrong(problem.expected, part)
        return n

    return Annotated[Number, BeforeValidator(_typed), AfterValidator(_sourced),
                     AfterValidator(inside)]  # fmt: skip


def between(low: float, high: float) -> Any:
    """Return the type of a number whose value, low and high lie in a range."""
    return within(partial(checks.between, low=low, high=high))


Positive = within(checks.positive)
NotNegative = within(checks.not_negative)
Any_ = within(checks.number)
Share = within(checks.share)
Probability = within(checks.probability)
Fraction = within(checks.fraction)
Months = within(partial(checks.whole, low=1, high=600))
Ratio = between(1e-4, 1e4)
"""Of something after a year, or after a release, to before."""
Spread = between(0, 5)
UsageSpread = between(0, 10)
PerYear = between(0, 365)
Kappa = between(0, 500)
Likeness = between(0, 0.999)
"""Standard deviation of a logarithm."""


def assumed(value: float, why: str) -> Number:
    """Return a default that the file does not state; it is shown as assumed."""
    return Number(value=value, source=f"{ASSUMPTION}: {why}")
