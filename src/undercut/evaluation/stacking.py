"""Stacks: how much each part counts, and whether stacking pays."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.measures.calibration import fit_temperature, log_loss
from undercut.measures.intervals import z_score
from undercut.measures.paired import SIGNIFICANCE, paired_test
from undercut.measures.record import PairedTest
from undercut.measures.scores import clean, fault, log_softmax, target_fault
from undercut.models.composite.stack import pool

FEW_ROWS = 50
FIRST_WEIGHT = 0.6
STEPS = {2: 20, 3: 20, 4: 10}
"""Grid steps from 0 to 1 for each weight, by number of parts."""
CHOSEN = 2
"""Numbers chosen on validation beyond the parts' own: a weight and the final temperature."""


class StackWeights(Record):
    """How parts are pooled: ``softmax(sum_i w_i log p_i / T_i / T)``."""

    weights: tuple[float, ...] = Field(description="one a part, summing to 1")
    temperatures: tuple[float, ...] = Field(description="one a part")
    temperature: float = Field(description="of the joined distribution")
    rows: int = Field(description="validation rows it was fitted on")
    accuracy: float | None = Field(
        default=None, description="on those rows, so slightly optimistic"
    )
    log_loss: float | None = Field(default=None, description="on those rows, nats")
    note: str = Field(default="", description="what was not fitted, and why")


class StackValue(Record):
    """Whether a stack beats its best part on validation."""

    pays: bool
    reason: str
    best: int = Field(description="position of the most accurate part")
    test: PairedTest = Field(description="that part (A) against the stack (B)")
    log_loss_parts: tuple[float, ...] = Field(description="each part at its temperature, nats")
    log_loss_stack: float
    gain: float = Field(description="fall in log loss from the best part, less its optimism, nats")
    gain_low: float = Field(description="lower 95 % one-sided bound of the gain, nats")


def fit_stack(parts: Sequence[np.ndarray], y: np.ndarray) -> StackWeights:
    """Choose temperatures and weights of a log-linear pool on validation.

    Each part gets its own temperature, then weights are taken from a grid (steps of .05 for two
    or three parts, .1 for four), then the pool gets a final temperature. Log loss and not
    accuracy decides: it uses every row, where accuracy changes with a handful. Of all weights
    whose log loss is within one standard error of the lowest (paired by row), those nearest to
    the usual .6 for the first part win, so that few rows do not pull them far (one-standard-error
    rule, Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees, section
    3.4.3). With fewer than 50 rows the first part gets .6 and the others share the rest. Pool:
    Genest and Zidek 1986, Statistical Science 1(1), p. 119.

    Args:
        parts: log-probabilities ``(n, K)`` of two to four parts, the strongest first.
        y: encoded targets ``(n,)``; may be empty.

    Returns:
        The weights; ``note`` says what was assumed where rows were too few.

    Raises:
        UndercutError: parts or targets that do not fit together.
    """
    scores, y = _checked(parts, y)
    n, m = len(y), len(scores)
    if not n:
        note = f"no validation rows: weight {FIRST_WEIGHT} and temperatures 1 assumed"
        return StackWeights(
            weights=_assumed(m), temperatures=(1.0,) * m, temperature=1.0, rows=0, note=note
        )
    temperatures = tuple(fit_temperature(part, y) for part in scores)
    warm = [log_softmax(part / t) for part, t in zip(scores, temperatures, strict=True)]
    if n < FEW_ROWS:
        weights = _assumed(m)
        note = f"{n} validation rows are too few to choose a weight: {FIRST_WEIGHT} assumed"
    else:
        weights = _chosen(warm, y)
        note = ""
    mixed = _mix(warm, weights)
    temperature = fit_temperature(mixed, y)
    final = log_softmax(mixed / temperature)
    return StackWeights(
        weights=weights,
        temperatures=temperatures,
        temperature=temperature,
        rows=n,
        accuracy=float((final.argmax(axis=1) == y).mean()),
        log_loss=log_loss(final, y),
        note=note,
    )


def stack_log_probs(parts: Sequence[np.ndarray], weights: StackWeights) -> np.ndarray:
    """Return the pooled log-probabilities ``float32 (n, K)``, as the served stack gives them."""
    return pool(
        [clean(part) for part in parts],
        weights.weights,
        weights.temperatures,
        weights.temperature,
    )


def stack_value(parts: Sequence[np.ndarray], y: np.ndarray, weights: StackWeights) -> StackValue:
    """Decide whether the stack is better on validation than its best part.

    It pays when its accuracy is significantly better (p below 5 %), or when it is no worse and
    log loss, row by row against the part with the lowest, falls significantly (one-sided 5 %,
    normal). The fall is first reduced by 2/n nats for the two numbers chosen on the same rows
    (Akaike 1974, IEEE Transactions on Automatic Control 19(6), p. 716).

    Args:
        parts: log-probabilities ``(n, K)`` of the parts, as given to :func:`fit_stack`.
        y: encoded targets ``(n,)`` of the rows the stack was fitted on, at least one.
        weights: the fitted stack.

    Returns:
        The decision with its evidence and one plain sentence.

    Raises:
        UndercutError: parts or targets that do not fit together, or no rows.
    """
    scores, y = _checked(parts, y)
    if not len(y):
        raise fail("stack-rows", expected="validation rows to decide on", found="none")
    stack = np.asarray(stack_log_probs(scores, weights), np.float64)
    warm = [log_softmax(p / t) for p, t in zip(scores, weights.temperatures, strict=True)]
    right = [part.argmax(axis=1) == y for part in scores]
    losses = tuple(log_loss(part, y) for part in warm)
    best = max(range(len(scores)), key=lambda i: (right[i].sum(), -losses[i]))
    test = paired_test(right[best], stack.argmax(axis=1) == y)
    lowest = warm[int(np.argmin(losses))]
    at = np.arange(len(y))
    fall = stack[at, y] - lowest[at, y]
    gain = float(fall.mean()) - CHOSEN / len(y)
    spread = float(fall.std(ddof=1)) if len(y) > 1 else float("inf")
    gain_low = gain - z_score(1 - SIGNIFICANCE, sides=1) * spread / float(np.sqrt(len(y)))
    surely = gain_low > 0 and test.difference >= 0
    points = f"{100 * test.difference:+.1f} points of accuracy on {len(y)} validation rows"
    if test.better:
        reason = f"{points}, significant (p {test.p_value:.3f})."
    elif surely:
        reason = f"{points}, and log loss falls by {gain:.3f} nats, significant."
    elif test.difference < 0:
        reason = f"{points}: its best part alone is more accurate."
    else:
        reason = f"{points}, not significant (p {test.p_value:.3f}), nor is the fall in log loss."
    return StackValue(
        pays=test.better or surely,
        reason=reason,
        best=best,
        test=test,
        log_loss_parts=losses,
        log_loss_stack=log_loss(stack, y),
        gain=gain,
        gain_low=gain_low,
    )


def _assumed(m: int) -> tuple[float, ...]:
    """Return the weights used when nothing can be chosen."""
    return (FIRST_WEIGHT, *[(1 - FIRST_WEIGHT) / (m - 1)] * (m - 1))


def _chosen(parts: Sequence[np.ndarray], y: np.ndarray) -> tuple[float, ...]:
    """Return the grid weights nearest to the assumed ones among those as good as the best."""
    at, usual = np.arange(len(y)), np.asarray(_assumed(len(parts)))
    grid = _grid(len(parts))
    losses = np.stack([-log_softmax(_mix(parts, w))[at, y] for w in grid])  # (G, n)
    excess = losses - losses[losses.mean(axis=1).argmin()]
    error = excess.std(axis=1, ddof=1) / np.sqrt(len(y))
    good = np.flatnonzero(excess.mean(axis=1) <= error)
    return grid[min(good, key=lambda i: float(np.abs(np.asarray(grid[i]) - usual).sum()))]


def _grid(m: int) -> list[tuple[float, ...]]:
    """Return all weights in whole steps that sum to 1, heaviest first part first."""
    steps = STEPS[m]
    heads = itertools.product(range(steps, -1, -1), repeat=m - 1)
    return [
        (*[h / steps for h in head], (steps - sum(head)) / steps)
        for head in heads
        if sum(head) <= steps
    ]


def _mix(parts: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted sum of parts, ``(n, K)``, not normalised."""
    return sum((w * p for w, p in zip(weights, parts, strict=True) if w), np.zeros(parts[0].shape))


def _checked(parts: Sequence[np.ndarray], y: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return floored scores and targets, or raise."""
    wrong = "" if len(parts) in STEPS else f"{len(parts)} parts"
    for i, part in enumerate(parts):
        shape = np.shape(part)
        k = np.shape(parts[0])[-1] if np.ndim(parts[0]) else 0
        wrong = wrong or fault(part, k) or target_fault(y, shape[0], k)
        if wrong:
            raise fail(
                "stack-parts",
                expected="two to four parts scoring the same rows and labels",
                found=wrong,
                where=f"part {i + 1}",
            )
    if wrong:
        raise fail("stack-parts", expected="two to four parts", found=wrong)
    return [clean(part) for part in parts], np.asarray(y)
