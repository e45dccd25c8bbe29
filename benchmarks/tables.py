"""Generate the tables of ``README.md`` from ``results/*.json``; no figure is typed by hand."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    cascade_tables,
    claims,
    coreset_tables,
    distil_tables,
    economics_tables,
    methods_tables,
    record,
    runtime_tables,
    serving_tables,
    tagging_tables,
)
from benchmarks.figures import accuracies, empty, groups, mean, number, percent, spread, table
from benchmarks.labels import pooled
from benchmarks.verdict import Results
from benchmarks.verdict import rows as rows_of

README = Path(__file__).resolve().parent / "README.md"
BLOCK = re.compile(r"(<!-- begin (?P<name>[a-z-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)
MET = {True: "met", False: "**not met**", None: "not measured"}


def claims_table(results: Results) -> str:
    """Return what must be shown, what was measured, and whether it is met."""
    lines = [[v.claim, v.target, v.measured, MET[v.met]] for v in claims.judge_all(results)]
    return table(["claim", "target", "measured", "verdict"], lines)


def training(results: Results) -> str:
    """Return accuracy and cost of every way to train on Banking77."""
    names = ("peers_tutorial", "peers_trainer", "peers_linear", "ours")
    if not any(n in results for n in names):
        return empty("train` and `python -m benchmarks peers")
    base = claims.tutorial_seconds(results)
    lines: list[list[str]] = []

    def add(name: str, rate: str, of: list[Any], train: list[float], whole: str, how: str) -> None:
        ratio = f"1/{number(base / statistics.fmean(train))}" if base else ""
        lines.append([name, rate, accuracies(of), spread(train), whole, ratio, how])

    for source in names[:2]:
        found = groups(rows_of(results, source), "recipe", "learning_rate")
        for (recipe, rate), of in found.items():
            seconds = [r["cpu_seconds"]["value"] for r in of]
            timed = sum(r["steps_timed"] for r in of)
            how = f"extrapolated from {timed} of {of[0]['steps_total']} steps in {len(of)} rounds"
            if not of[0]["extrapolated"]:
                how = f"run through, {len(of)} seeds"
            add(recipe, f"{rate:g}", of, seconds, "", how)
    for (recipe,), of in groups(rows_of(results, "peers_linear"), "recipe").items():
        train = [r["training"]["cpu_seconds"] for r in of]
        whole = spread([r["process"]["cpu_seconds"] for r in of])
        add(f"TF-IDF {recipe} + LinearSVC", "", of, train, whole, f"{len(of)} seeds")
    for (method,), of in groups(rows_of(results, "ours"), "method").items():
        train = [r["training_cpu_seconds"] for r in of]
        whole = spread([r["whole_cpu_seconds"] for r in of])
        add(f"**undercut `{method}`**", "", of, train, whole, f"{len(of)} seeds")
    head = [
        "recipe",
        ">learning rate",
        ">test accuracy",
        ">CPU-s, training",
        ">CPU-s, whole command",
        ">of the tutorial's",
        "how",
    ]
    return table(head, lines)


def choices(results: Results) -> str:
    """Return what each of our runs chose, on validation rows only."""
    rows = rows_of(results, "ours")
    if not rows:
        return empty("train")
    lines = [
        [
            f"`{r['method']}`",
            r["seed"],
            r["promoted"],
            percent(r["valid_quality"]),
            percent(r["accuracy"], 2),
            percent(r["macro_f1"], 2),
            ", ".join(x["rung"] for x in r["rungs"] if x["status"] == "climbed"),
        ]
        for r in rows
    ]
    head = [
        "method",
        ">seed",
        "promoted",
        ">validation",
        ">test",
        ">test macro-F1",
        "rungs climbed",
    ]
    return table(head, lines)


def throughput(results: Results) -> str:
    """Return texts a second, tokenising included."""
    rows = rows_of(results, "throughput")
    if not rows:
        return empty("throughput")
    peers = [r for r in rows if r["kind"] == "pipeline"]
    lines = []
    for row in rows:
        rate = statistics.median(row["rounds"])
        against = [f"{rate / statistics.median(p['rounds']):.1f}" for p in peers]
        accuracy = percent(row["valid_quality"]) if "valid_quality" in row else ""
        name = f"**{row['name']}**" if row.get("promoted") else row["name"]
        low, high = (number(x) for x in (min(row["rounds"]), max(row["rounds"])))
        cpu = f"{statistics.median(row['cpu_ms_a_text']):.3f}"
        shown = f"{number(rate)} ({low} to {high})"
        lines.append([name, shown, cpu, *against, row.get("gate", ""), accuracy])
    head = ["contender", ">texts/s, median (rounds)", ">CPU ms a text"]
    head += [f">times {p['name'].rpartition(', ')[2]}" for p in peers]
    return table([*head, "gate", ">validation"], lines)


def chinese(results: Results) -> str:
    """Return both Chinese sets, seed by seed."""
    rows = rows_of(results, "chinese")
    if not rows:
        return empty("chinese")
    lines = [
        [
            r["dataset"],
            r["seed"],
            percent(r["accuracy"], 2),
            percent(r["peer_accuracy"], 2),
            f"{r['only_ours_right']} / {r['only_peer_right']}",
            f"{r['p_value']:.2g}",
            "below" if r["significantly_below"] else "not below",
            number(r["whole_cpu_seconds"]),
            number(r["peer_cpu_seconds"]),
        ]
        for r in rows
    ]
    head = ["set", ">seed", ">undercut `auto`", ">TF-IDF + LinearSVC", ">right alone, ours / peer"]
    head += [">McNemar p", "verdict", ">our CPU-s, whole command", ">peer CPU-s, training"]
    note = "; ".join(
        f"{name}: {of[0]['peer']}, C = {of[0]['peer_settings']['C']:g}"
        for (name,), of in groups(rows, "dataset").items()
    )
    return f"{table(head, lines)}\n\nPeer settings, chosen on validation: {note}."


def labels(results: Results) -> str:
    """Return what was found of planted label errors, and what cleaning them brought."""
    rows = rows_of(results, "labels")
    if not rows:
        return empty("labels")

    def found(name: str, h: dict[str, Any], row: dict[str, Any]) -> list[Any]:
        shares = ("precision_20", "precision_100", "precision_planted", "precision", "recall")
        return [row["dataset"], row["seed"], name, h["listed"], *(percent(h[k]) for k in shares)]

    lines = []
    for r in rows:
        lines.append(found("**undercut**", r["ours"], r))
        lines += [found(f"cleanlab: {way}", h, r) for way, h in r["cleanlab"].items()]
    head = ["set", ">seed", "search", ">listed", ">right of the first 20", ">of the first 100"]
    head += [">of as many as planted", ">precision of all", ">recall of all"]
    ways = list(rows[0]["cleaned"])

    def gained(c: dict[str, float]) -> str:
        points = [100 * c[k] for k in ("gain", "low", "high")]
        return f"{points[0]:+.2f} ({points[1]:+.2f} to {points[2]:+.2f})"

    after = [
        [r["dataset"], r["seed"], percent(r["noisy_accuracy"], 2)]
        + [gained(r["cleaned"][way]) for way in ways]
        for r in rows
    ]
    for (name,), of in groups(rows, "dataset").items():
        base = percent(statistics.fmean(r["noisy_accuracy"] for r in of), 2)
        whole = [pooled([r["cleaned"][way] for r in of], of[0]["test_rows"]) for way in ways]
        after.append([f"**{name}**", "all", base, *(gained(g) for g in whole)])
    titles = ["set", ">seed", ">`linear`, labels as planted", *(f">{way}" for way in ways)]
    return f"{table(head, lines)}\n\n{table(titles, after)}"


def cascade(results: Results) -> str:
    """Return cascades on test rows and on streams."""
    rows = rows_of(results, "cascade")
    return cascade_tables.tables(rows) if rows else empty("cascade")


def coreset(results: Results) -> str:
    """Return what chosen rows gained over random ones."""
    rows = rows_of(results, "coreset")
    return coreset_tables.tables(rows) if rows else empty("coreset")


def economics(results: Results) -> str:
    """Return what the formulas of economics cost, and how often their intervals hold."""
    rows = rows_of(results, "economics")
    return economics_tables.tables(rows) if rows else empty("economics")


def startup(results: Results) -> str:
    """Return the seconds of ``undercut --help``."""
    rows = rows_of(results, "startup")
    if not rows:
        return empty("startup")
    head = ["command", ">median s", ">lowest", ">highest", ">times"]
    lines = []
    for r in rows:
        w = r["wall_seconds"]
        figures = [f"{x:.3f}" for x in (statistics.median(w), min(w), max(w))]
        lines.append([f"`{r['command']}`", *figures, len(w)])
    return table(head, lines)


def provenance(results: Results) -> str:
    """Return where each result comes from."""
    if not results:
        return empty("all")
    lines = []
    for name, r in results.items():
        commit = r["commit"][:10] + (" + changes" if r["uncommitted_changes"] else "")
        machine = f"{r['processor']}, {r['cores']} cores, {r['threads']} used"
        seeds = ", ".join(map(str, r["seeds"])) or "none"
        others = mean((x for x in r["rows"] if x.get("others_cores") is not None), "others_cores")
        busy = "unknown" if others is None else f"{others:.1f}"
        sessions = ", ".join(sorted({x.get("session", r["session"]) for x in r["rows"]}))
        lines.append([name, r["date"][:16], commit, machine, seeds, sessions, busy])
    newest = max(results.values(), key=lambda r: r["date"])
    versions = ", ".join(f"{k} {v}" for k, v in newest["versions"].items())
    head = [
        "result",
        "date (UTC)",
        "commit",
        "machine",
        ">seeds",
        "invocation",
        ">cores busy with other work",
    ]
    extensions = ", ".join(newest["instructions"]) or "unknown"
    return f"{table(head, lines)}\n\nVersions: {versions}. Processor extensions: {extensions}."


BLOCKS: dict[str, Callable[[Results], str]] = {
    "claims": claims_table,
    "training": training,
    "choices": choices,
    "throughput": throughput,
    "runtimes": runtime_tables.runtimes,
    "peaks": runtime_tables.peaks,
    "first-answer": runtime_tables.cold,
    "growth": runtime_tables.growth,
    "students": distil_tables.students,
    "chinese": chinese,
    "labels": labels,
    "cascade": cascade,
    "coreset": coreset,
    "tagging": tagging_tables.rungs,
    "tagging-linear": tagging_tables.linear,
    "adapters": methods_tables.adapters,
    "tune": methods_tables.tune,
    "economics": economics,
    "serving": serving_tables.load,
    "soak": serving_tables.soak,
    "startup": startup,
    "provenance": provenance,
}


def fill(text: str, results: Results) -> str:
    """Return the page with every generated block replaced.

    Raises:
        ValueError: a block is missing, or there is one that nothing generates.
    """
    found = [m["name"] for m in BLOCK.finditer(text)]
    if sorted(found) != sorted(BLOCKS):
        raise ValueError(f"expected the blocks {sorted(BLOCKS)}, found {sorted(found)}")
    return BLOCK.sub(lambda m: f"{m[1]}{BLOCKS[m['name']](results)}\n{m[3]}", text)


def write(readme: Path = README, folder: Path = record.RESULTS) -> None:
    """Write the page again from the results."""
    text = fill(readme.read_text(encoding="utf-8"), record.read_all(folder))
    temporary = readme.with_name(f".{readme.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(readme)
