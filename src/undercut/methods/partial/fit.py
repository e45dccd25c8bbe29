"""Trains the upper layers from kept hidden states of the frozen lower ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.core.types import Estimate, FitJob, Fitted
from undercut.models.encoder.module import load_body
from undercut.training.estimate import pass_cost, step_cost, sum_of
from undercut.training.finetune import NEEDED, finetune
from undercut.training.job import Work, open_job
from undercut.training.loop import Recipe, Trunk
from undercut.training.schedule import recipe_for
from undercut.training.sources import LowerLayers, Source, Tokens, random_states


def fit(job: FitJob) -> Fitted:
    """Write the files of a partly trained encoder to ``job.out``.

    One pass of the frozen base keeps the states after its lower layers and gives the class
    centroids that the head starts from. Then only the layers above are trained, from the kept
    states. With ``job.valid`` the best epoch and the temperature are chosen.

    Raises:
        UndercutError: no validation rows and no earlier choices, rows of one class only, or a
            loss that is no number any more.
    """
    work = open_job(job, NEEDED)
    n, first = len(work.y), first_layer(work)
    tokens = Tokens(work.frontend, work.frontend.prepare(work.texts))
    keep = first if first and fits(work, tokens.sizes) else None
    pooled = work.frozen.pooled(work.texts, keep)[:n]
    trunk = Trunk(load_body(work.base.folder), first, False, work.base.pooling)
    trunk.in_format(work.frozen.dtype)
    rows = _source(work, trunk, job.train.inputs, keep)
    held = None
    if work.valid_y is not None and job.valid is not None:
        held = _source(work, trunk, job.valid.inputs, keep)
    return finetune(work, trunk, rows, held, pooled, _recipe(work, rows.sizes))


def first_layer(work: Work) -> int:
    """Return the first layer that is trained."""
    layers = work.base.layers
    return max(layers - (work.job.options.layers or (layers + 1) // 2), 0)


def fits(work: Work, sizes: np.ndarray) -> bool:
    """Return whether the hidden states of texts of these sizes may be kept."""
    room = int(sizes.sum()) * work.base.width * work.frozen.dtype.itemsize
    return bool(room <= work.job.options.cache_gb * 1e9)


def _source(work: Work, trunk: Trunk, texts: Sequence[str], keep: int | None) -> Source:
    if keep is not None:
        return work.frozen.states(texts, keep)
    tokens = Tokens(work.frontend, work.frontend.prepare(texts))
    return LowerLayers(trunk.body, tokens, trunk.first)


def _recipe(work: Work, sizes: np.ndarray) -> Recipe:
    """Return the recipe: a single layer is trained longer and faster than several."""
    options = work.job.options
    single = work.base.layers - first_layer(work) == 1
    return recipe_for(
        sizes,
        options.epochs,
        4 if single else 3,
        options.rate,
        6e-4 if single else 3e-4,
        work.base.width,
        options.batch_tokens,
        work.job.fixed,
    )


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    work = open_job(job, needed=())
    first = first_layer(work)
    prepared = work.frontend.prepare(work.texts)
    sizes = Tokens(work.frontend, prepared).sizes
    kept = bool(first) and fits(work, sizes)
    trunk = Trunk(load_body(work.base.folder), first, False, work.base.pooling)
    trunk.in_format(work.frozen.dtype)

    def sample(index: np.ndarray) -> Source:
        if kept:
            return random_states(sizes[index], work.base.width, work.frozen.dtype)
        chosen = work.frontend.prepare([work.texts[i] for i in index])
        return LowerLayers(trunk.body, Tokens(work.frontend, chosen), first)

    n = len(work.y)
    costs = [pass_cost(work, "pooled")]
    if kept:
        costs.append(pass_cost(work, f"layer{first}", besides="pooled"))
    costs.append(step_cost(work, trunk, sample, sizes[:n], sizes[n:], _recipe(work, sizes[:n])))
    return sum_of(costs)
