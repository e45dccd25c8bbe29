"""A hashed linear student of any classifier of texts."""

from __future__ import annotations

import numpy as np

from undercut.compression.distil_hashed.options import HashedStudentOptions
from undercut.compression.students import lessons
from undercut.core.shrinking import ShrinkJob, Shrunk
from undercut.methods.hashed.fit import margins_of
from undercut.models.hashed import files
from undercut.models.hashed.rows import count
from undercut.models.linear.files import Table, quantise
from undercut.models.linear.ngrams import NgramSpec, hashed
from undercut.training.bags import Bags, Pace, train_bags

SPREAD = 0.05
"""Standard deviation of an n-gram's vector at the start."""


def compress(job: ShrinkJob) -> Shrunk:
    """Write ``hashed.safetensors``: n-grams that no lesson has seen weigh nothing.

    Raises:
        UndercutError: there are no rows to learn from.
    """
    options: HashedStudentOptions = job.options
    spec = options.spec
    pace = Pace(options.epochs, options.batch, options.rate, options.dropout)

    def teach(texts: list[str], targets: np.ndarray) -> Table:
        used, bags = bags_of(texts, spec)
        vectors = np.random.default_rng(job.seed).normal(0, SPREAD, (len(used), options.width))
        weight, bias = train_bags(bags, targets, vectors, pace, job.seed, job.tick)
        return quantise(files.spread(weight, used, spec.buckets), bias)

    taught = lessons(job, options.trust, options.made_up)
    table, temperature = taught.learn(teach, lambda t, x: margins_of(count(x, spec), t))
    files.write(job.out, table)
    config = {
        "ngrams": spec.as_json(),
        "temperature": temperature,
        "taught": {"texts": len(taught.texts) + len(taught.held), "trust": options.trust},
    }
    return Shrunk("hashed", config, architecture="hashed")


def bags_of(texts: list[str], spec: NgramSpec) -> tuple[np.ndarray, Bags]:
    """Return the buckets that occur, ``int64 (D,)``, and texts as bags of them.

    A text of n n-grams has the weight ``1 / sqrt(n)``, as in the model that is served.
    """
    row, bucket = hashed(texts, spec)
    order = np.argsort(row, kind="stable")
    used, ids = np.unique(bucket[order], return_inverse=True)
    sizes = np.bincount(row, minlength=len(texts))
    first = np.concatenate([[0], np.cumsum(sizes)])
    return used, Bags(ids, first, (1 / np.sqrt(np.maximum(sizes, 1))).astype(np.float32))
