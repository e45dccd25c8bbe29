"""What must be shown of ways to train, of the search, and of rows that were chosen."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from benchmarks.coreset import OURS, against_chance
from benchmarks.figures import percent
from benchmarks.verdict import Results, Verdict, missing, rows

LIKE_FULL = ("lora", "adapter")
NEAR = 1.0
"""Points of accuracy that a method may be below ``full``."""
SEARCH_USD = 0.20
FEW = 8
"""Chosen rows are few up to one in so many."""


def _adapters(results: Results) -> Verdict:
    claim = "`lora` and `adapter`, mean test accuracy against `full`"
    target = "on Banking77 and SST-2 at most 1 point below"
    gaps = {}
    for dataset in ("banking77", "sst2"):
        full = rows(results, "adapters", dataset=dataset, method="full")
        for method in LIKE_FULL:
            of = rows(results, "adapters", dataset=dataset, method=method)
            if not of or not full:
                return missing(claim, target)
            means = [statistics.fmean(r["accuracy"] for r in side) for side in (of, full)]
            gaps[method, dataset] = 100 * (means[0] - means[1])
    seeds = len({r["seed"] for r in rows(results, "adapters", method="full")})
    shown = ", ".join(f"`{m}` {d} {gap:+.1f}" for (m, d), gap in gaps.items())
    return Verdict(claim, target, f"{shown} points; {seeds} seeds", min(gaps.values()) >= -NEAR)


def _tune(results: Results) -> Verdict:
    claim = "`undercut tune`, Banking77, against the ladder's defaults"
    target = f"within {SEARCH_USD:.2f} USD test accuracy not significantly below (McNemar)"
    of = rows(results, "tune", dataset="banking77")
    if not of:
        return missing(claim, target)
    shown = "; ".join(
        f"{percent(r['tuned']['accuracy'])} vs {percent(r['default']['accuracy'])}, "
        f"p = {r['p_value']:.2g}, searched for {r['search']['usd']:.3f} USD"
        for r in of
    )
    met = all(
        r["search"]["usd"] <= SEARCH_USD
        and (r["p_value"] >= 0.05 or r["tuned"]["accuracy"] >= r["default"]["accuracy"])
        for r in of
    )
    return Verdict(claim, target, shown, met)


def _coreset(results: Results) -> Verdict:
    claim = f"`--coreset`, at most 1 row in {FEW}, `linear`, against as many rows at random"
    target = "more accurate on average on every set and size"
    found = rows(results, "coreset")
    gains = []
    for name in dict.fromkeys(r["dataset"] for r in found):
        of = [r for r in found if r["dataset"] == name]
        for (use, _, n, model, way), known in against_chance(of).items():
            few = FEW * n <= of[0]["rows"]
            if (use, model, way) == ("train", "linear", OURS) and few and "gain" in known:
                gains.append(100 * known["gain"])
    if not gains:
        return missing(claim, target)
    better = sum(g > 0 for g in gains)
    shown = f"better in {better} of {len(gains)}: {min(gains):+.1f} to {max(gains):+.1f} points"
    return Verdict(claim, target, shown, better == len(gains))


CLAIMS: tuple[Callable[[Results], Verdict], ...] = (_adapters, _tune, _coreset)
