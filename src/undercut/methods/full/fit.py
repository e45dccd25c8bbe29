"""Fine-tunes every layer; the word table is trimmed while training and whole when saved."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from undercut.core.types import Estimate, FitJob, Fitted, Prepared
from undercut.models.encoder.module import load_body
from undercut.training.estimate import pass_cost, step_cost, sum_of
from undercut.training.finetune import NEEDED, finetune
from undercut.training.job import Work, open_job
from undercut.training.loop import Recipe, Trunk
from undercut.training.schedule import recipe_for
from undercut.training.sources import Tokens
from undercut.training.vocabulary import restore, trim, used_ids

WORDS = "words.weight"


def fit(job: FitJob) -> Fitted:
    """Write the files of a fully fine-tuned encoder to ``job.out``.

    The frozen base's pass gives the class centroids that the head starts from; a probe of the
    same data has left it in the cache. With ``job.valid`` the best epoch and the temperature
    are chosen.

    Raises:
        UndercutError: no validation rows and no earlier choices, rows of one class only, or a
            loss that is no number any more.
    """
    work = open_job(job, NEEDED)
    pooled = work.frozen.pooled(work.texts)[: len(work.y)]
    parts = [work.frontend.prepare(job.train.inputs)]
    if work.valid_y is not None and job.valid is not None:
        parts.append(work.frontend.prepare(job.valid.inputs))
    trunk, renumber, used, whole = _trunk(work, parts)
    rows, *held = (Tokens(work.frontend, part, renumber) for part in parts)

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {**tensors, WORDS: restore(whole, used, tensors[WORDS])}

    recipe = _recipe(work, rows.sizes)
    return finetune(work, trunk, rows, held[0] if held else None, pooled, recipe, mend)


def _trunk(work: Work, parts: list[Prepared]) -> tuple[Trunk, np.ndarray, np.ndarray, Tensor]:
    """Return what is trained, new ids of old ones, the ids in use and the whole word table."""
    body = load_body(work.base.folder)
    whole = body.words.weight.detach()
    used = used_ids((ids for part in parts for ids in part.items), work.base.pad_id)
    renumber = trim(body, used)
    trunk = Trunk(body, 0, True, work.base.pooling).in_format(work.frozen.dtype)
    return trunk, renumber, used, whole


def _recipe(work: Work, sizes: np.ndarray) -> Recipe:
    o = work.job.options
    return recipe_for(
        sizes, o.epochs, 2, o.rate, 2e-4, work.base.width, o.batch_tokens, work.job.fixed
    )


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    work = open_job(job, needed=())
    prepared = work.frontend.prepare(work.texts)
    trunk, renumber, _, _ = _trunk(work, [prepared])
    sizes, n = Tokens(work.frontend, prepared).sizes, len(work.y)

    def sample(index: np.ndarray) -> Tokens:
        chosen = work.frontend.prepare([work.texts[i] for i in index])
        return Tokens(work.frontend, chosen, renumber)

    steps = step_cost(work, trunk, sample, sizes[:n], sizes[n:], _recipe(work, sizes[:n]))
    return sum_of([pass_cost(work, "pooled"), steps])
