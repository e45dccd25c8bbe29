"""What can be explained of an answer: the label, against the runner-up or another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from undercut.core.errors import did_you_mean, fail
from undercut.core.explaining import Asked


def asked(log_probs: np.ndarray, labels: Sequence[str], against: str | None) -> list[Asked]:
    """Return the one question a text has.

    Args:
        log_probs: of the text, ``(1, K)``.
        labels: the label space.
        against: label to compare the answer with; the runner-up when ``None``.

    Raises:
        UndercutError: no such label (``label-unknown``).
    """
    if against is not None and against not in labels:
        raise fail(
            "label-unknown",
            expected="a label of the model",
            found=f"'{against}'",
            where="--against",
            fix=did_you_mean(against, labels),
        )
    row = np.asarray(log_probs[0], np.float64)
    order = [int(k) for k in np.argsort(-row, kind="stable")]
    answer, other = order[0], order[1]
    if against is not None and labels.index(against) != answer:
        other = labels.index(against)
    p = np.minimum(np.exp(row), 1.0)
    return [
        Asked(labels[answer], float(p[answer]), labels[other], float(p[other]),
              ((0, answer, other),))
    ]  # fmt: skip
