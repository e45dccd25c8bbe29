"""The training loop: a trunk and a head, from any source of batches.

What makes it quick on a processor: batches of pieces of like length, at most about 1,024 padded
tokens; each batch cut into two lanes that run side by side on a core each; bfloat16 weights with
float32 masters where the processor multiplies them in hardware; fused AdamW (Loshchilov and
Hutter 2019); no dropout; heads that start where they belong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial, reduce
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from undercut.core.contracts import Progress
from undercut.core.errors import fail
from undercut.store.files import content_hash
from undercut.training.batches import Lanes, epoch_batches, length_batches
from undercut.training.checkpoint import Checkpoint, Now
from undercut.training.crew import ALONE, Crew
from undercut.training.network import Head
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
        accumulate: batches whose gradients make one step.
    """

    epochs: float
    stop: float
    rate: float
    batch_tokens: int
    accumulate: int = 1


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
    checkpoint: Path | None = None,
    crew: Crew = ALONE,
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
        checkpoint: file to go on from if a killed fit left it, and to keep the state in.
        crew: the processes that share the work.

    Raises:
        UndercutError: the loss is no number any more.
    """
    compute, on_cpu = trunk.compute, trunk.compute.device == "cpu"
    head.to(compute.device)
    per_epoch = -(-len(length_batches(source.sizes, recipe.batch_tokens)) // recipe.accumulate)
    steps, last = round(recipe.epochs * per_epoch), round(recipe.stop * per_epoch)
    lots = max(LANES, crew.size) if on_cpu else 1

    body, ends = trunk.parameters(), dict(head.named_parameters())
    live = [*body.values(), *ends.values()]  # what is computed with
    masters = [*(trunk.exact.get(n, p) for n, p in body.items()), *ends.values()]  # float32
    named = dict(zip([*body, *(f"head.{n}" for n in ends)], masters, strict=True))
    optimiser = _optimiser(named, {f"head.{n}": pace for n, pace in head.pace.items()})
    scaler = torch.amp.GradScaler(compute.device, enabled=compute.scales_loss)
    scaler.scale(torch.zeros((), device=compute.device))  # so that it has a scale

    rng = np.random.default_rng(seed)
    identity = [asdict(recipe), compute.facts(), seed, content_hash(source.sizes.tolist()),
                content_hash(y.tolist()), held is not None, lots]  # fmt: skip
    saved = Checkpoint(checkpoint, identity, named, optimiser, scaler, trunk.remembers, tick)
    now = saved.find() or Now(dict(rng.bit_generator.state))

    def loss_of(index: np.ndarray, rows: int) -> tuple[float, tuple[Tensor, ...], int]:
        """Return one lane's share of the loss, its gradients, and its padded tokens."""
        batch = source.batch(index).to(compute.device)
        logits = trunk.answer(batch, head)  # (R, S)
        truth = y[torch.from_numpy(batch.units)].to(logits.device)
        loss = F.cross_entropy(logits, truth, reduction="sum") / rows
        if trunk.penalty is not None:
            loss = loss + trunk.penalty() * (len(truth) / rows)
        scaled = loss * scale if scale != 1 else loss
        grads = torch.autograd.grad(scaled, live, allow_unused=True, materialize_grads=True)
        return loss.item(), grads, batch.mask.numel()

    def gradients(group: list[np.ndarray]) -> tuple[float, float]:
        """Leave the gradients of a group of batches in ``grad``; return its loss and tokens."""
        rows = sum(len(source.units(index)) for index in group)
        sums: dict[int, list[Tensor]] = {}  # of each lane, batch after batch
        losses, tokens = [0.0] * lots, 0
        for index in group:
            parts = [(i, p) for i, p in crew.mine(np.array_split(index, lots)) if len(p)]
            done = lanes.map(partial(loss_of, rows=rows), [p for _, p in parts])
            for (i, _), (loss, grads, count) in zip(parts, done, strict=True):
                mine = sums.get(i)
                sums[i] = [g.float() if mine is None else mine[j] + g.float()
                           for j, g in enumerate(grads)]  # fmt: skip
                losses[i] += loss
                tokens += count
        each = [sums[i] for i in sorted(sums)] or [[torch.zeros_like(m) for m in masters]]
        whole = crew.add([reduce(torch.add, same) for same in zip(*each, strict=True)])
        for master, grad in zip(masters, whole, strict=True):
            master.grad = grad
        return tuple(crew.total(sum(losses), tokens))  # type: ignore[return-value]

    def update() -> None:
        """Carry the masters over to what is computed with."""
        with torch.no_grad():
            for p, master in zip(live, masters, strict=True):
                if p is not master:
                    p.copy_(master)  # float32 to bfloat16

    update()
    with compute.products(), Lanes(threads if on_cpu else 1, most=LANES) as lanes:
        while now.step < last and not now.ended:
            rng.bit_generator.state = now.order
            batches, share = epoch_batches(source.sizes, recipe.batch_tokens, rng), 0.0
            groups = [batches[i : i + recipe.accumulate]
                      for i in range(0, len(batches), recipe.accumulate)]  # fmt: skip
            for group in groups[now.at :]:
                late = crew.told(saved.elapsed() / deadline) if deadline else 0.0
                share = max((now.step + 0.5) / steps, late)  # of the schedule that is over
                if now.step >= last or share >= 1:
                    break
                rate = recipe.rate * min(share / WARM_UP, (1 - share) / (1 - WARM_UP))
                for options in optimiser.param_groups:
                    options["lr"] = rate * options["pace"]
                scale = scaler.get_scale()
                loss, tokens = gradients(group)
                scaler.unscale_(optimiser)
                scaler.step(optimiser)
                scaler.update()
                if trunk.adjust is not None:
                    trunk.adjust(share, named)
                update()
                _check(loss, recipe.rate)
                now.losses.append(loss)
                now.step, now.at, now.tokens = now.step + 1, now.at + 1, now.tokens + int(tokens)
                pace = now.tokens / saved.elapsed()
                tick(
                    Progress(
                        "train", now.step, last,
                        loss=loss, quality=now.reached, tokens_per_second=pace,
                    )
                )  # fmt: skip
                watch(int(tokens))
                if crew.rank == 0:
                    saved.keep(now)
            now.over = now.step < last and share >= 1
            epoch = now.step / per_epoch
            record = {"epoch": epoch, "loss": float(np.mean(now.losses)) if now.losses else 0.0}
            if held is not None and crew.rank == 0:
                found = held[1](_logits(trunk, held[0], head, lanes))
                record |= found
                now.reached = found["accuracy"]
                now.worse += 1
                if not now.kept or not now.settled or found["log_loss"] <= now.least:
                    now.settled = trunk.settled is None or trunk.settled()
                    now.best = _copies(named)
                    now.kept = {"stop": epoch, "temperature": found["temperature"]}
                    now.least, now.worse = found["log_loss"], 0
            now.curve.append(record)
            tick(
                Progress(
                    "train", now.step, last, loss=record["loss"], quality=now.reached,
                    epoch=epoch, tokens_per_second=now.tokens / saved.elapsed(),
                )
            )  # fmt: skip
            now.ended = bool(crew.told(now.over or now.worse > max(2, recipe.epochs // 4)))
            now.order, now.at, now.losses = dict(rng.bit_generator.state), 0, []
            if crew.rank == 0:
                saved.keep(now, epoch=True)
    best = now.best or _copies(named)
    return Trained(
        tensors={n: best[n] for n in body},
        head={n: best[f"head.{n}"] for n in ends},
        stop=now.kept.get("stop", now.step / per_epoch),
        epochs=now.step / per_epoch if now.over else recipe.epochs,
        temperature=now.kept.get("temperature", 1.0),
        curve=now.curve,
    )


def _copies(named: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n: m.detach().to("cpu", copy=True) for n, m in named.items()}


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
            batch = source.batch(index).to(trunk.compute.device)
            return batch.units, trunk.answer(batch, head).cpu().numpy()

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
