"""Fine-tunes every layer; the word table is trimmed while training and whole when saved."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted, Prepared
from undercut.models.encoder.module import load_body
from undercut.training.estimate import start_cost, step_cost, sum_of
from undercut.training.finetune import NEEDED, finetune
from undercut.training.job import Work, open_job
from undercut.training.loop import Recipe
from undercut.training.schedule import recipe_for
from undercut.training.sources import Tokens
from undercut.training.trunk import Trunk
from undercut.training.vocabulary import restore, trim, used_ids

WORDS = "words.weight"


def fit(job: FitJob) -> Fitted:
    """Write the files of a fully fine-tuned encoder to ``job.out``.

    What a head starts from may take a pass of the frozen base; a probe of the same data has left
    it in the cache. With ``job.valid`` the best epoch and the temperature
    are chosen.

    Raises:
        UndercutError: no validation rows and no earlier choices, rows of one class only, or a
            loss that is no number any more.
    """
    work = open_job(job, NEEDED)
    head = work.head()
    parts = [work.frontend.prepare(job.train.inputs)]
    if work.valid_y is not None:
        parts.append(work.frontend.prepare(work.held_inputs))
    trunk, renumber, used, whole = _trunk(work, parts)
    rows, *held = (Tokens(work.frontend, part, renumber) for part in parts)

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {**tensors, WORDS: restore(whole, used, tensors[WORDS])}

    recipe = _recipe(work, rows.sizes)
    return finetune(work, trunk, rows, held[0] if held else None, head, recipe, mend)


def _trunk(work: Work, parts: list[Prepared]) -> tuple[Trunk, np.ndarray, np.ndarray, Tensor]:
    """Return what is trained, new ids of old ones, the ids in use and the whole word table."""
    body = load_body(work.base.folder)
    whole = body.words.weight.detach()
    ids = (row for part in parts for row in work.network.token_ids(part))
    used = used_ids(ids, work.base.pad_id)
    renumber = trim(body, used)
    trunk = Trunk(work.network, body).computing(work.compute, work.job.options.checkpointing)
    return trunk, renumber, used, whole


def _recipe(work: Work, sizes: np.ndarray) -> Recipe:
    o = work.job.options
    return recipe_for(
        sizes,
        o.epochs,
        o.usual.epochs,
        o.rate,
        o.usual.rate,
        work.base.width,
        o.batch_tokens,
        work.job.fixed,
        o.accumulate,
    )


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    work = open_job(job, needed=())
    parts = [work.frontend.prepare(x) for x in (job.train.inputs, work.held_inputs)]
    trunk, renumber, _, _ = _trunk(work, parts)
    rows, held = (Tokens(work.frontend, part, renumber) for part in parts)
    steps = step_cost(work, trunk, rows, held.sizes, _recipe(work, rows.sizes))
    return sum_of([start_cost(work), steps])
