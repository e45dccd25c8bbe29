"""Fits class frequencies and each class's mean text length."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save_file

from undercut.core.contracts import Estimate, FitJob, Fitted


def fit(job: FitJob) -> Fitted:
    """Write ``dummy.safetensors``: log frequencies as bias, centred mean length as slope."""
    y = job.task.encode(job.train, job.labels)
    k = len(job.labels)
    counts = np.bincount(y, minlength=k) + job.options.smoothing
    lengths = np.array([min(len(str(t)), 1000) / 1000 for t in job.train.inputs])
    means = np.bincount(y, weights=lengths, minlength=k) / counts
    save_file(
        {
            "bias": np.log(counts / counts.sum()).astype(np.float32),
            "slope": (means - means.mean())[None, :].astype(np.float32),
        },
        job.out / "dummy.safetensors",
    )
    return Fitted("dummy", "dummy", {}, {}, trainable_parameters=2 * k, total_parameters=2 * k)


def estimate(job: FitJob) -> Estimate:
    """Return the expected cost: counting rows takes about a microsecond each."""
    return Estimate(1e-6 * len(job.train), "counting rows")
