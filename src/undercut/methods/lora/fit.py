"""Fits LoRA (Hu et al. 2021) with peft's layers; the base stays as published."""

from __future__ import annotations

from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.adapted.training import AdaptedNetwork
from undercut.models.encoder.module import Body
from undercut.training.adapted import Change, estimate_change, fit_change
from undercut.training.job import Work
from undercut.training.low_rank import (
    TARGETS,
    merged_weights,
    peft_settings,
    published_term,
    trained,
)


def fit(job: FitJob) -> Fitted:
    """Write a folder that ``peft`` opens, or whole weights, to ``job.out``.

    Raises:
        UndercutError: see :func:`undercut.training.adapted.fit_change`.
    """
    return fit_change(job, change)


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost from a few timed batches of the frozen pass and of training."""
    return estimate_change(job, change)


def change(work: Work, body: Body) -> Change:
    """Put terms of low rank into a body. ``B`` is zero at first, so it starts as it was."""
    from peft import LoraConfig, inject_adapter_in_model

    o = work.job.options
    targets, alpha = TARGETS[o.targets], o.alpha or 2 * o.rank
    config = LoraConfig(r=o.rank, lora_alpha=alpha, target_modules=list(targets))
    inject_adapter_in_model(config, body)

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        if not isinstance(work.network, AdaptedNetwork):
            return merged_weights(work, tensors, alpha / o.rank)
        work.network.settings = peft_settings(work, config, targets)
        return {published_term(name): value for name, value in tensors.items()}

    return Change(trained, mend)
