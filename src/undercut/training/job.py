"""What every encoder method does before and after it trains: open the base, sort out the labels."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from undercut.core.errors import Problem, UndercutError
from undercut.core.types import FitJob, Fitted
from undercut.models.encoder.base import WEIGHTS, Base, resolve
from undercut.models.encoder.frontend import TextFrontend
from undercut.models.encoder.module import save_model
from undercut.training.frozen import FrozenEncoder
from undercut.training.temperature import fit_temperature, log_loss

UNSEEN_BIAS = -40.0
"""Logit of a label without training rows: below any other, so it is never the answer."""


@dataclass(frozen=True)
class Work:
    """A fit job made ready.

    Attributes:
        base: the pretrained model.
        frontend: prepares texts.
        max_tokens: tokens kept of a text.
        seen: labels with training rows, as positions in ``job.labels``, ``int64 (S,)``.
        y: training targets as positions in ``seen``, ``int64 (n,)``.
        valid_y: validation targets as positions in ``seen``, -1 where it is not among them,
            ``int64 (m,)``; ``None`` in a refit.
        frozen: the base with its cache.
        began: clock at the start of the fit, for its deadline.
    """

    job: FitJob
    base: Base
    frontend: TextFrontend
    max_tokens: int
    seen: np.ndarray
    y: np.ndarray
    valid_y: np.ndarray | None
    frozen: FrozenEncoder
    began: float

    @property
    def texts(self) -> list[str]:
        """Training texts, then validation texts."""
        return [*self.job.train.inputs, *(self.job.valid.inputs if self.job.valid else ())]

    @property
    def targets(self) -> Tensor:
        """Training targets ``int64 (n,)``."""
        return torch.from_numpy(self.y)

    def judge(self, logits: np.ndarray) -> dict[str, float]:
        """Return temperature, log loss and accuracy on the validation rows.

        Rows whose label has no training rows count as wrong, and are left out of the log loss.

        Args:
            logits: ``(m, S)`` of the validation rows.
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
    frontend = TextFrontend(base.folder / "tokenizer.json", longest, pad_id=base.pad_id)
    frozen = FrozenEncoder(base, frontend, longest, job.cache, job.threads, job.tick)
    return Work(job, base, frontend, longest, seen, compact, valid_y, frozen, began)


def finish_job(
    work: Work,
    weight: np.ndarray,
    bias: np.ndarray,
    scale: float,
    choices: Mapping[str, Any],
    curve: list[dict[str, float]],
    trained: Mapping[str, Tensor] | None = None,
) -> Fitted:
    """Write the model's files to ``job.out`` and describe them.

    Args:
        work: the job.
        weight: head of the seen labels, ``(S, D)``.
        bias: of the seen labels, ``(S,)``.
        scale: factor on the head's dot products.
        choices: what a refit shall repeat; ``temperature`` among it.
        curve: one record a choice tried.
        trained: tensors of the body that were trained, by their name in ``Body``.
    """
    job = work.job
    full = np.zeros((len(job.labels), weight.shape[1]), np.float32)
    full[work.seen] = weight
    offset = np.full(len(job.labels), UNSEEN_BIAS, np.float32)
    offset[work.seen] = bias
    save_model(job.out, work.base, full, offset, trained)
    head = full.size + offset.size
    return Fitted(
        architecture="encoder",
        format="torch",
        config={
            "pooling": work.base.pooling,
            "normalise": True,
            "scale": scale,
            "temperature": float(choices["temperature"]),
            "max_tokens": work.max_tokens,
            "pad_id": work.base.pad_id,
        },
        choices=dict(choices),
        base=work.base.ref,
        curve=tuple(curve),
        trainable_parameters=head + sum(t.numel() for t in (trained or {}).values()),
        total_parameters=head + parameters(work.base),
    )


def parameters(base: Base) -> int:
    """Return how many parameters a base model has, read from the header of its weights file."""
    with safe_open(base.folder / WEIGHTS, framework="np") as file:
        names = list(file.keys())
        shapes = [file.get_slice(n).get_shape() for n in names if "position_ids" not in n]
    return sum(math.prod(shape) for shape in shapes)
