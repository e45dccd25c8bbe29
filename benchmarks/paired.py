"""McNemar's test on two contenders' answers to the same rows, independent of the product's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def mcnemar(wrong_a: Iterable[int], wrong_b: Iterable[int]) -> dict[str, Any]:
    """Compare two contenders by the rows each got wrong.

    Args:
        wrong_a: row numbers A got wrong.
        wrong_b: row numbers B got wrong, of the same rows.

    Returns:
        ``only_a`` and ``only_b`` (rows only that one got right) and the two-sided exact p-value
        (McNemar 1947, Psychometrika 12; binomial form).
    """
    from scipy.stats import binomtest

    a, b = set(wrong_a), set(wrong_b)
    only_a, only_b = len(b - a), len(a - b)
    differ = only_a + only_b
    p = float(binomtest(min(only_a, only_b), differ, 0.5).pvalue) if differ else 1.0
    return {"only_a": only_a, "only_b": only_b, "p_value": p}
