"""The training loop: layers above k and a cosine head, from any source of batches.

Shapes: n rows, B rows of a batch, T tokens of its longest, D width, S seen labels.

What makes it quick on a processor: batches of texts of like length, at most about 1,024 padded
tokens; each batch cut into two lanes that run side by side on a core each; bfloat16 weights with
float32 masters where the processor multiplies them in hardware; fused AdamW (Loshchilov and
Hutter 2019); no dropout; head rows that start as class centroids.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from undercut.core.errors import fail
from undercut.core.types import Progress
from undercut.models.encoder.module import Body, pool
from undercut.training.batches import Lanes, epoch_batches, length_batches
from undercut.training.precision import fast_float32
from undercut.training.sources import Source

SCALE = 20.0
"""Factor on the cosines: 1 is too flat for a softmax to become sure of anything."""
WARM_UP = 0.1
"""Share of the steps over which the rate rises; it falls in a line to 0 over the others."""
DECAY = 0.01
"""AdamW's weight decay, on matrices of layers only."""
LANES = 2
"""Parts of a batch; fixed, so that results do not depend on the number of threads."""
JUDGE_TOKENS = 2048


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: length of the schedule of rates.
        stop: epochs after which to stop; at most ``epochs``.
        rate: highest learning rate.
        batch_tokens: padded tokens of a batch.
    """

    epochs: float
    stop: float
    rate: float
    batch_tokens: int


@dataclass
class Trunk:
    """What is trained: a body's layers from ``first`` on, with its tables when they are read.

    Attributes:
        body: the encoder; the weights it computes with, in the processor's best format.
        first: first layer trained; layers below are the source's business.
        tables: whether the source gives token ids, so that the tables are trained as well.
        pooling: ``mean`` or ``cls``.
        exact: float32 copies of the trained parameters, when the body computes in bfloat16.
    """

    body: Body
    first: int
    tables: bool
    pooling: str
    exact: dict[str, Tensor] = field(default_factory=dict)

    def in_format(self, dtype: torch.dtype) -> Trunk:
        """Keep exact copies of what is trained, and compute in ``dtype`` from now on."""
        if dtype != torch.float32:
            self.exact = {n: p.detach().clone() for n, p in self.parameters().items()}
            self.body.to(dtype)
        return self

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        """Return the trained parameters by their name in the body."""
        return {
            name: p
            for name, p in self.body.named_parameters()
            if (_layer(name) >= self.first if _layer(name) >= 0 else self.tables)
        }

    def encode(self, x: Tensor, mask: Tensor) -> Tensor:
        """Ids ``(B, T)`` or states ``(B, T, D)`` to unit vectors ``float32 (B, D)``."""
        h = self.body.embed(x) if self.tables else x
        h = self.body.climb(h, mask, self.first)  # (B, T, D)
        return F.normalize(pool(h, mask, self.pooling), dim=-1)


@dataclass
class Trained:
    """What training gave.

    Attributes:
        tensors: trained parameters, float32, by their name in the body.
        weight: head ``float32 (S, D)``, rows of length 1.
        stop: epochs after which this was the state.
        epochs: length of the schedule of rates: the recipe's, unless a deadline cut it.
        temperature: fitted on validation; 1 without.
        curve: one record an epoch.
    """

    tensors: dict[str, Tensor]
    weight: np.ndarray
    stop: float
    epochs: float
    temperature: float = 1.0
    curve: list[dict[str, float]] = field(default_factory=list)


Judge = Callable[[np.ndarray], dict[str, float]]
"""Logits ``(m, S)`` of validation rows to ``log_loss``, ``accuracy`` and ``temperature``."""


def train(
    trunk: Trunk,
    source: Source,
    y: Tensor,
    head: Tensor,
    recipe: Recipe,
    seed: int,
    threads: int,
    held: tuple[Source, Judge] | None = None,
    tick: Callable[[Progress], None] = lambda _: None,
    deadline: float | None = None,
    watch: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Train, and return the state after the epoch with the least validation log loss.

    Args:
        trunk: what to train; its parameters are changed in place.
        source: training rows.
        y: their labels, ``int64 (n,)``.
        head: head rows to start from, ``float32 (S, D)``.
        recipe: how long and how fast.
        seed: of the order of rows, the only randomness.
        threads: cores to use.
        held: validation rows and who judges them; without, the last state is returned.
        tick: progress callback.
        deadline: seconds of wall clock; the schedule of rates is compressed to end by then.
        watch: called with the padded tokens of each step once it is done.

    Raises:
        UndercutError: the loss is no number any more.
    """
    began = time.monotonic()
    rng = np.random.default_rng(seed)
    per_epoch = len(length_batches(source.sizes, recipe.batch_tokens))
    steps, last = round(recipe.epochs * per_epoch), round(recipe.stop * per_epoch)

    weight = torch.nn.Parameter(head.clone())  # (S, D)
    names, live = list(trunk.parameters()), [*trunk.parameters().values(), weight]
    masters = [*(trunk.exact.get(n, p) for n, p in zip(names, live, strict=False)), weight]
    optimiser = _optimiser(names, masters, recipe.rate)

    def loss_of(index: np.ndarray, rows: int) -> tuple[float, tuple[Tensor, ...], int]:
        """Return one lane's share of the loss, its gradients, and its padded tokens."""
        x, mask = source.batch(index)  # (B, T) or (B, T, D); (B, T)
        e = trunk.encode(x, mask)  # (B, D)
        logits = SCALE * e @ F.normalize(weight, dim=-1).T  # (B, S)
        loss = F.cross_entropy(logits, y[torch.from_numpy(index)], reduction="sum") / rows
        return loss.item(), torch.autograd.grad(loss, live), mask.numel()

    def state(stop: float) -> Trained:
        kept = {n: m.detach().clone() for n, m in zip(names, masters, strict=False)}
        rows = F.normalize(weight.detach(), dim=-1)
        return Trained(kept, rows.numpy().copy(), stop, recipe.epochs)

    best: Trained | None = None
    least, worse, step, over, curve = np.inf, 0, 0, False, []
    tokens, pace, reached = 0, 0.0, None
    with fast_float32(), Lanes(threads, most=LANES) as lanes:
        while step < last:
            losses = []
            for index in epoch_batches(source.sizes, recipe.batch_tokens, rng):
                late = (time.monotonic() - began) / deadline if deadline else 0.0
                share = max((step + 0.5) / steps, late)  # of the schedule that is over
                if step >= last or share >= 1:
                    break
                rate = recipe.rate * min(share / WARM_UP, (1 - share) / (1 - WARM_UP))
                optimiser.param_groups[0]["lr"] = optimiser.param_groups[1]["lr"] = rate
                parts = [p for p in np.array_split(index, LANES) if len(p)]
                done = lanes.map(partial(loss_of, rows=len(index)), parts)
                for i, master in enumerate(masters):
                    g = done[0][1][i].float()
                    for other in done[1:]:
                        g = g + other[1][i].float()
                    master.grad = g
                optimiser.step()
                with torch.no_grad():
                    for p, master in zip(live, masters, strict=True):
                        if p is not master:
                            p.copy_(master)  # float32 to bfloat16
                losses.append(sum(d[0] for d in done))
                _check(losses[-1], recipe.rate)
                step += 1
                tokens += sum(d[2] for d in done)
                pace = tokens / (time.monotonic() - began)
                tick(
                    Progress(
                        "train", step, last,
                        loss=losses[-1], quality=reached, tokens_per_second=pace,
                    )
                )  # fmt: skip
                watch(sum(d[2] for d in done))
            over = step < last and share >= 1
            epoch = step / per_epoch
            record = {"epoch": epoch, "loss": float(np.mean(losses)) if losses else 0.0}
            if held is not None:
                found = held[1](_logits(trunk, held[0], weight, lanes))
                record |= found
                reached = found["accuracy"]
                worse += 1
                if best is None or found["log_loss"] <= least:
                    best, least, worse = state(epoch), found["log_loss"], 0
                    best.temperature = found["temperature"]
            curve.append(record)
            tick(
                Progress(
                    "train", step, last,
                    loss=record["loss"], quality=reached, epoch=epoch, tokens_per_second=pace,
                )
            )  # fmt: skip
            if over or worse > max(2, recipe.epochs // 4):
                break
    best = best or state(step / per_epoch)
    best.curve = curve
    if over:
        best.epochs = step / per_epoch
    return best


def _layer(name: str) -> int:
    """Return the layer a parameter of the body belongs to; -1 for the tables."""
    return int(name.split(".")[1]) if name.startswith("layers.") else -1


def _optimiser(names: list[str], masters: list[Tensor], rate: float) -> torch.optim.Optimizer:
    """Return fused AdamW: matrices of layers decay; tables, norms, biases and head do not."""
    layers = [_layer(n) >= 0 for n in names] + [False]  # the head
    decays = [inside and m.dim() == 2 for inside, m in zip(layers, masters, strict=True)]
    groups = [
        {"params": [m for m, d in zip(masters, decays, strict=True) if d], "weight_decay": DECAY},
        {"params": [m for m, d in zip(masters, decays, strict=True) if not d], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def _logits(trunk: Trunk, source: Source, weight: Tensor, lanes: Lanes) -> np.ndarray:
    """Return logits ``float32 (m, S)`` of a source's rows, in their order."""
    out = np.empty((len(source.sizes), len(weight)), np.float32)
    rows = F.normalize(weight.detach(), dim=-1)

    def run(index: np.ndarray) -> None:
        with torch.no_grad():
            out[index] = (SCALE * trunk.encode(*source.batch(index)) @ rows.T).numpy()

    lanes.map(run, length_batches(source.sizes, JUDGE_TOKENS))
    return out


def _check(loss: float, rate: float) -> None:
    if not np.isfinite(loss):
        raise fail(
            "training-diverged",
            expected="a finite loss",
            found=str(loss),
            where="rate",
            fix=f"Set a lower learning rate than {rate:g}, such as {rate / 4:g}.",
        )


def centroids(e: Tensor, y: Tensor, classes: int) -> Tensor:
    """Return the normalised mean of each class's normalised rows, ``float32 (S, D)``.

    Args:
        e: pooled outputs ``float32 (n, D)``.
        y: ``int64 (n,)`` in ``range(classes)``.
        classes: S.
    """
    total = torch.zeros(classes, e.shape[1]).index_add_(0, y, F.normalize(e, dim=-1))
    return F.normalize(total, dim=-1)
