"""What a method trains of a body: the layers it climbs, the parameters chosen among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from undercut.models.encoder.module import Body
from undercut.training.checkpoint import Stateful
from undercut.training.compute import CPU, Compute
from undercut.training.network import Head, Network
from undercut.training.sources import Batch


def every(_: str) -> bool:
    """Choose every parameter."""
    return True


@dataclass
class Trunk:
    """A body as it is trained: its layers from ``first`` on, tables too when the source gives ids.

    Modules that a method puts into the body (low-rank matrices, adapters) are among its
    parameters under their own names; ``chosen`` leaves out the others.

    Attributes:
        network: says which rows of the output get a label.
        body: the encoder; the weights it computes with, in the processor's best format.
        first: first layer computed; layers below are the source's business.
        tables: whether the source gives token ids, so that the tables are read here.
        chosen: whether a parameter within reach, by its name in the body, is trained.
        adjust: called after each step of the optimiser with the share of the schedule that is
            over and all trained parameters in float32, by name, their gradients in ``grad``;
            may change them.
        settled: whether the state may be the one that is kept: a state that may not be gives way to
            any later one, whatever the validation rows say; every state may be without it.
        penalty: gives a term to add to the loss of a whole batch, from the body's parameters.
        remembers: what ``adjust`` keeps from step to step, for checkpoints.
        compute: device and formats.
        exact: float32 copies of the trained parameters, when the body computes in another format.
    """

    network: Network
    body: Body
    first: int = 0
    tables: bool = True
    chosen: Callable[[str], bool] = every
    adjust: Callable[[float, dict[str, Tensor]], None] | None = None
    penalty: Callable[[], Tensor] | None = None
    settled: Callable[[], bool] | None = None
    remembers: Stateful | None = None
    compute: Compute = CPU
    exact: dict[str, Tensor] = field(default_factory=dict)

    def computing(self, compute: Compute, checkpointing: bool = False) -> Trunk:
        """Move to a device; keep exact copies of what is trained, and compute in its format.

        Args:
            compute: device and formats.
            checkpointing: compute layers a second time instead of keeping what they computed.
        """
        self.compute = compute
        self.body.to(compute.device)
        self.body.fused, self.body.checkpointing = compute.fused, checkpointing
        if compute.dtype != torch.float32:
            self.exact = {n: p.detach().clone() for n, p in self.parameters().items()}
            self.body.to(compute.dtype)
        return self

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Return the trained parameters by their name in the body."""
        return {
            name: p
            for name, p in self.body.named_parameters()
            if (layer_of(name) >= self.first if layer_of(name) >= 0 else self.tables)
            and self.chosen(name)
        }

    def answer(self, batch: Batch, head: Head) -> Tensor:
        """Return the logits ``float32 (R, S)`` of a batch's rows."""
        h = self.body.embed(batch.x) if self.tables else batch.x
        h = self.body.climb(h, batch.mask, self.first)  # (B, T, D)
        return head(self.network.gather(h, batch.mask, batch.arrays), batch.arrays)


def layer_of(name: str) -> int:
    """Return the layer a parameter of the body belongs to; -1 for the tables."""
    return int(name.split(".")[1]) if name.startswith("layers.") else -1
