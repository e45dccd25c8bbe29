"""The training loop: a trunk and a head, from any source of batches.

What makes it quick on a processor: batches of pieces of like length, at most about 1,024 padded
tokens; each batch cut into two lanes that run side by side on a core each; bfloat16 weights with
float32 masters where the processor multiplies them in hardware; fused AdamW (Loshchilov and
Hutter 2019); no dropout; heads that start where they belong.
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
from undercut.training.batches import Lanes, epoch_batches, length_batches
from undercut.training.network import Head
from undercut.training.precision import fast_float32
from undercut.training.sources import Source
from undercut.training.trunk import Trunk, layer_of

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
class Trained:
    """What training gave.

    Attributes:
        tensors: trained parameters of the body, float32, by their name in it.
        head: parameters of the head, by their name in it.
        stop: epochs after which this was the state.
        epochs: length of the schedule of rates: the recipe's, unless a deadline cut it.
        temperature: fitted on validation; 1 without.
        curve: one record an epoch.
    """

    tensors: dict[str, Tensor]
    head: dict[str, Tensor]
    stop: float
    epochs: float
    temperature: float = 1.0
    curve: list[dict[str, float]] = field(default_factory=list)


Judge = Callable[[np.ndarray], dict[str, float]]
"""Logits ``(m, S)`` of validation units to ``log_loss``, ``accuracy`` and ``temperature``."""


def train(
    trunk: Trunk,
    source: Source,
    y: Tensor,
    head: Head,
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
        source: training pieces.
        y: labels of their units, ``int64 (n,)``.
        head: labels the rows of the trunk's output; changed in place.
        recipe: how long and how fast.
        seed: of the order of rows, the only randomness.
        threads: cores to use.
        held: validation pieces and who judges them; without, the last state is returned.
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

    body, ends = trunk.parameters(), dict(head.named_parameters())
    live = [*body.values(), *ends.values()]  # what is computed with
    masters = [*(trunk.exact.get(n, p) for n, p in body.items()), *ends.values()]  # float32
    named = dict(zip([*body, *(f"head.{n}" for n in ends)], masters, strict=True))
    optimiser = _optimiser(named, {f"head.{n}": pace for n, pace in head.pace.items()})

    def loss_of(index: np.ndarray, rows: int) -> tuple[float, tuple[Tensor, ...], int]:
        """Return one lane's share of the loss, its gradients, and its padded tokens."""
        batch = source.batch(index)
        logits = trunk.answer(batch, head)  # (R, S)
        truth = y[torch.from_numpy(batch.units)]
        loss = F.cross_entropy(logits, truth, reduction="sum") / rows
        if trunk.penalty is not None:
            loss = loss + trunk.penalty() * (len(truth) / rows)
        grads = torch.autograd.grad(loss, live, allow_unused=True, materialize_grads=True)
        return loss.item(), grads, batch.mask.numel()

    def state(stop: float) -> Trained:
        kept = [m.detach().clone() for m in masters]
        tensors = dict(zip(body, kept, strict=False))
        return Trained(
            tensors, dict(zip(ends, kept[len(body) :], strict=True)), stop, recipe.epochs
        )

    best: Trained | None = None
    settled = False  # whether the best state may be kept at all
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
                for group in optimiser.param_groups:
                    group["lr"] = rate * group["pace"]
                parts = [p for p in np.array_split(index, LANES) if len(p)]
                done = lanes.map(partial(loss_of, rows=len(source.units(index))), parts)
                for i, master in enumerate(masters):
                    g = done[0][1][i].float()
                    for other in done[1:]:
                        g = g + other[1][i].float()
                    master.grad = g
                optimiser.step()
                if trunk.adjust is not None:
                    trunk.adjust(share, named)
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
                found = held[1](_logits(trunk, held[0], head, lanes))
                record |= found
                reached = found["accuracy"]
                worse += 1
                if best is None or not settled or found["log_loss"] <= least:
                    settled = trunk.settled is None or trunk.settled()
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


def _optimiser(named: dict[str, Tensor], pace: dict[str, float]) -> torch.optim.Optimizer:
    """Return fused AdamW: matrices of layers decay; tables, norms, biases and head do not.

    Each group of its parameters has a ``pace``, the factor on its rate.
    """
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, master in named.items():
        decay = DECAY if layer_of(name) >= 0 and master.dim() == 2 else 0.0
        groups.setdefault((pace.get(name, 1.0), decay), []).append(master)
    return torch.optim.AdamW(
        [{"params": p, "weight_decay": d, "pace": f} for (f, d), p in groups.items()], fused=True
    )


def _logits(trunk: Trunk, source: Source, head: Head, lanes: Lanes) -> np.ndarray:
    """Return logits ``float32 (m, S)`` of a source's units, in their order."""

    def run(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            batch = source.batch(index)
            return batch.units, trunk.answer(batch, head).numpy()

    done = lanes.map(run, length_batches(source.sizes, JUDGE_TOKENS))
    units = np.concatenate([at for at, _ in done])
    out = np.empty((len(units), done[0][1].shape[1]), np.float32)
    out[units] = np.concatenate([z for _, z in done])
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
