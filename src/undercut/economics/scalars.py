"""Formulas of single figures take numpy's too, and reckon with them as Python does.

A product of two ``int32`` overflows and a ``float32`` has seven digits; a formula should depend on
neither. Arrays are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


def of_scalars(formula: Callable[P, R]) -> Callable[P, R]:
    """Make a formula turn numpy's scalars into Python's before it looks at them."""

    @wraps(formula)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        plain: list[Any] = [_plain(a) for a in args]
        return formula(*plain, **{k: _plain(v) for k, v in kwargs.items()})  # type: ignore[arg-type]

    return call


def _plain(value: Any) -> Any:
    single = isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0)
    return value.item() if single else value
