"""Stacks: how much each part counts, and whether stacking pays.

Scores are of units, decisions are about items: words of one sentence are right and wrong together,
so errors are summed up by item before their spread is taken (cluster-robust standard errors, Liang
and Zeger 1986, Biometrika 73(1), p. 13). In text classification each unit is an item.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from pydantic import Field

from undercut.core.contracts import Judged
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
    rows: int = Field(description="validation units it was fitted on")
    accuracy: float | None = Field(
        default=None, description="of those units, so slightly optimistic"
    )
    log_loss: float | None = Field(default=None, description="of those units, nats")
    note: str = Field(default="", description="what was not fitted, and why")


class StackValue(Record):
    """Whether a stack beats its best part on validation."""

    pays: bool
    reason: str
    best: int = Field(description="position of the part of highest quality")
    difference: float = Field(description="quality of the stack less that of the best part")
    test: PairedTest = Field(description="that part (A) against the stack (B), item by item")
    log_loss_parts: tuple[float, ...] = Field(description="each part at its temperature, nats")
    log_loss_stack: float
    gain: float = Field(description="fall in log loss from the best part, less its optimism, nats")
    gain_low: float = Field(description="lower 95 % one-sided bound of the gain, nats")


def fit_stack(
    parts: Sequence[np.ndarray], y: np.ndarray, items: np.ndarray | None = None
) -> StackWeights:
    """Choose temperatures and weights of a log-linear pool on validation.

    Each part gets its own temperature, then weights are taken from a grid (steps of .05 for two
    or three parts, .1 for four), then the pool gets a final temperature. Log loss and not
    accuracy decides: it uses every unit, where accuracy changes with a handful. Of all weights
    whose log loss is within one standard error of the lowest (paired by item), those nearest to
    the usual .6 for the first part win, so that few rows do not pull them far (one-standard-error
    rule, Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees, section
    3.4.3). With fewer than 50 items the first part gets .6 and the others share the rest. Pool:
    Genest and Zidek 1986, Statistical Science 1(1), p. 119.

    Args:
        parts: log-probabilities ``(n, K)`` of two to four parts, the strongest first.
        y: encoded targets ``(n,)``; may be empty.
        items: item of each unit, ``int (n,)``; each its own if not given.

    Returns:
        The weights; ``note`` says what was assumed where rows were too few.

    Raises:
        UndercutError: parts or targets that do not fit together.
    """
    scores, y = _checked(parts, y)
    n, m = len(y), len(scores)
    items = np.arange(n) if items is None else items
    if not n:
        note = f"no validation rows: weight {FIRST_WEIGHT} and temperatures 1 assumed"
        return StackWeights(
            weights=_assumed(m), temperatures=(1.0,) * m, temperature=1.0, rows=0, note=note
        )
    temperatures = tuple(fit_temperature(part, y) for part in scores)
    warm = [log_softmax(part / t) for part, t in zip(scores, temperatures, strict=True)]
    if (rows := len(np.unique(items))) < FEW_ROWS:
        weights = _assumed(m)
        note = f"{rows} validation rows are too few to choose a weight: {FIRST_WEIGHT} assumed"
    else:
        weights = _chosen(warm, y, items)
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


def stack_value(
    parts: Sequence[np.ndarray],
    y: np.ndarray,
    weights: StackWeights,
    judge: Callable[[np.ndarray], Judged],
    quality_name: str = "accuracy",
) -> StackValue:
    """Decide whether the stack is better on validation than its best part.

    It pays when significantly more items are entirely right (p below 5 %) and quality is no lower,
    or when neither falls and log loss, against the part with the lowest, falls significantly
    (one-sided 5 %, normal, by item). The fall is first reduced by 2/n nats for the two numbers
    chosen on the same rows (Akaike 1974, IEEE Transactions on Automatic Control 19(6), p. 716),
    times the factor by which the units of an item vary together.

    Args:
        parts: log-probabilities ``(n, K)`` of the parts, as given to :func:`fit_stack`.
        y: encoded targets ``(n,)`` of the rows the stack was fitted on, at least one.
        weights: the fitted stack.
        judge: sets scores of those rows against their targets.
        quality_name: what the task calls its quality.

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
    judged, together = [judge(part) for part in scores], judge(stack)
    losses = tuple(log_loss(part, y) for part in warm)
    best = max(range(len(scores)), key=lambda i: (judged[i].quality.value, -losses[i]))
    test = paired_test(judged[best].right, together.right)
    difference = together.quality.value - judged[best].quality.value
    lowest = warm[int(np.argmin(losses))]
    at = np.arange(len(y))
    fall = stack[at, y] - lowest[at, y]
    error, jointly = _error(fall, together.items)
    gain = float(fall.mean()) - CHOSEN * jointly / len(y)
    gain_low = gain - z_score(1 - SIGNIFICANCE, sides=1) * error
    surely = gain_low > 0 and test.difference >= 0 and difference >= 0
    better = test.better and difference >= 0
    points = f"{100 * difference:+.1f} points of {quality_name} on {test.n} validation rows"
    if better:
        reason = f"{points}, significant (p {test.p_value:.3f})."
    elif surely:
        reason = f"{points}, and log loss falls by {gain:.3f} nats, significant."
    elif difference < 0:
        reason = f"{points}: its best part alone is better."
    else:
        reason = f"{points}, not significant (p {test.p_value:.3f}), nor is the fall in log loss."
    return StackValue(
        pays=better or surely,
        reason=reason,
        best=best,
        difference=difference,
        test=test,
        log_loss_parts=losses,
        log_loss_stack=log_loss(stack, y),
        gain=gain,
        gain_low=gain_low,
    )


def _error(values: np.ndarray, items: np.ndarray) -> tuple[float, float]:
    """Return the standard error of a mean over units, and how much items add to its square.

    Args:
        values: one a unit, ``(n,)``.
        items: item of each unit, ``int (n,)``.
    """
    n, centred = len(values), values - values.mean()
    sums = np.bincount(items, centred)
    count = len(np.unique(items))
    if count < 2:
        return float("inf"), 1.0
    square = float((sums**2).sum()) * count / (count - 1)
    apart = float((centred**2).sum()) * n / (n - 1)
    return square**0.5 / n, max(square / apart, 1.0) if apart else 1.0


def _assumed(m: int) -> tuple[float, ...]:
    """Return the weights used when nothing can be chosen."""
    return (FIRST_WEIGHT, *[(1 - FIRST_WEIGHT) / (m - 1)] * (m - 1))


def _chosen(parts: Sequence[np.ndarray], y: np.ndarray, items: np.ndarray) -> tuple[float, ...]:
    """Return the grid weights nearest to the assumed ones among those as good as the best."""
    at, usual = np.arange(len(y)), np.asarray(_assumed(len(parts)))
    grid = _grid(len(parts))
    losses = np.stack([-log_softmax(_mix(parts, w))[at, y] for w in grid])  # (G, n)
    excess = losses - losses[losses.mean(axis=1).argmin()]
    error = np.array([_error(row, items)[0] for row in excess])
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
