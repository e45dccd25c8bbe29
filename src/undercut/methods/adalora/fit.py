"""Fits AdaLoRA (Zhang et al. 2023, arXiv:2303.10512) with peft's layers and rank allocator.

The allocator weighs every singular direction by how much the loss feels it (equation 9) and keeps
fewer and fewer of them (equation 12), over the part of the schedule between ``WARM`` and ``DONE``;
what is kept is then trained to the end. Only states with the final ranks may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from undercut.core.contracts import Estimate, FitJob, Fitted
from undercut.models.adapted.attach import RANK_SLACK
from undercut.models.adapted.training import AdaptedNetwork
from undercut.models.encoder.module import Body
from undercut.training.adapted import Change, estimate_change, fit_change
from undercut.training.job import Work
from undercut.training.low_rank import (
    TARGETS,
    merged_weights,
    peft_settings,
    published_layer,
    published_term,
    trained,
)

STEPS = 1000
"""Length of the schedule of ranks, whatever the number of training steps."""
WARM, DONE = 0.15, 0.6
"""Shares of the schedule before which no rank falls, and after which none does."""
WEIGHTS = ("ipt", "exp_avg_ipt", "exp_avg_unc")
"""What peft's allocator remembers of every term (equations 9 to 11)."""


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
    """Put terms of low rank into a body. Singular values are zero at first."""
    from peft import AdaLoraConfig, inject_adapter_in_model

    o = work.job.options
    targets, alpha = TARGETS[o.targets], o.alpha or 2 * o.start_rank
    config = AdaLoraConfig(
        init_r=o.start_rank,
        target_r=o.rank,
        lora_alpha=alpha,
        total_step=STEPS,
        tinit=round(WARM * STEPS),
        tfinal=STEPS - round(DONE * STEPS),
        orth_reg_weight=o.orthogonality,
        target_modules=list(targets),
    )
    inject_adapter_in_model(config, body)
    shrink = Shrink(config, {n: p.detach() for n, p in body.named_parameters() if trained(n)})

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        if not isinstance(work.network, AdaptedNetwork):
            return merged_weights(work, tensors, alpha / (o.start_rank + RANK_SLACK))
        kept = kept_directions(tensors)
        pattern = {f"{published_layer(n)}.lora_E": rows.tolist() for n, rows in kept.items()}
        settings = peft_settings(work, config, targets)
        work.network.settings = settings | {"rank_pattern": pattern}
        return {published_term(n): v for n, v in only(tensors, kept).items()}

    penalty = _penalty(body, o.orthogonality)
    return Change(trained, mend, shrink.adjust, penalty, shrink.settled, shrink)


@dataclass
class Shrink:
    """The schedule of ranks over the exact, float32 copies of the terms.

    Attributes:
        config: peft's configuration.
        start: the terms at first, by their names in the body.
        allocator: peft's, made when it is first needed.
        done: whether the ranks are final.
    """

    config: Any
    start: dict[str, Tensor]
    allocator: Any = None
    done: bool = False
    pattern: Any = field(default=None)

    def adjust(self, share: float, named: dict[str, Tensor]) -> None:
        """Weigh the directions after a step, and set the least of them to zero when it is time."""
        from peft.tuners.adalora.layer import RankAllocator

        terms = _Terms({n: p for n, p in named.items() if trained(n)})
        if self.allocator is None:
            self.allocator = RankAllocator(terms, self.config, "default")
        last = self.config.total_step - self.config.tfinal
        step = min(int(share * STEPS), last)
        if self.done:
            self.allocator.mask_using_rank_pattern(terms, self.pattern)
        elif step < last:
            self.allocator.update_and_allocate(terms, step)
        else:
            _, self.pattern = self.allocator.update_and_allocate(terms, last, force_mask=True)
            self.done = True

    def state(self) -> dict[str, Any]:
        """Return what the directions are weighed by, and the final ranks."""
        if self.allocator is None:
            return {}
        weights = {
            f"{kind} {name}": value
            for kind in WEIGHTS
            for name, value in getattr(self.allocator, kind).items()
        }
        return weights | {"done": self.done, "pattern": self.pattern}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""
        if not state:
            return
        from peft.tuners.adalora.layer import RankAllocator

        self.allocator = RankAllocator(_Terms(self.start), self.config, "default")
        for kind in WEIGHTS:
            own = {k.partition(" ")[2]: v for k, v in state.items() if k.startswith(f"{kind} ")}
            setattr(self.allocator, kind, own)
        self.done, self.pattern = state["done"], state["pattern"]

    def settled(self) -> bool:
        """Return whether the ranks are final."""
        return self.done


class _Terms:
    """What peft's allocator needs of a model: names, values and gradients."""

    def __init__(self, terms: dict[str, Tensor]) -> None:
        self.terms = terms

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the terms."""
        return iter(self.terms.items())


def _penalty(body: Body, weight: float) -> Any:
    """Return the mean distance of the directions from orthonormal ones (equation 4), weighed."""
    sides = [
        (".lora_A" in name, p)
        for name, p in body.named_parameters()
        if trained(name) and ".lora_E" not in name
    ]

    def penalty() -> Tensor:
        total = torch.zeros((), device=sides[0][1].device)
        for wide, p in sides:
            rows = p.float() if wide else p.float().T  # (r, D)
            total = total + torch.linalg.norm(rows @ rows.T - torch.eye(len(rows), device=p.device))
        return weight * total / len(sides)

    return penalty if weight else None


def kept_directions(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return which singular directions of each layer are left, ``bool (r,)``."""
    return {
        name.partition(".lora_E")[0]: value.reshape(-1) != 0
        for name, value in tensors.items()
        if ".lora_E" in name
    }


def only(tensors: dict[str, Tensor], kept: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the terms cut down to the directions that are left."""
    cut = {}
    for name, value in tensors.items():
        rows = kept[name.partition(".lora_")[0]]
        cut[name] = value[:, rows] if ".lora_B" in name else value[rows]
    return cut
