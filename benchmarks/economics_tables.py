"""The tables of the formulas: equilibria, wars, and intervals of fitted demand."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import number, percent, table

NAMES = {
    "nash": "Nash, 100 products, 10 firms",
    "mixed": "the same, 50 segments of buyers",
    "markets": "100,000 markets of four firms",
}


def tables(rows: list[dict[str, Any]]) -> str:
    """Return times beside pyblp, seconds and memory of simulations, and coverage."""
    timed = []
    for r in (r for r in rows if "cpu_milliseconds" in r):
        theirs = [x for x in rows if x["name"] == r["name"] and x.get("who") == "pyblp"]
        times = theirs[0]["cpu_milliseconds"] / r["cpu_milliseconds"] if theirs else None
        shown = "" if times is None else number(times)
        timed.append([NAMES[r["name"]], r["who"], f"{r['cpu_milliseconds']:.4g}", shown])
    wars = [
        [str(r["firms"]), f"{r['paths']:,}", f"{r['path_months']:,}", number(r["cpu_seconds"]),
         f"{r['nanoseconds_per_firm_month']:.1f}", number(r["megabytes_at_most"])]
        for r in rows if "path_months" in r
    ]  # fmt: skip
    held = [
        [r["name"].removeprefix("coverage "), percent(r["covered"]), f"± {percent(2 * r['error'])}"]
        for r in rows if "covered" in r
    ]  # fmt: skip
    blocks = [
        (["what", "who", ">CPU ms", ">times as fast as pyblp"], timed),
        ([">firms", ">paths", ">path-months", ">CPU-s", ">ns a firm-month", ">peak MB"], wars),
        (["parameter", ">intervals that held it", ">two standard errors of 95 %"], held),
    ]
    return "\n\n".join(table(head, lines) for head, lines in blocks if lines)
