"""Tables of the runtimes, of cold starts and of growing files."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import empty, number, percent, table
from benchmarks.verdict import Results
from benchmarks.verdict import rows as rows_of


def _rate(value: float | None) -> str:
    return number(value) if value else ""


def runtimes(results: Results) -> str:
    """Return one row a contender and number of threads."""
    rows = rows_of(results, "runtimes")
    if not rows:
        return empty("runtimes")
    lines = []
    for r in rows:
        if r["kind"] == "peak":
            continue
        if "accuracy" not in r:
            lines.append([r["name"], r["threads"], f"failed: {r['failed']}", *[""] * 9])
            continue
        gate = r.get("gate", "") if r.get("gated", True) else "not gated"
        lines.append(
            [
                f"**{r['name']}**" if r.get("promoted") else r["name"],
                r["threads"],
                _rate(r["texts_per_second"]),
                _rate(r["texts_per_second_tokenised"]),
                f"{r['p50_ms']:.2f} / {r['p99_ms']:.2f}",
                percent(r["accuracy"], 2) if r["accuracy"] is not None else "",
                gate,
                f"{r['size_bytes'] / 1e6:.0f}" if "size_bytes" in r else "",
                f"{r['peak_memory_bytes'] / 1e6:.0f}",
                *(_share(r, name) for name in ("float32", "bfloat16", "int8")),
            ]
        )
    head = ["contender", ">threads", ">texts/s", ">tokenised before", ">one text, p50 / p99 ms"]
    head += [">test accuracy", "gate", ">files, MB", ">peak memory, MB"]
    head += [">of fp32 peak", ">of bf16 peak", ">of int8 peak"]
    return table(head, lines)


def _share(row: dict[str, Any], name: str) -> str:
    share = row["share_of_peak"].get(name)
    return percent(share) if share is not None else ""


def peaks(results: Results) -> str:
    """Return what the processor multiplies a second, by number format and threads."""
    peaks = [r for r in rows_of(results, "runtimes") if r["kind"] == "peak"]
    if not peaks:
        return empty("runtimes")
    names = list(peaks[0]["gflops"])
    lines = [
        [r["threads"], *(_rate(r["gflops"][name]) or "no such product" for name in names)]
        for r in peaks
    ]
    return table([">threads", *(f">{name}, GFLOP/s" for name in names)], lines)


def cold(results: Results) -> str:
    """Return seconds from process start to first answer."""
    rows = rows_of(results, "cold")
    if not rows:
        return empty("cold")
    lines = [
        [
            r["model"],
            r["backend"],
            r["torch"],
            f"{r['wall_seconds']:.2f}",
            f"{r['cpu_seconds']:.2f}",
            f"{min(r['all_wall_seconds']):.2f} to {max(r['all_wall_seconds']):.2f}",
        ]
        for r in rows
    ]
    head = ["model", "backend", "torch", ">seconds, median", ">CPU-seconds", ">from, to"]
    return table(head, lines)


def growth(results: Results) -> str:
    """Return time and memory by rows, and what a kill half-way changed."""
    rows = rows_of(results, "growth")
    if not rows:
        return empty("growth")
    lines = []
    for r in rows:
        killed = ""
        if r["killed"]:
            same = "the same bytes" if r["same_bytes"] else "**other bytes**"
            killed = f"after a kill with {number(r['kept_rows'])} rows kept: {same}"
        lines.append(
            [
                f"`{r['model']}`",
                number(r["rows_asked"]),
                number(r["megabytes"]),
                f"{r['wall_seconds']:.1f}",
                number(r["rows_per_second"]),
                f"{r['cpu_seconds']:.1f}",
                f"{r['cost_usd']:.2g}",
                f"{r['peak_memory_bytes'] / 1e6:.0f}",
                killed,
            ]
        )
    head = ["model", ">rows", ">file, MB", ">seconds", ">rows/s, scoring and writing"]
    head += [">CPU-seconds, all tries", ">USD", ">peak memory, MB", "kill"]
    return table(head, lines)
