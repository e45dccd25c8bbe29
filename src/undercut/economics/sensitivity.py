"""Which assumption moves the answer: one at a time (tornado), and all together (Sobol).

A factor is a range or a distribution of one assumption. The model is any function of arrays: it is
called once with all the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from undercut.core.errors import Problem, fail
from undercut.core.types import Record
from undercut.economics.arrays import Array
from undercut.economics.checks import collect, number, positive, whole

Model = Callable[[Mapping[str, Array]], Any]
"""Takes arrays by factor name, all ``(n,)``; returns the answers, ``(n,)``."""


class Factor(Record):
    """One assumption and how far it may lie."""

    name: str
    low: float = Field(description="5 % quantile of a normal or lognormal, else the least")
    high: float = Field(description="95 % quantile of a normal or lognormal, else the most")
    base: float | None = Field(None, description="the value assumed; None: the middle")
    shape: Literal["uniform", "loguniform", "normal", "lognormal"] = "uniform"

    def at(self, level: Array) -> Array:
        """Return the quantiles at levels between 0 and 1."""
        low, high, u = self.low, self.high, np.asarray(level, dtype=np.float64)
        if self.shape in ("loguniform", "lognormal"):
            low, high = np.log(low), np.log(high)
        if self.shape in ("normal", "lognormal"):
            middle, spread = 0.5 * (low + high), 0.5 * (high - low) / float(ndtri(0.95))
            found = middle + spread * ndtri(np.clip(u, 1e-12, 1 - 1e-12))
        else:
            found = low + (high - low) * u
        return np.asarray(np.exp(found) if self.shape in ("loguniform", "lognormal") else found)

    @property
    def middle(self) -> float:
        """The value assumed."""
        return float(self.at(np.array(0.5))) if self.base is None else self.base


class Bar(Record):
    """The answer with one factor at its ends and the others as assumed."""

    name: str
    low: float = Field(description="the factor's low value")
    high: float
    at_low: float = Field(description="the answer there")
    at_high: float
    swing: float = Field(description="size of the difference")


class Tornado(Record):
    """Bars, the widest first."""

    base: float = Field(description="the answer with everything as assumed")
    bars: list[Bar]


class SobolIndex(Record):
    """A factor's part in the variance of the answer, with 95 % intervals by bootstrap."""

    name: str
    first: float = Field(description="by itself")
    first_low: float
    first_high: float
    total: float = Field(description="with all its interactions")
    total_low: float
    total_high: float


class Sobol(Record):
    """Parts in the variance, the largest total first."""

    indices: list[SobolIndex]
    mean: float
    standard_deviation: float
    draws: int = Field(description="evaluations of the model")
    note: str = Field("", description="what keeps the figures from meaning something, in words")


def tornado(model: Model, factors: Sequence[Factor]) -> Tornado:
    """Move each factor to its ends while the others stay as assumed.

    Raises:
        UndercutError: factors out of range, or the model answers with something else than figures.
    """
    _check(factors)
    n = 2 * len(factors) + 1
    inputs = {f.name: np.full(n, f.middle) for f in factors}
    for i, f in enumerate(factors):
        inputs[f.name][2 * i + 1], inputs[f.name][2 * i + 2] = f.low, f.high
    answers = _ask(model, inputs, n)
    bars = []
    for i, f in enumerate(factors):
        low, high = float(answers[2 * i + 1]), float(answers[2 * i + 2])
        bars.append(
            Bar(
                name=f.name, low=f.low, high=f.high, at_low=low, at_high=high, swing=abs(high - low)
            )
        )
    bars.sort(key=lambda bar: -bar.swing)
    return Tornado(base=float(answers[0]), bars=bars)


def sobol(
    model: Model, factors: Sequence[Factor], points: int = 1024, seed: int = 0, resamples: int = 200
) -> Sobol:
    """Return first-order and total Sobol indices.

    Saltelli's design on scrambled Sobol points; first order by Saltelli et al. 2010 (Computer
    Physics Communications 181, table 2 b), total by Jansen 1999 (table 2 f there).

    Args:
        model: the function asked.
        factors: what varies, independently.
        points: base draws, a power of 2; the model sees ``points * (factors + 2)``.
        seed: of the draws and of the bootstrap.
        resamples: of the bootstrap.

    Raises:
        UndercutError: factors out of range, or the model answers with something else than figures.
    """
    _check(factors)
    collect(whole("points", points, 16, 2**20), whole("seed", seed, 0, 2**63 - 1))
    collect(whole("resamples", resamples, 10, 10_000))
    if points & (points - 1):
        collect(Problem("a power of 2", str(points), "points"))
    from scipy.stats import qmc

    d = len(factors)
    engine = qmc.Sobol(2 * d, scramble=True, rng=np.random.default_rng(seed))
    both = engine.random(points)
    a, b = both[:, :d], both[:, d:]
    mixed = np.repeat(a[None], d, axis=0)  # (d, n, d): A with one column of B
    mixed[np.arange(d), :, np.arange(d)] = b.T
    levels = np.concatenate([a, b, mixed.reshape(-1, d)])
    inputs = {f.name: f.at(levels[:, i]) for i, f in enumerate(factors)}
    answers = _ask(model, inputs, len(levels))
    mean, spread = float(answers[: 2 * points].mean()), float(answers[: 2 * points].std())
    size = float(np.abs(answers).max())
    if spread <= 1e-12 * max(size, 1e-300):
        zero = {"first": 0.0, "first_low": 0.0, "first_high": 0.0}
        zero |= {"total": 0.0, "total_low": 0.0, "total_high": 0.0}
        return Sobol(
            indices=[SobolIndex(name=f.name, **zero) for f in factors],
            mean=mean,
            standard_deviation=spread,
            draws=len(levels),
            note="The answer does not move with any of the factors.",
        )
    y = (answers - mean) / spread  # centred: the estimators lose digits to a large mean
    fa, fb, fab = y[:points], y[points : 2 * points], y[2 * points :].reshape(d, points)
    first, total = _indices(fa, fb, fab)
    rng = np.random.default_rng([seed, 1])
    drawn = []
    for _ in range(resamples):
        rows = rng.integers(points, size=points)
        if np.ptp(fa[rows]) > 0:
            drawn.append(_indices(fa[rows], fb[rows], fab[:, rows]))
    ends = np.quantile(np.array(drawn), [0.025, 0.975], axis=0) if drawn else np.zeros((2, 2, d))
    found = [
        SobolIndex(
            name=f.name,
            first=float(first[i]),
            first_low=float(ends[0, 0, i]),
            first_high=float(ends[1, 0, i]),
            total=float(total[i]),
            total_low=float(ends[0, 1, i]),
            total_high=float(ends[1, 1, i]),
        )
        for i, f in enumerate(factors)
    ]
    found.sort(key=lambda index: -index.total)
    return Sobol(indices=found, mean=mean, standard_deviation=spread, draws=len(levels))


def _indices(fa: Array, fb: Array, fab: Array) -> tuple[Array, Array]:
    variance = np.concatenate([fa, fb]).var()
    first = (fb * (fab - fa)).mean(axis=1) / variance
    total = 0.5 * ((fa - fab) ** 2).mean(axis=1) / variance
    return first, total


def _check(factors: Sequence[Factor]) -> None:
    names = [f.name for f in factors]
    found: list[Problem | None] = []
    if not names or len(set(names)) < len(names):
        found.append(Problem("at least one factor, each of its own name", str(names), "factors"))
    for f in factors:
        check = positive if f.shape in ("loguniform", "lognormal") else number
        ends = [check(f"{f.name}.low", f.low), check(f"{f.name}.high", f.high)]
        if ends == [None, None] and f.high < f.low:
            ends.append(Problem(f"at least {f.low:g}", repr(f.high), f"{f.name}.high"))
        if f.base is not None:
            ends.append(number(f"{f.name}.base", f.base))
        found += ends
    collect(*found)


def _ask(model: Model, inputs: dict[str, Array], count: int) -> Array:
    answers = np.asarray(model(inputs), dtype=np.float64)
    if answers.shape != (count,) or not np.isfinite(answers).all():
        raise fail(
            "sensitivity-answer",
            expected=f"{count} finite figures from the model",
            found=f"shape {answers.shape}, {int((~np.isfinite(answers)).sum())} of them not finite",
            where="model",
            fix="Narrow the ranges to where the model has an answer.",
        )
    return answers
