"""Train a shrunken model back to the answers of the model it was made from.

Targets are soft (Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network,
section 2): a share of the teacher's probabilities and the rest of the true label; on texts without
labels, the teacher's alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.errors import fail
from undercut.core.shrinking import ShrinkJob
from undercut.models.encoder.base import Base, resolve
from undercut.predict.predictor import load
from undercut.store.files import content_hash
from undercut.training.device import settings, usual
from undercut.training.loop import Judge, train
from undercut.training.schedule import recipe_for
from undercut.training.sources import Tokens
from undercut.training.temperature import fit_temperature, log_loss
from undercut.training.trunk import Trunk
from undercut.training.vocabulary import restore, trim, used_ids

WORDS = "words.weight"


@dataclass(frozen=True)
class Lessons:
    """What a student is taught.

    Attributes:
        inputs: labelled ones, then those made up.
        targets: probabilities of their units, ``float32 (U, K)``.
    """

    inputs: list[Any]
    targets: np.ndarray


def lessons(job: ShrinkJob, trust: float, made_up: float) -> Lessons:
    """Return the training rows with soft targets, and texts near them with the teacher's answers.

    Args:
        job: its rows; its teacher, or its source where there is none.
        trust: weight of the teacher against the true label, from 0 to 1.
        made_up: texts made up for each labelled one.

    Raises:
        UndercutError: there are no rows.
    """
    if not job.rows:
        raise fail(
            "recovery-rows",
            expected="training rows to train the smaller model on",
            found="none",
            where=str(job.source),
            fix="Name the training files with --train.",
        )
    task = plugins.attr(plugins.get("task", job.manifest.task).load)()
    inputs = list(job.rows.inputs)
    labels = job.manifest.labels
    truth = np.eye(len(labels), dtype=np.float32)[task.encode(job.rows, labels)]
    soft = answers(job, inputs)
    targets = trust * soft + (1 - trust) * truth
    more = task.unlabelled(inputs, round(made_up * len(inputs)), job.seed) if made_up else []
    if not more:
        return Lessons(inputs, targets)
    return Lessons([*inputs, *more], np.concatenate([targets, answers(job, more)]))


def answers(job: ShrinkJob, inputs: Sequence[Any]) -> np.ndarray:
    """Return the teacher's probabilities ``float32 (U, K)``, from the cache if they lie there."""
    teacher = load(job.teacher or job.source, threads=job.threads)
    path = None
    if job.cache is not None:
        key = content_hash([teacher.hash, list(inputs)])[:24]
        path = job.cache / f"teacher-{key}.npy"
        if path.is_file():
            found: np.ndarray = np.load(path, allow_pickle=False)
            return found
    parts = []
    for start in range(0, len(inputs), 1000):
        job.tick(Progress("teacher", start, len(inputs), "answers"))
        parts.append(np.exp(teacher.score(inputs[start : start + 1000]).log_probs))
    found = np.concatenate([p for p in parts if len(p)])
    if path is not None:
        temporary = path.with_suffix(".part.npy")
        np.save(temporary, found)
        temporary.replace(path)
    return found


def recover(
    job: ShrinkJob, folder: Path, epochs: int | None, rate: float | None, taught: Lessons
) -> dict[str, Any]:
    """Train the model in ``folder`` and write its files to ``job.out``; return the config.

    Args:
        job: the job.
        folder: the shrunken model, files of format ``torch``.
        epochs: times to go through the lessons; by their number if ``None``.
        rate: highest learning rate; the usual one if ``None``.
        taught: inputs and targets.
    """
    info = plugins.get("model", job.manifest.architecture)
    module = plugins.attr(info.module)(folder, job.manifest)
    base = Base(folder, resolve(str(folder)).ref)
    longest = int(job.manifest.config.get("max_tokens", base.longest))
    network = plugins.attr(info.training)(base, longest)
    parts = [network.frontend.prepare(taught.inputs)]
    if job.valid:
        parts.append(network.frontend.prepare(job.valid.inputs))
    ids = (row for part in parts for row in network.token_ids(part))
    used = used_ids(ids, base.pad_id)
    whole = module.body.words.weight.detach()
    renumber = trim(module.body, used)
    compute = settings("cpu", job.cache, job.tick) if job.cache else usual("cpu")
    trunk = Trunk(network, module.body.requires_grad_(True)).computing(compute)
    head = network.reopened(module, float(job.manifest.config.get("temperature", 1.0)))
    rows, *held = (Tokens(network.frontend, part, renumber) for part in parts)
    recipe = recipe_for(rows.sizes, epochs, 3, rate, 3e-4, base.width, 1024, {})
    done = train(
        trunk,
        rows,
        torch.from_numpy(np.ascontiguousarray(taught.targets, np.float32)),
        head,
        recipe,
        job.seed,
        job.threads,
        held=(held[0], _judge(job)) if held else None,
        tick=job.tick,
    )
    head.load_state_dict(done.head)
    tensors = {**done.tensors, WORDS: restore(whole, used, done.tensors[WORDS])}
    every = np.arange(len(job.manifest.labels))
    config, _ = network.save(job.out, head, every, len(every), tensors)
    return {**job.manifest.config, **config, "temperature": done.temperature}


def _judge(job: ShrinkJob) -> Judge:
    """Return who judges logits of the validation units: temperature, log loss, accuracy."""
    assert job.valid is not None
    task = plugins.attr(plugins.get("task", job.manifest.task).load)()
    y = np.asarray(task.encode(job.valid, job.manifest.labels), np.int64)

    def judge(logits: np.ndarray) -> dict[str, float]:
        t = fit_temperature(logits, y)
        right = float((logits.argmax(1) == y).mean())
        return {"temperature": t, "log_loss": log_loss(logits, y, t), "accuracy": right}

    return judge
