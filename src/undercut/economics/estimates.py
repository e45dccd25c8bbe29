"""Fitted demand: figures with their uncertainty, and the error for rows that do not say it."""

from __future__ import annotations

from pydantic import Field
from scipy.special import stdtrit

from undercut.core.errors import UndercutError, fail
from undercut.core.types import Record
from undercut.economics.records import Demand

STEPS = 200
UNPINNED = "shares at their limits, or prices that hardly move or move together"
FIX = "The price may have followed the demand; use rows where it moved for other reasons."


class Estimate(Record):
    """A fitted figure with its uncertainty."""

    name: str
    value: float
    standard_error: float
    low: float = Field(description="of the 95 % interval")
    high: float


class DemandFit(Record):
    """Logit demand fitted to rows."""

    alpha: Estimate = Field(description="price sensitivity, per USD/1k")
    deltas: list[Estimate] = Field(description="utility at a price of 0 of each product")
    covariance: list[list[float]] = Field(description="of alpha and the deltas, in that order")
    log_likelihood: float
    dispersion: float = Field(description="scatter over what counting gives; 1 is pure counting")
    rows: int
    markets: int

    def demand(
        self, market_1k_per_month: float, product: int = 0, log_outside: float = 0.0
    ) -> Demand:
        """Return the demand of one of the products against everything else."""
        return Demand(
            alpha=self.alpha.value,
            delta=self.deltas[product].value,
            log_outside=log_outside,
            market_1k_per_month=market_1k_per_month,
        )


def student(confidence: float, freedom: int) -> float:
    """Return the half-width in standard errors; the spread was estimated too."""
    return float(stdtrit(freedom, 0.5 + confidence / 2))


def unidentified(found: str) -> UndercutError:
    """Return the error for rows that do not say what demand is."""
    return fail(
        "demand-rows",
        expected="more rows than figures to fit, with prices that differ",
        found=found,
        where="price_usd_per_1k",
        fix="Add months in which the price was another one.",
    )
