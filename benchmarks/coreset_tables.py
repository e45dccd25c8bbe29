"""The tables of rows chosen against rows at random."""

from __future__ import annotations

from typing import Any

from benchmarks.coreset import CHANCE, OURS, against_chance
from benchmarks.figures import percent, table

USES = {
    "train": "Labelled rows chosen to train on",
    "label": "Rows picked to be labelled beside some labelled at random",
}


def _gain(known: dict[str, float] | None) -> str:
    if known is None or "gain" not in known:
        return ""
    said = f"{100 * known['gain']:+.1f}"
    return f"{said} ± {100 * known['half']:.1f}" if "half" in known else said


def tables(rows: list[dict[str, Any]]) -> str:
    """Return one table a use and model: accuracy at random, and each way's gain in points."""
    blocks = []
    names = list(dict.fromkeys(r["dataset"] for r in rows))
    found = {n: against_chance([r for r in rows if r["dataset"] == n]) for n in names}
    seeds = ", ".join(f"{n}: {sum(r['dataset'] == n for r in rows)}" for n in names)
    for use, title in USES.items():
        for model in ("linear", "probe"):
            keys = {n: [k for k in found[n] if (k[0], k[3]) == (use, model)] for n in names}
            every = dict.fromkeys(k[4] for n in names for k in keys[n])
            ways = [OURS, *(w for w in every if w not in (OURS, CHANCE, "all"))]
            if CHANCE not in every:
                continue
            lines = []
            for name in names:
                for _, start, n, _, _ in dict.fromkeys((*k[:4], "") for k in keys[name]):
                    at = {w: found[name].get((use, start, n, model, w)) for w in every}
                    if (base := at[CHANCE]) is None:
                        continue
                    begin = [str(start)] if use == "label" else []
                    cells = [_gain(at.get(w)) for w in ways]
                    lines.append([name, *begin, f"{n}", percent(base["accuracy"]), *cells])
            begin = [">labelled"] if use == "label" else []
            head = ["set", *begin, ">rows", ">at random", *(f">{w}" for w in ways)]
            blocks.append(f"{title}, {model}:\n\n{table(head, lines)}")
    return "\n\n".join([*blocks, f"Seeds: {seeds}."])
