"""Wars of attrition: who leaves first, and the chance that the cash runs out."""

from __future__ import annotations

import numpy as np
from pydantic import Field
from scipy.special import ndtr

from undercut.core.types import Record
from undercut.economics.arrays import Array
from undercut.economics.checks import collect, not_negative, number, positive, whole
from undercut.economics.scalars import of_scalars

WIDTH = 9.0
"""Standard deviations beyond which a normal density is 0 here: 1e-19."""
NODES = 16
"""Gauss-Legendre points on each stretch of two standard deviations of a month."""
MONTHS = 600


class Attrition(Record):
    """The symmetric war of attrition for a prize, each side losing ``k`` a month."""

    hazard_per_month: float = Field(description="chance a month that a side gives up, k/V")
    mean_months: float = Field(description="expected length of the war, V/(2k)")
    mean_months_of_one: float = Field(description="how long one side would hold on alone, V/k")
    expected_gain_usd: float = Field(0.0, description="of either side: the war eats the prize")


class Runways(Record):
    """Who can hold on longer, cash known to both."""

    us_months: float
    them_months: float
    ratio: float = Field(description="ours over theirs")
    verdict: str


@of_scalars
def symmetric_attrition(prize_usd: float, loss_usd_per_month: float) -> Attrition:
    """Return the mixed equilibrium in which each side gives up at the rate ``k/V``.

    Source: Tirole, *The Theory of Industrial Organization*, section 8.1.

    Args:
        prize_usd: V, present value of being left alone.
        loss_usd_per_month: k, what each side loses a month while both stay.

    Raises:
        UndercutError: figures out of range; both are listed.
    """
    collect(positive("prize_usd", prize_usd), positive("loss_usd_per_month", loss_usd_per_month))
    rate = loss_usd_per_month / prize_usd
    return Attrition(hazard_per_month=rate, mean_months=0.5 / rate, mean_months_of_one=1.0 / rate)


@of_scalars
def runways(
    our_cash_usd: float, our_burn_usd: float, their_cash_usd: float, their_burn_usd: float
) -> Runways:
    """Compare runways in months; with known finite cash the shorter one should leave at once.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    collect(
        positive("our_cash_usd", our_cash_usd),
        positive("our_burn_usd", our_burn_usd),
        positive("their_cash_usd", their_cash_usd),
        positive("their_burn_usd", their_burn_usd),
    )
    us, them = our_cash_usd / our_burn_usd, their_cash_usd / their_burn_usd
    if us < them:
        words = "They can hold on longer: if both know it, waiting only burns our cash; leave now."
    elif us > them:
        words = "We can hold on longer: if they know it, they should leave now."
    else:
        words = "Both can hold on equally long."
    return Runways(us_months=us, them_months=them, ratio=us / them, verdict=words)


@of_scalars
def ruin(cash_usd: float, mean_usd_per_month: float, spread_usd: float, months: int) -> Array:
    """Return the chance that cash has ended some month below 0, by month, ``(months,)``.

    Cash moves by independent normal profits and is looked at once a month, as people do. Exact to
    about 1e-12: the density of the cash of those not ruined is carried from month to month by
    Gauss-Legendre quadrature. The formula for continuous looking overstates ruin.

    Args:
        cash_usd: at the start, at least 0.
        mean_usd_per_month: mean profit, of either sign.
        spread_usd: its standard deviation; 0 is certainty.
        months: how far to look, at most 600.

    Raises:
        UndercutError: figures out of range; all are listed.
    """
    collect(
        not_negative("cash_usd", cash_usd),
        number("mean_usd_per_month", mean_usd_per_month),
        not_negative("spread_usd", spread_usd),
        whole("months", months, 1, MONTHS),
    )
    t = np.arange(1, int(months) + 1)
    if spread_usd <= 1e-9 * (abs(mean_usd_per_month) + cash_usd):
        # Without spread (or next to none) the cash falls on a line.
        return np.where(cash_usd + t * mean_usd_per_month < 0, 1.0, 0.0)
    # In units of the spread.
    x, mu = cash_usd / spread_usd, mean_usd_per_month / spread_usd
    ruined = np.zeros(len(t))
    ruined[0] = ndtr(-(x + mu))
    nodes, weights = _grid(x + mu, 1.0)
    density = _normal(nodes - x - mu) if len(nodes) else nodes
    for i in range(1, len(t)):
        mass = density * weights
        lost = float((mass * ndtr(-(nodes + mu))).sum()) if len(nodes) else 0.0
        ruined[i] = min(ruined[i - 1] + lost, 1.0)
        if i == len(t) - 1 or not len(nodes):
            continue
        later, later_weights = _grid(x + (i + 1) * mu, float(np.sqrt(i + 1.0)))
        density = _carry(nodes, mass, later, mu)
        nodes, weights = later, later_weights
    gone = np.flatnonzero(t * mu + x < -WIDTH * np.sqrt(t))
    if len(gone):
        ruined[gone[0] :] = 1.0
    return ruined


def _grid(middle: float, spread: float) -> tuple[Array, Array]:
    """Return points and weights over where the cash may be, from 0 on."""
    low, high = max(0.0, middle - WIDTH * spread), middle + WIDTH * spread
    if high <= low:
        return np.zeros(0), np.zeros(0)
    stretches = max(1, int(np.ceil((high - low) / 2.0)))
    x, w = np.polynomial.legendre.leggauss(NODES)
    width = (high - low) / stretches
    starts = low + width * np.arange(stretches)
    points = starts[:, None] + 0.5 * width * (x + 1.0)
    return points.ravel(), np.tile(0.5 * width * w, stretches)


def _carry(nodes: Array, mass: Array, later: Array, mu: float) -> Array:
    """Return the density a month on; only what lies within reach of a point is added up."""
    density = np.empty(len(later))
    step = 512
    for i in range(0, len(later), step):
        y = later[i : i + step]
        first = np.searchsorted(nodes, y[0] - mu - WIDTH)
        last = np.searchsorted(nodes, y[-1] - mu + WIDTH)
        near = slice(first, last)
        density[i : i + step] = _normal(y[:, None] - nodes[near] - mu) @ mass[near]
    return density


def _normal(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi))
