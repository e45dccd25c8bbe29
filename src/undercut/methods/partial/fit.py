"""Trains the upper layers from kept hidden states of the frozen lower ones."""

from __future__ import annotations

import numpy as np

from undercut.core.types import Estimate, FitJob, Fitted
from undercut.models.encoder.module import load_body
from undercut.training.estimate import add, pass_cost, step_cost
from undercut.training.job import Work, finish_job, open_job
from undercut.training.loop import Recipe, Trunk, centroids, train
from undercut.training.schedule import recipe_for
from undercut.training.sources import LowerLayers, Source, Tokens

NEEDED = ("epochs", "stop", "rate", "temperature")


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
    keep = first if _fits(work, tokens.sizes) else None
    pooled = work.frozen.pooled(work.texts, keep)[:n]
    head = centroids(pooled, work.targets, len(work.seen))
    trunk = Trunk(load_body(work.base.folder), first, False, work.base.pooling)
    trunk.in_format(work.frozen.dtype)
    sources = [_source(work, trunk, texts, keep) for texts in _splits(work)]
    recipe = _recipe(work, sources[0].sizes)
    held = (sources[1], work.judge) if work.valid_y is not None else None
    done = train(
        trunk,
        sources[0],
        work.targets,
        head,
        recipe,
        job.seed,
        job.threads,
        held,
        job.tick,
        job.deadline,
    )
    choices = {
        "epochs": recipe.epochs,
        "stop": done.stop,
        "rate": recipe.rate,
        "temperature": float(job.fixed.get("temperature", done.temperature)),
    }
    bias = np.zeros(len(done.weight), np.float32)
    return finish_job(work, done.weight, bias, SCALE, choices, done.curve, done.tensors)


def first_layer(work: Work) -> int:
    """Return the first layer that is trained."""
    layers = work.base.layers
    wanted = work.job.options.layers or (layers + 1) // 2
    return max(layers - wanted, 0)
