"""What the server must show under load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.figures import number, percent
from benchmarks.verdict import Results, Verdict, missing, rows

AT = 64
PEERS = ("fastapi, thread", "fastapi, loop", "litserve", "bentoml", "ray")
TIMES, FIRST, CEILING, METERING = 2.0, 1.15, 0.75, 0.05
FLAT = 1.1


def _models(results: Results) -> dict[str, dict[tuple[str, int | None], dict[str, Any]]]:
    """Return rows by model, then by contender and connections."""
    found: dict[str, dict[tuple[str, int | None], dict[str, Any]]] = {}
    for r in rows(results, "serving"):
        found.setdefault(r["model"], {})[r["contender"], r.get("connections")] = r
    return found


def _each(
    results: Results,
    claim: str,
    target: str,
    judge: Callable[[dict[tuple[str, int | None], dict[str, Any]]], tuple[str, bool]],
) -> Verdict:
    """Return a verdict over all models: met when it is for each."""
    try:
        judged = {model: judge(of) for model, of in _models(results).items()}
    except (KeyError, TypeError, ValueError):
        return missing(claim, target)
    if not judged:
        return missing(claim, target)
    shown = "; ".join(f"`{m}`: {text}" for m, (text, _) in judged.items())
    return Verdict(claim, target, shown, all(met for _, met in judged.values()))


def _peers(results: Results) -> Verdict:
    claim = f"serving, {AT} connections, against the best peer measured"
    target = f"at least {TIMES:g} times its requests/s, p99 no worse"

    def judge(of: dict[tuple[str, int | None], dict[str, Any]]) -> tuple[str, bool]:
        ours = of["ours", AT]
        able = [of[p, AT] for p in PEERS if (p, AT) in of]
        best = max(able, key=lambda r: r["per_second"])
        times = ours["per_second"] / best["per_second"]
        text = (
            f"{times:.2f} times {best['contender']}, p99 {number(ours['p99_ms'])} "
            f"against {number(best['p99_ms'])} ms"
        )
        return text, times >= TIMES and ours["p99_ms"] <= best["p99_ms"]

    return _each(results, claim, target, judge)


def _first(results: Results) -> Verdict:
    claim = "serving, 1 connection, p50 against FastAPI + uvicorn per request"
    target = f"at most {FIRST:g} times"

    def judge(of: dict[tuple[str, int | None], dict[str, Any]]) -> tuple[str, bool]:
        plain = min(of[p, 1]["p50_ms"] for p in PEERS[:2])
        times = of["ours", 1]["p50_ms"] / plain
        return f"{times:.2f} times", times <= FIRST

    return _each(results, claim, target, judge)


def _ceiling(results: Results) -> Verdict:
    claim = f"serving, {AT} connections, of 1 / (1 / backend + 1 / no-op)"
    target = f"at least {percent(CEILING, 0)}"

    def judge(of: dict[tuple[str, int | None], dict[str, Any]]) -> tuple[str, bool]:
        parts = of["backend", None]["per_second"], of["no-op", AT]["per_second"]
        share = of["ours", AT]["per_second"] * sum(1 / p for p in parts)
        return percent(share), share >= CEILING

    return _each(results, claim, target, judge)


def _metering(results: Results) -> Verdict:
    claim = f"keys, budgets and metering, of requests/s at {AT} connections"
    target = f"under {percent(METERING, 0)}"

    def judge(of: dict[tuple[str, int | None], dict[str, Any]]) -> tuple[str, bool]:
        cost = 1 - of["ours", AT]["per_second"] / of["ours, no keys", AT]["per_second"]
        return percent(cost), cost < METERING

    return _each(results, claim, target, judge)


def _soak(results: Results) -> Verdict:
    claim, target = "a soak at 80 % load, last third against the first", "flat memory and p99"
    of = rows(results, "serving_soak")
    if not of:
        return missing(claim, target)
    first, last = of[0]["thirds"]["first"], of[0]["thirds"]["last"]
    memory, tail = last["mb"] / first["mb"], last["p99_ms"] / first["p99_ms"]
    shown = f"{of[0]['minutes']:g} minutes: memory {memory:.3f} times, p99 {tail:.2f} times"
    return Verdict(claim, target, shown, memory <= FLAT and tail <= FLAT)


CLAIMS: tuple[Callable[[Results], Verdict], ...] = (_peers, _first, _ceiling, _metering, _soak)
