"""What every encoder method does before and after it trains: open the base, sort out the labels."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from undercut.core import plugins
from undercut.core.contracts import FitJob, Fitted, Frontend
from undercut.core.errors import Problem, UndercutError
from undercut.models.encoder.base import WEIGHTS, Base, resolve
from undercut.training.compute import Compute
from undercut.training.device import settings
from undercut.training.frozen import FrozenEncoder
from undercut.training.network import Head, Network
from undercut.training.temperature import fit_temperature, log_loss


@dataclass(frozen=True)
class Work:
    """A fit job made ready. A unit is what gets a label: a text, or a word.

    Attributes:
        network: the architecture over its pretrained base.
        seen: labels with training units, as positions in ``job.labels``, ``int64 (S,)``.
        y: training labels as positions in ``seen``, ``int64 (n,)``.
        valid_y: validation labels as positions in ``seen``, -1 where it is not among them,
            ``int64 (m,)``; ``None`` in a refit.
        frozen: the base with its cache.
        began: clock at the start of the fit, for its deadline.
    """

    job: FitJob
    network: Network
    seen: np.ndarray
    y: np.ndarray
    valid_y: np.ndarray | None
    frozen: FrozenEncoder
    began: float

    @property
    def compute(self) -> Compute:
        """Device and formats."""
        return self.frozen.compute

    @property
    def base(self) -> Base:
        """The pretrained model."""
        return self.network.base

    @property
    def frontend(self) -> Frontend:
        """What prepares inputs."""
        return self.network.frontend

    @property
    def inputs(self) -> list[Any]:
        """Training inputs, then validation inputs."""
        return [*self.job.train.inputs, *self.held_inputs]

    @property
    def held_inputs(self) -> Sequence[Any]:
        """Validation inputs; empty in a refit."""
        return self.job.valid.inputs if self.job.valid is not None else ()

    @property
    def targets(self) -> Tensor:
        """Training labels ``int64 (n,)``."""
        return torch.from_numpy(self.y)

    def head(self, keep: int | None = None) -> Head:
        """Return the head that training starts from.

        Args:
            keep: also keep the states after this layer, if this takes a pass of the frozen base.
        """

        def rows() -> Tensor:
            return self.frozen.pooled(self.inputs, keep)[: len(self.y)]

        return self.network.head(rows, self.targets, len(self.seen), self.job.seed)

    def judge(self, logits: np.ndarray) -> dict[str, float]:
        """Return temperature, log loss and accuracy on the validation units.

        Units whose label has no training units count as wrong, and are left out of the log loss.

        Args:
            logits: ``(m, S)`` of the validation units.
        """
        assert self.valid_y is not None
        known = self.valid_y >= 0
        accuracy = float((logits.argmax(1) == self.valid_y).mean())
        if not known.any():
            return {"temperature": 1.0, "log_loss": math.inf, "accuracy": accuracy}
        z, y = logits[known], self.valid_y[known]
        t = float(self.job.fixed.get("temperature") or fit_temperature(z, y))
        return {"temperature": t, "log_loss": log_loss(z, y, t), "accuracy": accuracy}


def open_job(job: FitJob, needed: tuple[str, ...]) -> Work:
    """Check a job and make it ready.

    Args:
        job: the job.
        needed: choices that ``job.fixed`` must hold when there are no validation rows.

    Raises:
        UndercutError: the base cannot be found, too few classes, or nothing to choose on.
    """
    began = time.monotonic()
    held_out = job.valid is not None and len(job.valid) > 0
    y = np.asarray(job.task.encode(job.train, job.labels), np.int64)
    seen, compact = np.unique(y, return_inverse=True)
    problems = []
    if len(seen) < 2:
        problems.append(Problem("training rows of at least two classes", str(len(seen))))
    absent = [n for n in needed if n not in job.fixed]
    if not held_out and absent:
        expected = "validation rows, or the choices of an earlier fit"
        problems.append(Problem(expected, f"neither; no {', '.join(absent)}"))
    if problems:
        raise UndercutError("encoder-rows", problems)
    valid_y = None
    if held_out and job.valid is not None:
        place = np.full(len(job.labels), -1, np.int64)
        place[seen] = np.arange(len(seen))
        valid_y = place[np.asarray(job.task.encode(job.valid, job.labels), np.int64)]
    base = resolve(job.base)
    longest = min(int(job.options.max_tokens), base.longest)
    network = plugins.attr(plugins.get("model", job.architecture).training)(base, longest)
    compute = settings(job.device, job.cache, job.tick)
    frozen = FrozenEncoder(network, longest, job.cache, job.threads, job.tick, compute)
    return Work(job, network, seen, compact, valid_y, frozen, began)


def finish_job(
    work: Work,
    head: Head,
    choices: Mapping[str, Any],
    curve: list[dict[str, float]],
    tensors: Mapping[str, Tensor],
    trained: int,
) -> Fitted:
    """Write the model's files to ``job.out`` and describe them.

    Args:
        work: the job.
        head: the trained head.
        choices: what a refit shall repeat; ``temperature`` among it.
        curve: one record a choice tried.
        tensors: tensors that replace those of the base, by their name in ``Body``.
        trained: parameters trained besides the head.
    """
    job, labels = work.job, len(work.job.labels)
    config, size = work.network.save(job.out, head, work.seen, labels, tensors)
    return Fitted(
        architecture=work.network.name,
        format="torch",
        config={**config, "temperature": float(choices["temperature"])},
        choices=dict(choices),
        base=work.base.ref,
        curve=tuple(curve),
        trainable_parameters=size + trained,
        total_parameters=size + parameters(work.base),
        compute=work.compute.facts(),
    )


def parameters(base: Base) -> int:
    """Return how many parameters a base model has, read from the header of its weights file."""
    with safe_open(base.folder / WEIGHTS, framework="np") as file:
        names = list(file.keys())
        shapes = [file.get_slice(n).get_shape() for n in names if "position_ids" not in n]
    return sum(math.prod(shape) for shape in shapes)
