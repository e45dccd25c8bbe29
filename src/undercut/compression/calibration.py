"""The texts that scales are measured on: training rows, every label among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from undercut.core import plugins
from undercut.core.shrinking import ShrinkJob

BATCH = 16


def texts(job: ShrinkJob, most: int) -> list[Any]:
    """Return up to ``most`` training inputs, drawn from all labels in turn.

    A draw of whole classes only would measure scales that other classes' texts overflow.
    """
    if job.rows is None:
        return []
    task = plugins.attr(plugins.get("task", job.manifest.task).load)()
    order = np.random.default_rng(job.seed).permutation(len(job.rows))
    groups: dict[str, list[int]] = {}
    for i in order:
        groups.setdefault(task.stratum(job.rows.targets[int(i)]), []).append(int(i))
    place = {i: rank for members in groups.values() for rank, i in enumerate(members)}
    chosen = sorted(place, key=lambda i: place[i])[:most]
    return [job.rows.inputs[i] for i in chosen]


def batches(job: ShrinkJob, most: int) -> list[Mapping[str, np.ndarray]]:
    """Return the front end's arrays of those inputs, inputs of like length together."""
    inputs = texts(job, most)
    info = plugins.get("model", job.manifest.architecture)
    frontend = plugins.attr(info.frontend)(job.source, job.manifest)
    return collated(frontend, inputs)


def collated(frontend: Any, inputs: Sequence[Any]) -> list[Mapping[str, np.ndarray]]:
    """Return the arrays of inputs in batches of like length."""
    prepared = frontend.prepare(inputs)
    order = np.argsort(np.asarray(prepared.sizes), kind="stable")
    return [frontend.collate(prepared, order[i : i + BATCH]) for i in range(0, len(order), BATCH)]
