"""The table of servers side by side."""

from __future__ import annotations

from benchmarks.figures import empty, groups, number, table
from benchmarks.verdict import Results
from benchmarks.verdict import rows as rows_of


def load(results: Results) -> str:
    """Return requests a second and latencies, by model and contender."""
    rows = rows_of(results, "serving")
    if not rows:
        return empty("serving")
    parts = []
    for (model,), of in groups(rows, "model").items():
        timed = [r for r in of if "connections" in r]
        levels = list(dict.fromkeys(r["connections"] for r in timed))
        lines = []
        for (name,), mine in groups(of, "contender").items():
            at = {r["connections"]: r for r in mine if "connections" in r}
            if name == "backend":
                alone = mine[0]
                told = f"{number(alone['per_second'])} texts/s in batches of 64"
                lines.append([told, f"{number(alone['p50_ms'])} ms singly", *[""] * len(levels)])
                lines[-1] = [f"{name} alone", *lines[-1][:2], *[""] * (len(levels) - 2)]
                continue
            if not at:
                lines.append([name, f"failed: {mine[0]['failed']}", *[""] * (len(levels) - 1)])
                continue
            wait = next(iter(at.values())).get("wait_ms")
            shown = f"{name}, wait {wait:g} ms" if wait is not None else name
            cells = [
                f"{number(r['per_second'])}; {number(r['p50_ms'])} / {number(r['p99_ms'])}"
                if (r := at.get(c)) and r["p50_ms"] is not None
                else "no answer"
                for c in levels
            ]
            lines.append([f"**{shown}**" if name == "ours" else shown, *cells])
        head = ["contender", *(f">{c} connections" for c in levels)]
        parts.append(f"`{model}`: requests/s; p50 / p99, ms\n\n{table(head, lines)}")
    where = f"Generator on core {rows[0]['generator_cores']}, servers on {rows[0]['server_cores']}."
    return "\n\n".join([*parts, where])


def soak(results: Results) -> str:
    """Return what a long load showed, by its thirds."""
    rows = rows_of(results, "serving_soak")
    if not rows:
        return empty("serving --soak 20")
    lines = []
    for name, third in rows[0]["thirds"].items():
        lines.append([name, *(number(third[k]) for k in ("per_second", "p50_ms", "p99_ms", "mb"))])
    return table(["third", ">answered/s", ">p50, ms", ">p99, ms", ">memory, MB"], lines)
