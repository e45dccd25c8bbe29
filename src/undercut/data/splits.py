"""Carving validation rows out of training rows: in proportion, whole groups, repeatable."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.core.errors import fail
from undercut.core.types import Examples
from undercut.data.near import near
from undercut.data.normal import same_key
from undercut.data.table import count

_LEAST = 2


GIANT_SHARE, GIANT_ROWS = 0.05, 50
"""A cluster of near copies above both is divided again, so that it does not decide the split."""


@dataclass(frozen=True)
class Parts:
    """Row numbers of each side, ascending, ``int64``.

    Attributes:
        loosened: rows of clusters too large to be kept whole; only close copies among them are.
    """

    train: np.ndarray
    valid: np.ndarray
    loosened: int = 0


@dataclass(frozen=True)
class _Group:
    """Rows whose inputs are nearly the same text, and how many rows of each stratum they hold."""

    rank: bytes
    rows: list[int]
    strata: dict[str, int]


def _groups(clusters: np.ndarray, keys: list[str], strata: list[str], seed: int) -> list[_Group]:
    """Return the groups in a random order that depends on the seed and their texts alone."""
    members: dict[int, list[int]] = defaultdict(list)
    for i, cluster in enumerate(clusters.tolist()):
        members[cluster].append(i)
    found = []
    for rows in members.values():
        key = min(keys[i] for i in rows)
        rank = hashlib.sha256(f"{seed}\0{key}".encode("utf-8", "surrogatepass")).digest()
        held = {strata[rows[0]]: 1} if len(rows) == 1 else Counter(strata[i] for i in rows)
        found.append(_Group(rank, rows, held))
    return sorted(found, key=lambda g: g.rank)


def quotas(sizes: Counter[str], total: int) -> dict[str, int]:
    """Divide ``total`` rows over the strata in proportion, by largest remainder."""
    n = sizes.total()
    exact = {s: total * size / n for s, size in sizes.items()}
    quota = {s: math.floor(x) for s, x in exact.items()}
    rest = sorted(exact, key=lambda s: (quota[s] - exact[s], -sizes[s], s))
    for s in rest[: total - sum(quota.values())]:
        quota[s] += 1
    return quota


def split(
    examples: Examples,
    stratum: Callable[[Any], str],
    valid_share: float,
    seed: int,
    least: int = 2,
) -> Parts:
    """Split rows into training and validation.

    Near copies (:func:`undercut.data.near.near`) stay on one side: no cluster straddles. Every
    stratum
    keeps a row in training; its share of validation is in proportion, up to rounding and to
    groups that cannot be divided. The result depends on the seed and the rows, not on their order
    or the process; at least two rows are kept for validation.

    Args:
        examples: labelled rows.
        stratum: group of a target that keeps its share, such as the label.
        valid_share: share of rows for validation, between 0 and 1.
        seed: another seed gives another split.
        least: strata there must be; 1 where a stratum is not what is learnt.

    Raises:
        UndercutError: fewer than ``least`` strata, or fewer than two rows that can be spared.
    """
    strata = [stratum(t) for t in examples.targets]
    left = Counter(strata)
    if len(left) < least:
        raise fail(
            "data-classes",
            expected="rows of at least 2 classes",
            found=f"{len(left)}" + (f", '{next(iter(left))}'" if left else ""),
            fix="Add rows with another label, or name the right column: --label-column NAME.",
        )
    largest = max(GIANT_ROWS, math.floor(GIANT_SHARE * len(strata)))
    alike = near(examples.inputs, largest=largest)
    keys = [same_key(x) for x in examples.inputs]
    groups = _groups(alike.cluster, keys, strata, seed)
    total = max(_LEAST, math.floor(valid_share * len(strata) + 0.5))
    quota = quotas(left, total)
    valid: list[int] = []
    taken: Counter[str] = Counter()

    def take(group: _Group) -> None:
        valid.extend(group.rows)
        for name, n in group.strata.items():
            taken[name] += n
            left[name] -= n

    def spared(group: _Group) -> bool:
        return all(left[s] > n for s, n in group.strata.items())

    later = []
    for group in groups:
        fits = all(taken[s] + n <= quota[s] for s, n in group.strata.items())
        if fits and spared(group):
            take(group)
        else:
            later.append(group)
    if len(valid) < _LEAST:
        for group in sorted(later, key=lambda g: (len(g.rows), g.rank)):
            if len(valid) < _LEAST and spared(group):
                take(group)
    if len(valid) < _LEAST:
        copies = len(strata) - len(groups)
        said = f", {copies:,} of them copies, which stay with theirs" if copies else ""
        raise fail(
            "data-few",
            expected=f"{_LEAST} rows to spare for validation, with every class left in training",
            found=f"{count(len(strata), 'row')} of {count(len(left), 'class', 'classes')}{said}",
            fix="Label more rows, or give a validation file: --valid FILE.",
        )
    kept = np.sort(np.asarray(valid, np.int64))
    mask = np.ones(len(strata), bool)
    mask[kept] = False
    return Parts(np.flatnonzero(mask).astype(np.int64), kept, alike.loosened)
