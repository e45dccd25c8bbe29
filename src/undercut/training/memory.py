"""How much memory training will take, before it starts, and what would fit when it would not.

A count of what is there at once: weights, float32 masters, gradients of each lane, AdamW's two
moments, a copy of the best epoch, and what the backward pass needs of each layer and token. Of a
layer that is, in width D, inner width I, H heads and T tokens of the longest piece: 8 D + 2 I + H T
numbers a token (inputs of its six products, queries, keys, values, both norms, the attention
weights, the inner layer before and after its activation). It is set against the measured peak in
``tests/training/test_training_memory.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from undercut.core.errors import fail
from undercut.ledger.meter import free_memory
from undercut.training.job import Work
from undercut.training.loop import JUDGE_TOKENS, LANES, Recipe
from undercut.training.network import Head
from undercut.training.sources import Source
from undercut.training.trunk import Trunk, layer_of

MARGIN = 0.9
"""Share of the free memory that training may be expected to take."""
RUNTIME = 64 << 20
"""Bytes of kernels' scratch room and threads' own heaps."""
LEAST_TOKENS = 64
"""Smallest batch that is proposed."""


@dataclass(frozen=True)
class Load:
    """What memory depends on. Numbers of values, not bytes, unless said.

    Attributes:
        width, inner, heads: D, I, H.
        layers: layers whose backward pass is computed.
        weights: parameters of the body.
        trained: trained parameters, those of the head included.
        longest: tokens of the longest piece.
        batch_tokens: padded tokens of a batch.
        checkpointing: whether layers are computed twice instead of kept.
        fused: whether attention keeps no weights.
        itemsize: bytes of a number that is computed with.
        lanes: parts of a batch that are worked on at a time.
    """

    width: int
    inner: int
    heads: int
    layers: int
    weights: int
    trained: int
    longest: int
    batch_tokens: int
    checkpointing: bool
    fused: bool
    itemsize: int
    lanes: int

    @property
    def model(self) -> int:
        """Bytes of weights and masters, there before training starts."""
        return self.itemsize * self.weights + (4 * self.trained if self.itemsize < 4 else 0)

    @property
    def optimiser(self) -> int:
        """Bytes of two moments, the gradient, and the copy of the best epoch."""
        return (8 + 4 + 4) * self.trained

    @property
    def gradients(self) -> int:
        """Bytes of the lanes' gradients, as computed and in float32."""
        return self.lanes * (self.itemsize + 4) * self.trained

    @property
    def activations(self) -> int:
        """Bytes that the backward pass needs, and the scratch room of one layer."""
        tokens = max(self.batch_tokens // LANES, self.longest) * self.lanes
        square = 0 if self.fused else self.heads * self.longest
        kept = 8 * self.width + 2 * self.inner + square
        whole = self.layers * (self.width if self.checkpointing else kept)
        if self.checkpointing:
            whole += kept
        scratch = 4 * self.width + 2 * self.inner + 3 * square
        judged = max(JUDGE_TOKENS, self.longest) * self.lanes * (scratch + kept // 2)
        return self.itemsize * max(tokens * (whole + scratch), judged)

    @property
    def more(self) -> int:
        """Bytes that training takes on top of the model."""
        return self.optimiser + self.gradients + self.activations + RUNTIME

    @property
    def total(self) -> int:
        """Bytes of all."""
        return self.model + self.more


def load_of(trunk: Trunk, source: Source, head: Head, recipe: Recipe, threads: int) -> Load:
    """Return what memory depends on in a training."""
    body = trunk.body
    layer: Any = body.layers[0]
    trained = trunk.parameters()
    ends = dict(head.named_parameters())
    lowest = min((max(layer_of(n), 0) for n in trained), default=len(body.layers))
    if any(layer_of(n) < 0 for n in trained):
        lowest = 0
    return Load(
        width=body.positions.weight.shape[1],
        inner=max(m.out_features for m in layer.modules() if isinstance(m, torch.nn.Linear)),
        heads=layer.heads,
        layers=len(body.layers) - lowest,
        weights=sum(p.numel() for p in body.parameters()),
        trained=sum(p.numel() for p in [*trained.values(), *ends.values()]),
        longest=int(source.sizes.max()),
        batch_tokens=recipe.batch_tokens,
        checkpointing=body.checkpointing,
        fused=body.fused,
        itemsize=trunk.compute.dtype.itemsize,
        lanes=min(threads, LANES) if trunk.compute.device == "cpu" else 1,
    )


def free_bytes(device: str) -> float:
    """Return the bytes that may still be used on a device."""
    if device == "cuda":
        return float(torch.cuda.mem_get_info()[0])
    if device == "mps":
        return float(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return free_memory()


def check_memory(work: Work, trunk: Trunk, source: Source, head: Head, recipe: Recipe) -> Load:
    """Compare what training will take with what is free.

    Raises:
        UndercutError: it would not fit; names the options that would.
    """
    load = load_of(trunk, source, head, recipe, work.job.threads)
    on_cpu = trunk.compute.device == "cpu"
    free = free_bytes(trunk.compute.device) / (work.job.workers if on_cpu else 1)
    if load.more > MARGIN * free:
        raise fail(
            "training-memory",
            expected=f"{_size(load.more)} free for training ({_size(load.optimiser)} optimiser, "
            f"{_size(load.gradients)} gradients, {_size(load.activations)} activations), estimated",
            found=f"{_size(free)} free" + (" a worker" if work.job.workers > 1 else ""),
            where=work.job.method or "training",
            fix=_proposal(work.job.method, load, recipe, MARGIN * free),
        )
    return load


def _proposal(method: str, load: Load, recipe: Recipe, room: float) -> str:
    """Return the first options that fit, from the least change to the greatest."""
    for flags, less in lighter(method, load, recipe):
        if less.more <= room:
            return f"It would fit with {flags} ({_size(less.more)})."
    return "Use --method linear, or free memory."


def lighter(method: str, load: Load, recipe: Recipe) -> Iterator[tuple[str, Load]]:
    """Yield options that take less and less, with what they take."""
    for twice in (False, True):
        tokens, times = recipe.batch_tokens, recipe.accumulate
        flag = f" --{method}.checkpointing" if twice else ""
        while tokens >= max(LEAST_TOKENS, load.longest):
            batch = f" --{method}.batch_tokens {tokens} --{method}.accumulate {times}"
            less = replace(load, checkpointing=load.checkpointing or twice, batch_tokens=tokens)
            yield (flag + (batch if tokens < recipe.batch_tokens else "")).strip(), less
            tokens, times = tokens // 2, times * 2
    rank = 16
    added = load.layers * rank * (10 * load.width + 2 * load.inner)
    if method != "lora":
        yield "--method lora --lora.checkpointing", replace(load, trained=added, checkpointing=True)
    yield "--method probe", replace(load, trained=0, layers=0)


def _size(n: float) -> str:
    return f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"
