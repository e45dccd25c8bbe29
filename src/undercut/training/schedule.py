"""How long and how fast to train, by the size of the data and of the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from undercut.training.batches import fitting_budget, length_batches
from undercut.training.loop import Recipe

LEAST_STEPS = 120
"""Optimiser steps aimed at: few rows are gone through more often."""
MOST_EPOCHS = 12
USUAL_WIDTH = 384
"""Width of the model the default rates were found on; wider ones want slower rates."""


def recipe_for(
    sizes: np.ndarray,
    epochs: int | None,
    usual_epochs: int,
    rate: float | None,
    usual_rate: float,
    width: int,
    batch_tokens: int,
    fixed: Mapping[str, Any],
    accumulate: int = 1,
) -> Recipe:
    """Return the recipe for a data set.

    Args:
        sizes: tokens of each training row.
        epochs: what the user asked for, or ``None``.
        usual_epochs: right for thousands of rows.
        rate: what the user asked for, or ``None``.
        usual_rate: right for a model of width 384.
        width: of the model.
        batch_tokens: padded tokens of a batch, at most.
        fixed: choices of an earlier fit; they win.
        accumulate: batches whose gradients make one step.
    """
    budget = fitting_budget(sizes, batch_tokens)
    per_epoch = -(-len(length_batches(sizes, budget)) // accumulate)
    many = min(max(usual_epochs, math.ceil(LEAST_STEPS / per_epoch)), MOST_EPOCHS)
    length = float(fixed.get("epochs", epochs or many))
    return Recipe(
        epochs=length,
        stop=float(fixed.get("stop", length)),
        rate=float(fixed.get("rate", rate or usual_rate * min(1.0, USUAL_WIDTH / width))),
        batch_tokens=budget,
        accumulate=accumulate,
    )
