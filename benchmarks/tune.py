"""``undercut tune`` within a budget, and the ladder's defaults beside it on the same test rows.

Both are whole commands in one workspace, the search first, so that it pays for all of its fits. Of
each the test rows are asked once, after everything was chosen on validation rows.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks import datasets, ours, record
from benchmarks.paired import mcnemar
from benchmarks.part import call, execute

DATASET = "banking77"
METHODS = ("linear", "probe", "partial", "full")
USD = 0.05
CORE_SECONDS_A_USD = 72_000
"""At 0.05 USD a core-hour."""
SETTINGS = {
    "command": "undercut tune TRAIN --test TEST --methods ... --budget-usd USD --seed S",
    "methods": ", ".join(METHODS),
    "beside it": "undercut run TRAIN --test TEST --seed S in the same workspace, after the search",
    "base": "minilm",
}


def measure(
    split: datasets.Split, usd: float, seed: int, work: Path, data: Path, threads: int
) -> dict[str, Any]:
    """Search, run the ladder with its defaults, and compare their answers to the test rows.

    The workspace is named after the commit and deleted at the end only: the same part again goes
    on where it was ended.

    Raises:
        PartFailed: a command failed.
    """
    commit = str(record.provenance("", threads)["commit"])[:10]
    place = (work / f"{split.name}-tune-{seed}-{commit}").resolve()
    place.mkdir(parents=True, exist_ok=True)
    train = split.train.write(place / f"{split.name}.csv").name
    test = split.test.write(place / f"{split.name}-test.csv").name
    # The bound holds the search; after it come a refit, compression and the ladder.
    timeout = 2 * 3600 + 2 * usd * CORE_SECONDS_A_USD

    def command(verb: str, *more: str) -> tuple[dict[str, Any], float]:
        line = [ours.executable(), verb, train, "--test", test, "--workspace", "out", *more]
        line += ["--seed", str(seed), "--threads", str(threads), "--no-learning-curve"]
        out, usage = execute([*line, "--json", "--quiet"], threads, timeout, cwd=place)
        return json.loads(out), usage["cpu_seconds"]

    def answered(facts: dict[str, Any]) -> dict[str, Any]:
        request = {"dataset": split.name, "data": str(data)}
        artefact = str(place / facts["artefact"])
        return call("benchmarks.answers", request | {"artefact": artefact}, threads)

    methods = [part for m in METHODS for part in ("--methods", m)]
    tuned, seconds = command("tune", *methods, "--budget-usd", f"{usd:g}")
    default, _ = command("run")
    found, usual = answered(tuned), answered(default)
    test_of = mcnemar(found["wrong"], usual["wrong"])
    result = {
        "dataset": split.name,
        "seed": seed,
        "budget_usd": usd,
        "search": tuned["search"] | {"journal": ""},
        "tuned": _kept(tuned, found),
        "default": _kept(default, usual),
        "only_tuned_right": test_of["only_a"],
        "only_default_right": test_of["only_b"],
        "p_value": test_of["p_value"],
        "whole_cpu_seconds": seconds,
    }
    shutil.rmtree(place)
    return result


def _kept(facts: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "promoted": facts["promoted"],
        "valid_quality": facts["valid"]["accuracy"]["value"],
        "accuracy": answers["accuracy"],
        "wrong": answers["wrong"],
        "usd": facts["cost_usd"],
        "ledger_cpu_seconds": round(facts["cpu_seconds"], 3),
    }


def draw(row: dict[str, Any], folder: Path) -> str:
    """Write the curve of the best so far against USD; return the file's name, or ``""``.

    Nothing is drawn without matplotlib (the extra ``plots``).
    """
    from undercut.pipeline.report.figures.search import search_curve
    from undercut.pipeline.report.png import write_plots
    from undercut.pipeline.tuning.record import SearchFacts

    figure = search_curve(SearchFacts.model_validate(row["search"]), "accuracy")
    folder.mkdir(parents=True, exist_ok=True)
    written = write_plots([figure], folder)
    for note in written.notes:
        print(note, file=sys.stderr)
    if not written.files:
        return ""
    name = f"tune_{row['dataset']}.png"
    (folder / written.files[0]).replace(folder / name)
    (folder / "plots").rmdir()
    return name
