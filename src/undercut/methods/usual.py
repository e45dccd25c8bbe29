"""How long and how fast a method trains when its options do not say."""

from __future__ import annotations

from typing import NamedTuple


class Usual(NamedTuple):
    """Right for thousands of rows and a model of width 384.

    Attributes:
        epochs: times through the rows.
        rate: highest learning rate.
    """

    epochs: int
    rate: float
