"""The tables of cascades."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import number, percent, table


def tables(rows: list[dict[str, Any]]) -> str:
    """Return one table of goals on test rows, and one of streams."""
    goals, streams, refused = [], [], []
    for r in rows:
        if "refused" in r:
            refused.append(f"{r['dataset']}, {r['name']}: {r['refused']}")
        elif "stream" in r["name"]:
            outside = r["escalated_outside"]
            streams.append(
                [
                    f"{r['dataset']}, {r['name']}",
                    percent(r["accuracy"]),
                    percent(r["last_accuracy"]),
                    f"{r['p_value']:.3f}",
                    percent(r["escalated"]),
                    "" if outside is None else percent(outside),
                    number(r["texts_per_second"]),
                    f"{r['times']:.1f}",
                    number(r["cached_texts_per_second"]),
                    percent(r["hit_share"]),
                ]
            )
        else:
            gap = f"{100 * r['difference']:+.2f}"
            ends = f"{100 * r['difference_low']:+.2f} to {100 * r['difference_high']:+.2f}"
            goals.append(
                [
                    f"{r['dataset']}, {r['name']}",
                    f"{r['first']}, {r['last']}",
                    percent(r["accuracy"]),
                    percent(r["last_accuracy"]),
                    f"{gap} ({ends})",
                    f"{r['p_value']:.3f}",
                    percent(r["escalated_on_validation"]),
                    number(r["texts_per_second"]),
                    number(r["last_texts_per_second"]),
                    f"{r['times']:.1f}",
                ]
            )
    head = ["cascade", "tiers", ">test accuracy", ">last tier alone", ">difference, points", ">p",
            ">passed on", ">texts/s", ">last tier, texts/s", ">times"]  # fmt: skip
    beside = ["stream", ">accuracy", ">last tier alone", ">p", ">passed on", ">outside passed on",
              ">texts/s", ">times", ">with cache, texts/s", ">cache hits"]  # fmt: skip
    blocks = [table(head, goals)] if goals else []
    blocks += [table(beside, streams)] if streams else []
    blocks += ["Not made:\n\n" + "\n".join(f"- {line}" for line in refused)] if refused else []
    return "\n\n".join(blocks)
