"""Train a small part of an encoder, or a small thing put into it; the rest stays as published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.encoder.module import Body, load_body
from undercut.training.checkpoint import Stateful
from undercut.training.estimate import start_cost, step_cost, sum_of
from undercut.training.finetune import NEEDED, finetune
from undercut.training.job import Work, open_job
from undercut.training.loop import Recipe
from undercut.training.schedule import recipe_for
from undercut.training.sources import Tokens
from undercut.training.trunk import Trunk

ENCODER, ADAPTED = "encoder", "adapted"


@dataclass(frozen=True)
class Change:
    """What a method does to a body.

    Attributes:
        chosen: whether a parameter of the changed body, by its name, is trained.
        mend: turns the trained tensors, by their names in the body, into those that the network
            saves.
        adjust, penalty, settled, remembers: see :class:`undercut.training.trunk.Trunk`.
    """

    chosen: Callable[[str], bool]
    mend: Callable[[dict[str, Tensor]], dict[str, Tensor]]
    adjust: Callable[[float, dict[str, Tensor]], None] | None = None
    penalty: Callable[[], Tensor] | None = None
    settled: Callable[[], bool] | None = None
    remembers: Stateful | None = None


Changer = Callable[[Work, Body], Change]
"""Puts the method's own parameters into a body; random numbers are seeded around it."""


def fit_change(job: FitJob, change: Changer) -> Fitted:
    """Write the files of a slightly changed encoder to ``job.out``.

    With ``job.valid`` the best epoch and the temperature are chosen.

    Raises:
        UndercutError: no validation rows and no earlier choices, rows of one class only, or a
            loss that is no number any more.
    """
    work = open_job(plain(job), NEEDED)
    head = work.head()
    trunk, done, added = _changed(work, change)
    rows = Tokens(work.frontend, work.frontend.prepare(job.train.inputs))
    held = None
    if work.valid_y is not None:
        held = Tokens(work.frontend, work.frontend.prepare(work.held_inputs))
    fitted = finetune(work, trunk, rows, held, head, recipe_of(work, rows), done.mend)
    if fitted.architecture != ADAPTED:  # merged: nothing is left of what was put in
        return fitted
    return replace(fitted, total_parameters=fitted.total_parameters + added)


def estimate_change(job: FitJob, change: Changer) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    work = open_job(plain(job), needed=())
    trunk, _, _ = _changed(work, change)
    trunk.adjust = None
    rows, held = (
        Tokens(work.frontend, work.frontend.prepare(x))
        for x in (job.train.inputs, work.held_inputs)
    )
    steps = step_cost(work, trunk, rows, held.sizes, recipe_of(work, rows))
    return sum_of([start_cost(work), steps])


def plain(job: FitJob) -> FitJob:
    """Return the job of a plain encoder when the options ask for merged weights."""
    merge = job.architecture == ADAPTED and getattr(job.options, "merge", False)
    return replace(job, architecture=ENCODER) if merge else job


def recipe_of(work: Work, rows: Tokens) -> Recipe:
    """Return how long and how fast to train."""
    o = work.job.options
    return recipe_for(
        rows.sizes,
        o.epochs,
        o.usual.epochs,
        o.rate,
        o.usual.rate,
        work.base.width,
        o.batch_tokens,
        work.job.fixed,
        o.accumulate,
    )


def _changed(work: Work, change: Changer) -> tuple[Trunk, Change, int]:
    """Return what is trained, what was done to the body, and the parameters put into it."""
    body = load_body(work.base.folder)
    before = {name for name, _ in body.named_parameters()}
    with seeded(work.job.seed):
        done = change(work, body)
    for name, parameter in body.named_parameters():
        parameter.requires_grad_(done.chosen(name))
    trunk = Trunk(
        work.network,
        body,
        chosen=done.chosen,
        adjust=done.adjust,
        penalty=done.penalty,
        settled=done.settled,
        remembers=done.remembers,
    ).computing(work.compute, work.job.options.checkpointing)
    added = sum(p.numel() for n, p in trunk.parameters().items() if n not in before)
    return trunk, done, added


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch's random numbers start from ``seed`` inside the block, and as before after it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
