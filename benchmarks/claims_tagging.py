"""What must be shown of entities: quality, and cost against the tutorial recipe."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from benchmarks.figures import mean, number, spread
from benchmarks.verdict import Results, Verdict, missing, rows

CRF = "undercut linear"
RECIPE = "the encoder stacked with the CRF, CoNLL-2003"


def f1(value: float) -> str:
    """Return a figure in percent as the tables print it."""
    return f"{value:.1f} %"


def _stacked(results: Results) -> Verdict:
    claim = f"{RECIPE}, mean strict entity F1 on test"
    target = "at least 89.5 % (stretch 90.3 %)"
    of = rows(results, "tagging_rungs", dataset="conll2003", method="full")
    if not of:
        return missing(claim, target)
    values = [r["rungs"]["stack"]["f1"] for r in of]
    shown = f"{spread(values, f1)}, {len(values)} seeds"
    return Verdict(claim, target, shown, statistics.fmean(values) >= 89.5)


def _cost(results: Results) -> Verdict:
    claim = f"{RECIPE}, against the tutorial recipe for entities"
    target = "at most 1/10 of its CPU-seconds"
    of = rows(results, "tagging_rungs", dataset="conll2003", method="full")
    peers = rows(results, "peers_tagging", dataset="conll2003")
    peer = mean(peers, "cpu_seconds", "value")
    if not of or peer is None:
        return missing(claim, target)
    seconds = [r["whole_cpu_seconds"] for r in of]
    same = {r.get("session") for r in of} == {r.get("session") for r in peers}
    shown = (
        f"1/{number(peer / statistics.fmean(seconds))}: {spread(seconds)} CPU-s, both rungs and "
        f"their stack" + ("" if same else "; not the same run")
    )
    return Verdict(claim, target, shown, 10 * statistics.fmean(seconds) <= peer)


def _tokens(results: Results) -> Verdict:
    claim = f"{RECIPE}, words with the right tag on test"
    target = "at least 97.3 %"
    of = rows(results, "tagging_rungs", dataset="conll2003", method="full")
    if not of:
        return missing(claim, target)
    values = [r["rungs"]["stack"]["token_accuracy"] for r in of]
    shown = f"{spread(values, f1)}, {len(values)} seeds"
    return Verdict(claim, target, shown, statistics.fmean(values) >= 97.3)


def _linear(results: Results) -> Verdict:
    claim = "`linear` (CRF), CoNLL-2003, mean strict entity F1 on test"
    target = "at least 84.5 % in at most 20 CPU-seconds"
    of = rows(results, "tagging", dataset="conll2003", name=CRF)
    if not of:
        return missing(claim, target)
    values = [r["f1"] for r in of]
    seconds = [r["training"]["cpu_seconds"] for r in of]
    shown = f"{spread(values, f1)} in {spread(seconds)} CPU-s training, {len(of)} seeds"
    met = statistics.fmean(values) >= 84.5 and statistics.fmean(seconds) <= 20
    return Verdict(claim, target, shown, met)


CLAIMS: tuple[Callable[[Results], Verdict], ...] = (_stacked, _cost, _tokens, _linear)
