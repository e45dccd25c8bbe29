"""What must be shown of the formulas: speed beside pyblp, intervals that hold, even growth."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from benchmarks.figures import percent
from benchmarks.verdict import Results, Verdict, missing, rows

GAIN = "undercut, with the unilateral gain"
PEER = "pyblp"
TIMES = {"nash": 50, "mixed": 20}
MARKETS = {"nash": "100 products of 10 firms", "mixed": "100 products, 50 segments of buyers"}
STANDARD_ERRORS = 4
EVEN = 1.5


def _faster(name: str) -> Callable[[Results], Verdict]:
    def judge(results: Results) -> Verdict:
        claim = f"Nash prices, {MARKETS[name]}, with the gain on a grid, against pyblp"
        target = f"at most 1/{TIMES[name]} of its CPU-seconds, the same prices"
        ours, theirs = (rows(results, "economics", name=name, who=w) for w in (GAIN, PEER))
        if not ours or not theirs:
            return missing(claim, target)
        times = theirs[0]["cpu_milliseconds"] / ours[0]["cpu_milliseconds"]
        apart = theirs[0]["largest_difference"]
        shown = (
            f"1/{times:.0f} (without the grid 1/{theirs[0]['times_as_long']:.0f}); prices "
            f"{apart:.0e} apart"
        )
        return Verdict(claim, target, shown, times >= TIMES[name] and apart < 1e-9)

    return judge


def _coverage(results: Results) -> Verdict:
    claim = "demand fitted to simulated rows, 95 % intervals that hold the truth"
    target = f"95 % within {STANDARD_ERRORS} standard errors of so many draws"
    of = [r for r in rows(results, "economics") if "covered" in r]
    if not of:
        return missing(claim, target)
    held = [r["covered"] for r in of]
    good = all(abs(r["covered"] - r["expected"]) <= STANDARD_ERRORS * r["error"] for r in of)
    return Verdict(claim, target, f"{percent(min(held))} to {percent(max(held))}", good)


def _growth(results: Results) -> Verdict:
    claim = "price wars of 20 firms, ten times the paths"
    target = f"at most {EVEN:.1f} times the seconds and the memory of ten times fewer, per path"
    of = [r for r in rows(results, "economics") if r["name"].startswith("growth")]
    of.sort(key=lambda r: r["paths"])
    if len(of) < 2:
        return missing(claim, target)
    pairs = list(pairwise(of))
    each = max(b["nanoseconds_per_firm_month"] / a["nanoseconds_per_firm_month"] for a, b in pairs)
    last = of[-1]["megabytes_at_most"] / of[-2]["megabytes_at_most"]
    shown = (
        f"{each:.2f} times the seconds a path; {of[-1]['path_months'] / 1e6:.0f} million months "
        f"{of[-1]['cpu_seconds']:.0f} CPU-s, {of[-1]['megabytes_at_most']:.0f} MB, {last:.2f} times"
    )
    return Verdict(claim, target, shown, each <= EVEN and last <= EVEN)


CLAIMS: tuple[Callable[[Results], Verdict], ...] = (
    _faster("nash"),
    _faster("mixed"),
    _coverage,
    _growth,
)
