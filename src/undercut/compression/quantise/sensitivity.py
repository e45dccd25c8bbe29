"""Which products of a model lose most in 8 bits: each is quantised alone and the answers compared.

The measure is the mean Kullback-Leibler divergence of the answers from the float model's, nats a
row, on the same rows; it needs no labels.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from undercut.compression import calibration
from undercut.compression.quantise.files import products, quiet, write_dynamic, write_static
from undercut.compression.quantise.options import QuantiseOptions
from undercut.core import plugins
from undercut.core.contracts import Progress
from undercut.core.shrinking import ShrinkJob
from undercut.store import artefacts

ROWS = 64
MADE_UP = ("card", "not working", "how do I change it", "2024-05-01", "I was charged twice today")


_KNOWN: dict[tuple[Any, ...], list[tuple[str, float]]] = {}
"""Rankings of this process, so that a second try does not measure again."""


def ranking(job: ShrinkJob, options: QuantiseOptions, reduce: bool) -> list[tuple[str, float]]:
    """Return the products and their divergence, the most sensitive first."""
    key = (str(job.source), artefacts.hash_of(job.manifest), options.way, options.per_channel)
    if key not in _KNOWN:
        _KNOWN[key] = _measured(job, options, reduce)
    return _KNOWN[key]


def _measured(job: ShrinkJob, options: QuantiseOptions, reduce: bool) -> list[tuple[str, float]]:
    info = plugins.get("model", job.manifest.architecture)
    frontend = plugins.attr(info.frontend)(job.source, job.manifest)
    inputs = calibration.texts(job, ROWS) or list(MADE_UP)
    batches = calibration.collated(frontend, inputs)
    source = job.source / "model.onnx"
    exact, names = answers(source, batches), products(source)
    found = {}
    with tempfile.TemporaryDirectory() as place, quiet():
        for done, name in enumerate(names):
            job.tick(Progress("sensitivity", done, len(names), name))
            one = options.model_copy(
                update={"keep": tuple(n for n in names if n != name), "embeddings": False}
            )
            target = Path(place) / "one.onnx"
            if options.way == "dynamic":
                write_dynamic(source, target, one, reduce)
            else:
                write_static(source, target, one, reduce, batches)
            found[name] = divergence(exact, answers(target, batches))
    return sorted(found.items(), key=lambda pair: -pair[1])


def answers(path: Path, batches: list[Any]) -> np.ndarray:
    """Return a graph's log-probabilities of batches, ``float64 (R, K)``."""
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    known = {i.name for i in session.get_inputs()}
    z = np.concatenate(
        [session.run(None, {n: a for n, a in b.items() if n in known})[0] for b in batches]
    ).astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    found: np.ndarray = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return found


def divergence(exact: np.ndarray, found: np.ndarray) -> float:
    """Return the mean Kullback-Leibler divergence of ``found`` from ``exact``, nats a row."""
    return float((np.exp(exact) * (exact - found)).sum(axis=1).mean())
