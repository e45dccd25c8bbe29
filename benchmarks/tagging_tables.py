"""The tables of entities: the stacked encoder beside the tutorial recipe, and the CRF's peers."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.figures import empty, groups, number, spread, table
from benchmarks.verdict import Results, rows


def _points(values: list[float]) -> str:
    return spread(values, lambda v: f"{v:.1f}") + " %"


def rungs(results: Results) -> str:
    """Return quality and cost of the encoder, the CRF and their stack, and of the tutorial."""
    found, peers = rows(results, "tagging_rungs"), rows(results, "peers_tagging")
    if not found and not peers:
        return empty("tagging")
    lines = []
    for (name, recipe), of in groups(peers, "dataset", "recipe").items():
        timed = sum(r["steps_timed"] for r in of)
        how = f"extrapolated from {timed} of {of[0]['steps_total']} steps in {len(of)} rounds"
        seconds = spread([r["cpu_seconds"]["value"] for r in of])
        lines.append([name, recipe, "", "not measured here", "", seconds, how])
    for (name, method), of in groups(found, "dataset", "method").items():
        how = f"{len(of)} seeds; stack pays: {sum(r['pays'] for r in of)} of {len(of)}"
        for rung in of[0]["rungs"]:
            lines.append(
                [
                    name,
                    f"**{method} + linear, stacked**" if rung == "stack" else f"`{rung}`",
                    _points([r["valid_f1"][rung] for r in of]),
                    _points([r["rungs"][rung]["f1"] for r in of]),
                    _points([r["rungs"][rung]["token_accuracy"] for r in of]),
                    spread([_seconds(r, rung) for r in of]),
                    how if rung == "stack" else f"{len(of)} seeds",
                ]
            )
    head = ["set", "recipe", ">validation F1", ">test F1, strict", ">words right", ">CPU-s", "how"]
    return table(head, lines)


def _seconds(row: dict[str, Any], rung: str) -> float:
    return float(row["whole_cpu_seconds"] if rung == "stack" else row["cpu_seconds"][rung])


def linear(results: Results) -> str:
    """Return the CRF beside other small taggers trained on the same files."""
    found = rows(results, "tagging")
    if not found:
        return empty("tagging")
    lines = []
    for (name, contender), of in groups(found, "dataset", "name").items():
        low = statistics.fmean(r["f1_low"] for r in of)
        high = statistics.fmean(r["f1_high"] for r in of)
        speed = [r["words_per_cpu_second"] for r in of if "words_per_cpu_second" in r]
        lines.append(
            [
                name,
                f"**{contender}**" if contender.startswith("undercut") else contender,
                _points([r["valid_f1"] for r in of]),
                _points([r["f1"] for r in of]),
                f"{low:.1f} to {high:.1f}",
                spread([r["training"]["cpu_seconds"] for r in of]),
                number(statistics.fmean(speed)) if speed else "",
                f"{of[0]['size_bytes'] / 1e6:.1f}" if "size_bytes" in of[0] else "",
                len(of),
            ]
        )
    head = ["set", "contender", ">validation F1", ">test F1, strict", ">95 % of test rows",
            ">CPU-s, training", ">words a CPU-s", ">MB", ">seeds"]  # fmt: skip
    return table(head, lines)
