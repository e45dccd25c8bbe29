"""What a fit will cost, from a few timed batches: CPU-seconds a padded token, times the tokens."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch

from undercut.core.contracts import Estimate
from undercut.training.batches import Lanes, length_batches
from undercut.training.frozen import PASS_TOKENS
from undercut.training.job import Work
from undercut.training.loop import Recipe, train
from undercut.training.memory import check_memory
from undercut.training.sources import Part, Source
from undercut.training.trunk import Trunk

SECONDS = 0.7
"""Wall-clock time after which no further batch is timed."""
SAMPLE_TOKENS = 512
QUANTILES = (0.5, 0.1, 0.9, 0.3, 0.7)
"""Where in the batches, by length, samples are taken; the first comes twice, once unwatched."""
FORWARD = 0.35
"""Cost of a forward pass, as a share of a training step."""
START = 0.5
"""CPU-seconds to read the base, write the model and tokenise."""


def start_cost(work: Work) -> Estimate:
    """Return the cost of what the head starts from: the frozen pass, or nothing."""
    if not work.network.starts_from_rows:
        return Estimate(0.0, "")
    return pass_cost(work, "pooled")


def pass_cost(work: Work, kind: str, besides: str = "") -> Estimate:
    """Return the cost of the frozen pass over the inputs whose rows are not in the cache.

    Args:
        work: the job.
        kind: ``pooled``, or ``layer<k>`` for the states after the lower k layers.
        besides: another kind whose pass leaves this one too; inputs it will encode are free.
    """
    inputs = work.frozen.missing(work.inputs, kind, besides)
    if not inputs:
        return Estimate(0.0, f"{kind} rows in the cache" if not besides else "")
    prepared = work.frontend.prepare(inputs)
    keep = None if kind == "pooled" else int(kind.removeprefix("layer"))
    body = work.frozen.body()
    batches = length_batches(prepared.sizes, SAMPLE_TOKENS)
    picked = [batches[int(q * (len(batches) - 1))] for q in QUANTILES]
    begin, seconds, tokens = time.monotonic(), 0.0, 0
    with work.compute.products(), Lanes(1):
        for i, index in enumerate([picked[0], *picked]):
            start = time.process_time()
            work.frozen.climb(body, prepared, index, keep, finish=keep is None)
            if i:
                seconds += time.process_time() - start
                tokens += _padded(prepared.sizes, index)
            if i and time.monotonic() - begin > SECONDS:
                break
    whole = sum(_padded(prepared.sizes, b) for b in length_batches(prepared.sizes, PASS_TOKENS))
    return Estimate(seconds / tokens * whole, f"{i} batches of the frozen pass timed")


def step_cost(
    work: Work, trunk: Trunk, source: Source, held_sizes: np.ndarray, recipe: Recipe
) -> Estimate:
    """Return the cost of training, by training for a few steps; ``trunk`` is spoilt by it.

    Args:
        work: the job.
        trunk: what will be trained.
        source: training pieces, or something that costs as much.
        held_sizes: tokens of the validation pieces, ``(q,)``.
        recipe: how it will be trained.

    Raises:
        UndercutError: memory is short.
    """
    sizes, classes = source.sizes, len(work.seen)
    batches = length_batches(sizes, recipe.batch_tokens)
    at = sorted({int(q * (len(batches) - 1)) for q in QUANTILES[:3]})
    clock: list[tuple[float, int]] = []
    begin = 0.0
    steps = 1 + -(-SAMPLE_TOKENS // recipe.batch_tokens)  # the first of each is not counted
    for count, i in enumerate([at[len(at) // 2], *at]):
        part = Part(source, batches[i])
        head = work.network.head(
            lambda: torch.randn(len(work.y), work.base.width), work.targets, classes, 0
        )
        if not count:
            check_memory(work, trunk, source, head, recipe)
        several = Recipe(steps, steps, 1e-6, recipe.batch_tokens)
        ticks: list[tuple[float, int]] = []

        def watch(tokens: int, to: list[tuple[float, int]] = ticks) -> None:
            to.append((time.process_time(), tokens))

        train(
            trunk, part, work.targets, head, several, work.job.seed, work.job.threads, watch=watch
        )
        if count:  # the first run warms up
            clock.append((ticks[-1][0] - ticks[0][0], sum(t for _, t in ticks[1:])))
        begin = begin or time.monotonic()
        if clock and time.monotonic() - begin > SECONDS:
            break
    each = sum(c for c, _ in clock) / sum(t for _, t in clock)
    padded = sum(_padded(sizes, b) for b in batches) * recipe.stop
    judged = int(np.sum(held_sizes)) * recipe.stop * FORWARD
    return Estimate(
        each * (padded + judged) + START,
        f"{len(clock) * (steps - 1)} training steps timed",
    )


def sum_of(parts: Sequence[Estimate]) -> Estimate:
    """Return the sum of costs, each with its basis."""
    basis = "; ".join(p.basis for p in parts if p.basis)
    return Estimate(sum(p.cpu_seconds for p in parts), basis)


def _padded(sizes: Sequence[int] | np.ndarray, index: np.ndarray) -> int:
    return len(index) * max(int(sizes[i]) for i in index)
