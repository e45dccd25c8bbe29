"""The common end of every method that trains: run the loop, note the choices, write the files."""

from __future__ import annotations

import time
from collections.abc import Callable

from torch import Tensor

from undercut.core.contracts import Fitted
from undercut.training.job import Work, finish_job
from undercut.training.loop import Recipe, train
from undercut.training.memory import check_memory
from undercut.training.network import Head
from undercut.training.sources import Source
from undercut.training.trunk import Trunk
from undercut.training.worker import Done
from undercut.training.workers import crew_of, is_worker

NEEDED = ("epochs", "stop", "rate", "temperature")
"""What a refit repeats."""


def finetune(
    work: Work,
    trunk: Trunk,
    rows: Source,
    held: Source | None,
    head: Head,
    recipe: Recipe,
    mend: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict,
) -> Fitted:
    """Train ``trunk`` and ``head`` and write the model.

    Args:
        work: the job.
        trunk: what to train.
        rows: training pieces.
        held: validation pieces, or ``None`` in a refit.
        head: where the head starts; left as it was at the best epoch.
        recipe: how long and how fast.
        mend: turns the trained tensors of the body into those to be saved.

    Raises:
        UndercutError: memory is short, or the loss is no number any more.
    """
    job = work.job
    if not is_worker():
        check_memory(work, trunk, rows, head, recipe)
    deadline = None
    if job.deadline is not None:
        deadline = max(job.deadline - (time.monotonic() - work.began), 1e-3)
    with crew_of(job) as crew:
        done = train(
            trunk,
            rows,
            work.targets,
            head,
            recipe,
            job.seed,
            max(job.threads // crew.size, 1),
            held=(held, work.judge) if held is not None else None,
            tick=job.tick,
            deadline=deadline,
            checkpoint=job.checkpoint,
            crew=crew,
        )
    if crew.rank:
        raise Done
    choices = {
        "epochs": done.epochs,
        "stop": done.stop,
        "rate": recipe.rate,
        "temperature": float(job.fixed.get("temperature", done.temperature)),
    }
    head.to("cpu")
    head.load_state_dict(done.head)
    saved = mend(done.tensors)
    trained = sum(saved.get(n, t).numel() for n, t in done.tensors.items())
    return finish_job(work, head, choices, done.curve, saved, trained)
