"""Checkpoints: all that training needs to go on as if it had never been killed.

One safetensors file, replaced in one step, with a JSON record in its header: no code in it. It is
read again only if it is whole (its own digest) and of the same fit (fingerprint of recipe, data,
names and starting values); anything else is ignored with a note, and training starts at the start.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

import undercut
from undercut.core.contracts import Progress
from undercut.store.files import content_hash

EVERY = 20.0
"""Seconds after which the next step is kept: what a kill loses at most, besides one step."""
EPOCH = 5.0
"""Seconds after which the end of an epoch is kept."""
RECORD, DIGEST = "record", "sha256"
MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""AdamW's state of a parameter."""


class Stateful(Protocol):
    """What a method remembers from step to step."""

    def state(self) -> dict[str, Any]:
        """Return tensors and JSON values by name."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""


@dataclass
class Now:
    """Where training stands, besides the parameters and the optimiser.

    Attributes:
        order: state of the generator of the order of rows, at the start of this epoch.
        step: steps done.
        at: steps done of this epoch.
        losses: of this epoch's steps.
        curve: one record an epoch that is over.
        best: parameters of the best epoch so far, float32, by name.
        kept: what is noted of that epoch: ``stop``, ``temperature``; empty before the first.
        least: its log loss on validation.
        worse: epochs since.
        settled: whether it may be kept at all.
        ended: whether training ends here.
        over: whether the deadline ended it.
        tokens: padded tokens trained on.
        reached: quality on validation after the last epoch.
        elapsed: seconds of wall clock spent up to the checkpoint.
    """

    order: dict[str, Any]
    step: int = 0
    at: int = 0
    losses: list[float] = field(default_factory=list)
    curve: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    kept: dict[str, float] = field(default_factory=dict)
    least: float = float("inf")
    worse: int = 0
    settled: bool = False
    ended: bool = False
    over: bool = False
    tokens: int = 0
    reached: float | None = None
    elapsed: float = 0.0


class Checkpoint:
    """Keeps and finds the state of one fit.

    Args:
        path: file, or ``None`` to keep nothing.
        identity: JSON value that tells this fit from any other.
        named: parameters, float32, with their starting values.
        optimiser: AdamW over them.
        scaler: scales the loss in float16.
        method: what the method remembers, if anything.
        tick: told when a file is ignored.
    """

    def __init__(
        self,
        path: Path | None,
        identity: Any,
        named: Mapping[str, Tensor],
        optimiser: torch.optim.Optimizer,
        scaler: torch.amp.GradScaler,
        method: Stateful | None,
        tick: Callable[[Progress], None],
    ) -> None:
        self.path, self.named, self.optimiser = path, named, optimiser
        self.scaler, self.method, self.tick = scaler, method, tick
        self.began = self.last = time.monotonic()
        if path is not None:
            start = _digest({n: p.detach() for n, p in named.items()}, "")
            self.fingerprint = content_hash(
                [undercut.__version__, torch.__version__, identity, start]
            )

    def elapsed(self) -> float:
        """Return the seconds of training, those before a kill included."""
        return time.monotonic() - self.began

    def keep(self, now: Now, epoch: bool = False) -> None:
        """Write the state if it is time for it.

        Args:
            now: where training stands.
            epoch: an epoch has just ended.
        """
        if self.path is None or time.monotonic() - self.last < (EPOCH if epoch else EVERY):
            return
        now.elapsed = self.elapsed()
        record = {k: v for k, v in asdict(now).items() if k != "best"}
        tensors = {f"best/{n}": t for n, t in now.best.items()}
        tensors["random"] = torch.get_rng_state()
        for name, parameter in self.named.items():
            tensors[f"at/{name}"] = parameter.detach()
            for moment in MOMENTS:
                tensors[f"{moment}/{name}"] = self.optimiser.state[parameter][moment]
        state = self.method.state() if self.method is not None else {}
        tensors |= {f"method/{k}": v for k, v in state.items() if isinstance(v, Tensor)}
        record["method"] = {k: v for k, v in state.items() if not isinstance(v, Tensor)}
        record |= {"fingerprint": self.fingerprint, "scaler": self.scaler.state_dict()}
        _write(self.path, tensors, json.dumps(record))
        self.last = time.monotonic()

    def find(self) -> Now | None:
        """Put parameters and optimiser back to where a killed fit left them.

        Returns:
            Where that was; ``None`` without a checkpoint of this very fit.
        """
        if self.path is None:
            return None
        _half(self.path).unlink(missing_ok=True)  # of a fit that was killed while it wrote
        if not self.path.is_file():
            return None
        try:
            tensors, text = _read(self.path)
            record = json.loads(text)
            if record.pop("fingerprint") != self.fingerprint:
                raise ValueError("it is of another fit")
        except (OSError, SafetensorError, ValueError, KeyError) as e:
            self.tick(Progress("train", 0, 1, f"checkpoint ignored, training starts anew: {e}"))
            return None
        with torch.no_grad():
            for name, parameter in self.named.items():
                parameter.copy_(tensors[f"at/{name}"])
                moments = {m: tensors[f"{m}/{name}"].to(parameter.device) for m in MOMENTS}
                self.optimiser.state[parameter] = moments
        torch.set_rng_state(tensors["random"])
        self.scaler.load_state_dict(record.pop("scaler"))
        own = record.pop("method") | _below("method", tensors)
        if self.method is not None:
            self.method.load_state(own)
        now = Now(**record, best=_below("best", tensors))
        self.began -= now.elapsed
        self.tick(Progress("train", now.step, now.step, "going on from a checkpoint"))
        return now


def _below(head: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.partition("/")[2]: v for k, v in tensors.items() if k.startswith(f"{head}/")}


def _digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """Return the SHA-256 of names, shapes, values and a text."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        found.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        found.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return found.hexdigest()


def _write(path: Path, tensors: Mapping[str, Tensor], text: str) -> None:
    """Replace a file in one step; it is on the disk before the older one is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = _half(path)
    whole = {n: t.detach().cpu().contiguous() for n, t in tensors.items()}
    try:
        save_file(whole, half, metadata={RECORD: text, DIGEST: _digest(whole, text)})
        with half.open("rb") as file:
            os.fsync(file.fileno())
        half.replace(path)
    finally:  # a full disk gets its room back
        half.unlink(missing_ok=True)


def _half(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _read(path: Path) -> tuple[dict[str, Tensor], str]:
    """Return tensors and record.

    Raises:
        ValueError: the file is not what was written.
    """
    with safe_open(path, framework="pt") as file:
        said = file.metadata() or {}
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    text = said.get(RECORD, "")
    if said.get(DIGEST) != _digest(tensors, text):
        raise ValueError("its content is not what was written")
    return tensors, text
