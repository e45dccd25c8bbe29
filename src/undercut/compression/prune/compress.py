"""Measure what matters, cut the rest, train again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from undercut.compression.cutting import Cut, cut_model
from undercut.compression.prune.importance import Importance, importance
from undercut.compression.prune.options import PruneOptions
from undercut.compression.recovery import lessons, recover
from undercut.core.shrinking import ShrinkJob, Shrunk


def compress(job: ShrinkJob) -> Shrunk:
    """Write an artefact with fewer heads, feed-forward units or layers.

    Raises:
        UndercutError: there are no rows to measure importance and train on.
    """
    options: PruneOptions = job.options
    taught = lessons(job, options.trust, options.made_up if options.epochs != 0 else 0.0)
    found = importance(job, options.sample_rows)
    cut = chosen(found, options)
    facts = {
        "heads": [len(found.heads[0]), _kept(len(found.heads[0]), options.heads)],
        "units": [len(found.units[0]), _kept(len(found.units[0]), options.units)],
        "layers": [int(i) for i in cut.layers] or list(range(len(found.layers))),
    }
    if options.epochs == 0:
        cut_model(job.source, job.out, cut)
        return Shrunk("torch", {**job.manifest.config, "pruned": facts})
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "cut"
        cut_model(job.source, folder, cut)
        config = recover(job, folder, options.epochs, options.rate, taught)
    return Shrunk("torch", {**config, "pruned": facts})


def chosen(found: Importance, options: PruneOptions) -> Cut:
    """Return what stays: of each layer the heads and units that matter most."""
    count = len(found.layers)
    layers = _most(found.layers, options.layers) if options.layers else list(range(count))
    heads = _kept(found.heads.shape[1], options.heads)
    units = _kept(found.units.shape[1], options.units)
    return Cut(
        layers=layers if len(layers) < count else (),
        heads={i: _most(found.heads[i], heads) for i in layers} if options.heads < 1 else {},
        units={i: _most(found.units[i], units) for i in layers} if options.units < 1 else {},
    )


def _kept(count: int, share: float) -> int:
    return max(round(share * count), 1)


def _most(values: np.ndarray, count: int) -> list[int]:
    """Return the places of the largest values, rising."""
    order = np.argsort(-values, kind="stable")[:count]
    return sorted(int(i) for i in order)
