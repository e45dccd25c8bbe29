"""Trains the upper layers from kept hidden states of the frozen lower ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.encoder.module import load_body
from undercut.training.estimate import pass_cost, start_cost, step_cost, sum_of
from undercut.training.finetune import NEEDED, finetune
from undercut.training.job import Work, open_job
from undercut.training.loop import Recipe
from undercut.training.schedule import recipe_for
from undercut.training.sources import LowerLayers, RandomStates, Source, Tokens
from undercut.training.trunk import Trunk


def fit(job: FitJob) -> Fitted:
    """Write the files of a partly trained encoder to ``job.out``.

    One pass of the frozen base keeps the states after its lower layers and gives what the head
    starts from. Then only the layers above are trained, from the kept
    states. With ``job.valid`` the best epoch and the temperature are chosen.

    Raises:
        UndercutError: no validation rows and no earlier choices, rows of one class only, or a
            loss that is no number any more.
    """
    work = open_job(job, NEEDED)
    first = first_layer(work)
    tokens = Tokens(work.frontend, work.frontend.prepare(work.inputs))
    keep = first if first and fits(work, tokens.sizes) else None
    head = work.head(keep)
    trunk = _trunk(work, first)
    rows = _source(work, trunk, job.train.inputs, keep)
    held = None
    if work.valid_y is not None:
        held = _source(work, trunk, work.held_inputs, keep)
    return finetune(work, trunk, rows, held, head, _recipe(work, rows.sizes))


def _trunk(work: Work, first: int) -> Trunk:
    trunk = Trunk(work.network, load_body(work.base.folder), first, tables=False)
    return trunk.computing(work.compute, work.job.options.checkpointing)


def first_layer(work: Work) -> int:
    """Return the first layer that is trained."""
    layers = work.base.layers
    return max(layers - (work.job.options.layers or (layers + 1) // 2), 0)


def fits(work: Work, sizes: np.ndarray) -> bool:
    """Return whether the hidden states of pieces of these sizes may be kept."""
    room = int(sizes.sum()) * work.base.width * work.compute.dtype.itemsize
    return bool(room <= work.job.options.cache_gb * 1e9)


def _source(work: Work, trunk: Trunk, inputs: Sequence[Any], keep: int | None) -> Source:
    if keep is not None:
        return work.frozen.states(inputs, keep)
    tokens = Tokens(work.frontend, work.frontend.prepare(inputs))
    return LowerLayers(trunk.body, tokens, trunk.first)


def _recipe(work: Work, sizes: np.ndarray) -> Recipe:
    """Return the recipe: a single layer is trained longer and faster than several."""
    options = work.job.options
    single = work.base.layers - first_layer(work) == 1
    usual = options.usual_single if single else options.usual
    return recipe_for(
        sizes,
        options.epochs,
        usual.epochs,
        options.rate,
        usual.rate,
        work.base.width,
        options.batch_tokens,
        work.job.fixed,
        options.accumulate,
    )


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    work = open_job(job, needed=())
    first, width = first_layer(work), work.base.width
    tokens, held = (
        Tokens(work.frontend, work.frontend.prepare(x))
        for x in (job.train.inputs, work.held_inputs)
    )
    kept = bool(first) and fits(work, np.concatenate([tokens.sizes, held.sizes]))
    trunk = _trunk(work, first)
    source: Source = LowerLayers(trunk.body, tokens, first)
    if kept:
        source = RandomStates(tokens, width, work.compute.dtype)
    costs = [start_cost(work)]
    if kept:
        besides = "pooled" if work.network.starts_from_rows else ""
        costs.append(pass_cost(work, f"layer{first}", besides))
    costs.append(step_cost(work, trunk, source, held.sizes, _recipe(work, tokens.sizes)))
    return sum_of(costs)
