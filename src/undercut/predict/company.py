"""Does an answer depend on the texts that are answered beside it?

A form whose activations are scaled batch by batch (dynamic int8) rounds by the largest activation
of the batch; exact forms only add floats in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from undercut.predict.predictor import Predictor

ROWS = 100


def in_company(predictor: Predictor, inputs: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities ``(U, K)`` of up to 100 inputs, answered together and one by one."""
    some = list(inputs[:ROWS])
    together = predictor.score(some).log_probs
    return together, np.concatenate([predictor.score([x]).log_probs for x in some])
