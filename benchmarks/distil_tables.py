"""The table of cheap students."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.figures import accuracies, empty, number, spread, table
from benchmarks.verdict import Results
from benchmarks.verdict import rows as rows_of

NAMES = {
    "teacher": "teacher",
    "hashed": "hashed, from labels alone",
    "distil-hashed": "hashed, distilled",
    "distil-static": "static word pieces, distilled",
}


def students(results: Results) -> str:
    """Return the table of what was measured."""
    found = rows_of(results, "distil")
    return tables(found) if found else empty("distil")


def tables(rows: list[dict[str, Any]]) -> str:
    """Return accuracy, cost, size and texts a second of every model on every set."""
    lines = []
    for dataset in dict.fromkeys(r["dataset"] for r in rows):
        of = [r for r in rows if r["dataset"] == dataset]
        for name in (n for n in NAMES if any(r["name"] == n for r in of)):
            mine = [r for r in of if r["name"] == name]
            cpu = [r["cpu_seconds"] for r in mine if r["cpu_seconds"] is not None]
            lines.append(
                [
                    dataset,
                    NAMES[name],
                    accuracies(mine),
                    spread(cpu) if cpu else "",
                    f"{statistics.fmean(r['size_bytes'] for r in mine) / 1e6:.1f}",
                    *(
                        number(statistics.median(r[what][clock] for r in mine))
                        for what in ("to_label", "to_prediction")
                        for clock in ("wall", "cpu")
                    ),
                    str(len(mine)),
                ]
            )
    head = ["set", "model", ">test accuracy", ">CPU-s, teaching", ">MB"]
    head += [">texts/s to labels", ">the same a CPU-s", ">texts/s to predictions"]
    head += [">the same a CPU-s", ">seeds"]
    return table(head, lines)
