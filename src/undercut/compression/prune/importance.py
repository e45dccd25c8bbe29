"""How much each head, feed-forward unit and layer matters, measured on training rows.

Heads: the expected sensitivity of the loss to a mask on the head's output, ``E |dL/d mask|``
(Michel, Levy and Neubig 2019, Are Sixteen Heads Really Better than One?, NeurIPS, equation 2).
Units: the same with a mask on each unit, the first-order Taylor criterion of Molchanov et al.
2019, Importance Estimation for Neural Network Pruning, CVPR, equation 8. The absolute value is
taken a piece (text or window) at a time. Layers: the loss with the layer left out.

Shapes: B pieces, T tokens, L layers, H heads, F units, U units that get a label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.shrinking import ShrinkJob

BATCH = 16


@dataclass(frozen=True)
class Importance:
    """Larger matters more: ``heads (L, H)``, ``units (L, F)``, ``layers (L,)``."""

    heads: np.ndarray
    units: np.ndarray
    layers: np.ndarray


def importance(job: ShrinkJob, rows: int) -> Importance:
    """Measure importance on up to ``rows`` of the job's rows."""
    assert job.rows is not None
    info = plugins.get("model", job.manifest.architecture)
    task = plugins.attr(plugins.get("task", job.manifest.task).load)()
    module = plugins.attr(info.module)(job.source, job.manifest).requires_grad_(False)
    frontend = plugins.attr(info.frontend)(job.source, job.manifest)
    order = np.random.default_rng(job.seed).permutation(len(job.rows))[:rows]
    sample = job.rows.take(order)
    prepared = frontend.prepare(sample.inputs)
    y = torch.from_numpy(np.asarray(task.encode(sample, job.manifest.labels), np.int64))
    by_size = np.argsort(np.asarray(prepared.sizes), kind="stable")
    layers = module.body.layers
    heads = torch.zeros(len(layers), layers[0].heads)
    units = torch.zeros(len(layers), layers[0].widen.out_features)
    without = torch.zeros(len(layers) + 1)
    for start in range(0, len(by_size), BATCH):
        job.tick(Progress("importance", start, len(by_size), "heads, units, layers"))
        index = by_size[start : start + BATCH]
        arrays = {n: torch.from_numpy(a) for n, a in frontend.collate(prepared, index).items()}
        places = prepared.places
        truth = y[index if places is None else np.concatenate([places[i] for i in index])]
        of_heads, of_units, loss = _sensitivity(module, arrays, truth, len(index))
        heads += of_heads
        units += of_units
        without[-1] += loss
        for i in range(len(layers)):
            without[i] += _loss_without(module, i, arrays, truth)
    return Importance(heads.numpy(), units.numpy(), (without[:-1] - without[-1]).numpy())


def _sensitivity(
    module: Any, arrays: dict[str, Tensor], truth: Tensor, pieces: int
) -> tuple[Tensor, Tensor, float]:
    """Return the sums over pieces of ``|dL/d mask|`` of heads and units, and the loss."""
    masks: list[Tensor] = []
    hooks = []
    for layer in module.body.layers:
        size = layer.mix.in_features // layer.heads
        on_heads = torch.ones(pieces, 1, layer.heads, requires_grad=True)
        on_units = torch.ones(pieces, 1, layer.narrow.in_features, requires_grad=True)
        masks += [on_heads, on_units]

        def of_heads(_: Any, given: tuple[Tensor], m: Tensor = on_heads, d: int = size) -> Tensor:
            return given[0] * m.repeat_interleave(d, dim=-1)

        def of_units(_: Any, given: tuple[Tensor], m: Tensor = on_units) -> Tensor:
            return given[0] * m

        hooks += [
            layer.mix.register_forward_pre_hook(of_heads),
            layer.narrow.register_forward_pre_hook(of_units),
        ]
    try:
        loss = F.cross_entropy(module(**arrays), truth, reduction="sum")
        grads = torch.autograd.grad(loss, masks)
    finally:
        for hook in hooks:
            hook.remove()
    heads = torch.stack([g.abs().sum((0, 1)) for g in grads[::2]])
    units = torch.stack([g.abs().sum((0, 1)) for g in grads[1::2]])
    return heads, units, loss.item()


def _loss_without(module: Any, i: int, arrays: dict[str, Tensor], truth: Tensor) -> float:
    """Return the loss with layer ``i`` left out."""
    whole = module.body.layers
    module.body.layers = torch.nn.ModuleList([m for j, m in enumerate(whole) if j != i])
    try:
        with torch.no_grad():
            return float(F.cross_entropy(module(**arrays), truth, reduction="sum"))
    finally:
        module.body.layers = whole
