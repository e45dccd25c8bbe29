"""What runtimes and files of growing size must show."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.figures import number, percent
from benchmarks.verdict import Results, Verdict, missing, rows

ENCODER_RATE = 3_000
TIMES, SHORT_ACCURACY = 2.0, 0.937
HASHED_RATE, HASHED_ACCURACY = 400_000, 0.927
FLAT, LINEAR = 1.2, 1.25
"""Largest growth of peak memory, and of seconds a row, over ten times the rows."""


def _encoder(results: Results) -> Verdict:
    claim = "six-layer encoder on two threads, at a passed gate, tokenising included"
    target = f"at least {number(ENCODER_RATE)} texts/s"
    able = rows(results, "runtimes", kind="undercut", gate="passed", gated=True, threads=2)
    if not able:
        return missing(claim, target)
    best = max(able, key=lambda r: r["texts_per_second"])
    rate = best["texts_per_second"]
    shown = f"{best['name']}: {number(rate)} at {percent(best['accuracy'], 2)} on test"
    return Verdict(claim, target, shown, rate >= ENCODER_RATE)


def _shorter(results: Results) -> Verdict:
    claim = (
        "an encoder of fewer layers on two threads against the best six-layer one at a passed gate"
    )
    target = f"at least {TIMES:g} times its texts a second at {percent(SHORT_ACCURACY)} on test"
    whole = rows(results, "runtimes", kind="undercut", gate="passed", gated=True, threads=2)
    short = [r for r in rows(results, "runtimes", kind="undercut", threads=2) if "layers" in r]
    if not whole or not short:
        return missing(claim, target)
    rate = max(r["texts_per_second"] for r in whole)

    def met(r: dict[str, Any]) -> bool:
        return bool(r["texts_per_second"] >= TIMES * rate and r["accuracy"] >= SHORT_ACCURACY)

    shown = "; ".join(
        f"{r['layers']} layers: {r['texts_per_second'] / rate:.2f} times, "
        f"{number(r['texts_per_second'])} at {percent(r['accuracy'], 2)}"
        for r in short
    )
    return Verdict(claim, target, shown, any(met(r) for r in short))


def _growth(results: Results) -> Verdict:
    claim = "`predict --out`, the largest file against a tenth of it"
    target = f"at most {LINEAR:g} times the seconds a row and {FLAT:g} times the peak memory"
    worst: list[tuple[float, float, str]] = []
    for model in dict.fromkeys(r["model"] for r in rows(results, "growth")):
        of = rows(results, "growth", model=model, killed=False)
        if len(of) < 2:
            return missing(claim, target)
        small, large = sorted(of, key=lambda r: r["rows_asked"])[-2:]
        seconds = [r["wall_seconds"] / r["rows_asked"] for r in (small, large)]
        memory = large["peak_memory_bytes"] / small["peak_memory_bytes"]
        worst.append((seconds[1] / seconds[0], memory, model))
    if not worst:
        return missing(claim, target)
    shown = "; ".join(f"`{m}`: {t:.2f} times, {b:.2f} times" for t, b, m in worst)
    met = all(t <= LINEAR and b <= FLAT for t, b, _ in worst)
    return Verdict(claim, target, shown, met)


def _killed(results: Results) -> Verdict:
    claim = "`predict --out`, killed with SIGKILL half-way and given again"
    target = "goes on after the rows kept, and writes the same bytes"
    of = rows(results, "growth", killed=True)
    if not of:
        return missing(claim, target)
    shown = "; ".join(
        f"`{r['model']}`: {number(r['kept_rows'])} of {number(r['rows_asked'])} kept, "
        f"{'the same' if r['same_bytes'] else 'other'} bytes"
        for r in of
    )
    met = all(r["same_bytes"] and r["resumed_rows"] == r["kept_rows"] > 0 for r in of)
    return Verdict(claim, target, shown, met)


def _hashed(results: Results) -> Verdict:
    claim = "hashed linear student of a stack, Banking77, one thread, raw text to label"
    target = f"at least {number(HASHED_RATE)} texts/s at {percent(HASHED_ACCURACY)} on test"
    of = rows(results, "distil", dataset="banking77", name="distil-hashed")
    if not of:
        return missing(claim, target)
    rate = statistics.median(r["to_label"]["wall"] for r in of)
    accuracy = statistics.fmean(r["accuracy"] for r in of)
    shown = f"{number(rate)} at {percent(accuracy, 2)}, {len(of)} seeds"
    return Verdict(claim, target, shown, rate >= HASHED_RATE and accuracy >= HASHED_ACCURACY)


CLAIMS: tuple[Callable[[Results], Verdict], ...] = (_encoder, _shorter, _hashed, _growth, _killed)
