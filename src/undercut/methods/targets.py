"""What the linear methods learn: class numbers of the training rows, once they are fit for it."""

from __future__ import annotations

import numpy as np

from undercut.core.contracts import FitJob
from undercut.core.errors import fail


def targets_of(job: FitJob) -> np.ndarray:
    """Return the class of every training row, ``int (N,)``.

    Raises:
        UndercutError: no validation rows and no earlier choices, or rows of one class only.
    """
    if job.valid is None and not {"c", "temperature"} <= set(job.fixed):
        raise fail(
            "linear-choices",
            expected="validation rows, or the choices of an earlier fit",
            found="neither",
        )
    y: np.ndarray = job.task.encode(job.train, job.labels)
    if len(np.unique(y)) < 2:
        raise fail(
            "linear-classes",
            expected="training rows of at least two classes",
            found=f"{len(np.unique(y))}",
        )
    return y
