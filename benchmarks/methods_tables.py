"""The tables of ways to train an encoder, and of the search."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.figures import accuracies, empty, groups, number, percent, spread, table
from benchmarks.verdict import Results, rows


def adapters(results: Results) -> str:
    """Return what each way to train an encoder takes and gives, on each data set."""
    found = rows(results, "adapters")
    if not found:
        return empty("adapters")
    lines = []
    for (name, method), of in groups(found, "dataset", "method").items():
        share = of[0]["trainable_parameters"] / of[0]["total_parameters"]
        full = [r["accuracy"] for r in found if (r["dataset"], r["method"]) == (name, "full")]
        mean_of = statistics.fmean(r["accuracy"] for r in of)
        gap = f"{100 * (mean_of - statistics.fmean(full)):+.1f}" if full else ""
        lines.append(
            [
                name,
                f"`{method}`",
                f"{of[0]['trainable_parameters']:,} ({percent(share)})",
                accuracies(of),
                gap,
                spread([r["cpu_seconds"] for r in of]),
                number(max(r["peak_memory_bytes"] for r in of) / 1e6),
                f"{of[0]['size_bytes'] / 1e6:.2f}",
            ]
        )
    head = ["data", "method", "trained", "test accuracy", "points from `full`", "CPU-s, fitting",
            "peak memory, MB", "files, MB"]  # fmt: skip
    return table(head, lines)


def tune(results: Results) -> str:
    """Return what the search found against the ladder's defaults, and how it got there."""
    found = rows(results, "tune")
    if not found:
        return empty("tune")
    blocks = []
    for r in found:
        name, search = f"{r['dataset']}, seed {r['seed']}", r["search"]
        differ = f"{r['only_tuned_right']} / {r['only_default_right']}"
        lines = [
            [
                f"**`tune`**, {r['budget_usd']:g} USD at most",
                f"{search['usd']:.4f}",
                *_model(r["tuned"]),
                differ,
                f"{r['p_value']:.2g}",
            ],
            ["`run`, its defaults", "", *_model(r["default"]), "", ""],
        ]
        head = [name, ">USD, search", "promoted", ">validation", ">test", ">USD, everything",
                ">right alone, search / defaults", ">McNemar p"]  # fmt: skip
        blocks += [table(head, lines), _climb(search)]
        if r.get("figure"):
            blocks.append(f"![Best validation accuracy so far against USD]({r['figure']})")
    return "\n\n".join(blocks)


def _model(of: dict[str, Any]) -> list[str]:
    shares = [percent(of["valid_quality"]), percent(of["accuracy"], 2)]
    return [of["promoted"], *shares, f"{of['usd']:.4f}"]


def _climb(search: dict[str, Any]) -> str:
    """Return the trials that were better than all before, the default's, and what mattered."""
    from undercut.pipeline.tuning.record import settings

    lines, best = [], -1.0
    for t in search["trials"]:
        if t["state"] == "complete" and t["quality"] > best:
            best = t["quality"]
            options, usd = settings(t["options"]), f"{t['usd_so_far']:.4f}"
            lines.append([str(t["number"]), f"`{t['method']}`", options, percent(best), usd])
    states = [t["state"] for t in search["trials"]]
    counts = ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states))
    mattered = "; ".join(
        f"`{method}`: " + ", ".join(f"{n} {percent(v)}" for n, v in sorted(
            shares.items(), key=lambda kv: -kv[1]))
        for method, shares in search["importances"].items()
    )  # fmt: skip
    head = [">trial", "method", "options", ">validation, best so far", ">USD so far"]
    note = f"{len(states)} trials ({counts}), {number(search['cpu_seconds'])} CPU-s; ended: "
    note += f"{search['stopped']}."
    if mattered:
        note += f" Share of the variance of quality: {mattered}."
    return f"{table(head, lines)}\n\n{note}"
