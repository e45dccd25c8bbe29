"""Arguments of the equilibrium functions, checked and brought to shape."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.economics.arrays import Array, Arrays, codes
from undercut.economics.checks import positive


@dataclass(frozen=True)
class Markets:
    """T markets of the same J products of F firms.

    Attributes:
        delta: utility at a price of 0, ``(T, J)``.
        cost: USD/1k, ``(T, J)``.
        alpha: per USD/1k, ``(T, 1)``.
        outside: ``ln`` of the weight of everything else, ``(T, 1)``; 0 is the usual outside option.
        owner: number of each product's firm, ``(J,)``.
        firms: names of the firms.
        capacity: thousand requests a month, ``(T, J)``, or ``None``.
        market: M, thousand requests a month.
        single: the caller gave one market without a leading axis.
        member: 1 where a product is a firm's, ``(J, F)``; ``None`` where each is its own.
    """

    delta: Array
    cost: Array
    alpha: Array
    outside: Array
    owner: Array
    firms: list[Hashable]
    capacity: Array | None
    market: float
    single: bool
    member: Array | None

    def out(self, values: Array) -> Array:
        """Return the values as the caller gave his: without the leading axis for one market."""
        return values[0] if self.single else values

    def by_firm(self, values: Array) -> Array:
        """Return sums over each firm's products, ``(T, J) -> (T, F)``."""
        return values if self.member is None else np.asarray(values @ self.member)


def sum_by(values: Array, group: Array, groups: int) -> Array:
    """Return sums over the last axis by group number, ``(..., J) -> (..., groups)``."""
    if groups == values.shape[-1] and np.array_equal(group, np.arange(groups)):
        return values
    if groups == 1:
        return values.sum(axis=-1, keepdims=True)
    return np.asarray(values @ members(group, groups))


def members(group: Array, groups: int) -> Array:
    """Return 1 where a product is in a group, ``(J, groups)``."""
    return np.equal.outer(group, np.arange(groups)).astype(np.float64)


def markets(
    delta: Any,
    cost: Any,
    alpha: Any,
    owner: Sequence[Hashable] | None,
    capacity: Any = None,
    market: Any = 1.0,
    log_outside: Any = 0.0,
) -> Markets:
    """Check the arguments of plain and nested logit and give them their shapes.

    Raises:
        UndercutError: figures out of range or shapes that do not fit; all are listed.
    """
    read = Arrays()
    d, c = read.number("delta", delta), read.not_negative("cost", cost)
    a, o = read.positive("alpha", alpha), read.number("log_outside", log_outside)
    k = None if capacity is None else _capacity(read, capacity)
    read.problems.append(positive("market", market))
    read.expect(
        1 <= d.ndim <= 2, "one row of products, or a table of markets", f"{d.shape}", "delta"
    )
    read.done()
    products, single = d.shape[-1], d.ndim == 1 and c.ndim <= 1 and a.ndim == 0 and o.ndim == 0
    names = list(range(products)) if owner is None else list(owner)
    read.expect(len(names) == products, f"{products} owners", str(len(names)), "owner")
    shapes = {"delta": d, "cost": c} | ({} if k is None else {"capacity": k})
    columns = {"alpha": a, "log_outside": o}
    rows = {v.shape[0] for v in shapes.values() if v.ndim == 2}
    rows |= {v.size for v in columns.values() if v.ndim}
    count = max(rows, default=1)
    for name, value in shapes.items():
        fits = value.ndim <= 2 and (value.ndim == 0 or value.shape[-1] in (1, products))
        fits = fits and (value.ndim < 2 or value.shape[0] in (1, count))
        read.expect(fits, f"a shape that fits {(count, products)}", f"{value.shape}", name)
    for name, value in columns.items():
        fits = value.size in (1, count) and value.ndim <= 1
        read.expect(fits, f"one figure, or one for each of {count} markets", f"{value.shape}", name)
    read.done()
    owners, firms = codes(names)
    shape = (count, products)
    return Markets(
        delta=np.broadcast_to(d, shape),
        cost=np.broadcast_to(c, shape),
        alpha=np.broadcast_to(a.reshape(-1, 1), (count, 1)),
        outside=np.broadcast_to(o.reshape(-1, 1), (count, 1)),
        owner=owners,
        firms=firms,
        capacity=None if k is None else np.broadcast_to(k, shape),
        market=float(market),
        single=single and (k is None or k.ndim <= 1),
        member=None if len(firms) == products else members(owners, len(firms)),
    )


def _capacity(read: Arrays, capacity: Any) -> Array:
    """Read capacities; infinity and ``None`` entries mean no limit."""
    if isinstance(capacity, (list, tuple)):
        capacity = [np.inf if v is None else v for v in capacity]
    try:
        raw = np.asarray(capacity)
        free = np.isposinf(raw) if raw.dtype.kind == "f" else np.zeros(raw.shape, dtype=bool)
    except (TypeError, ValueError, OverflowError):
        return read.positive("capacity", capacity)
    if not free.any():
        return read.positive("capacity", capacity)
    checked = read.positive("capacity", np.where(free, 1.0, raw))
    return np.where(free, np.inf, checked) if checked.shape == raw.shape else checked
