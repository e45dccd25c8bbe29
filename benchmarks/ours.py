"""Our own runs: ``undercut run`` as a user would call it, from an empty workspace each time.

Accuracy is not taken from the run's own report: the model folder it leaves is opened again and
asked about every test row.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks import datasets
from benchmarks.part import PartFailed, call, execute

SETTINGS = {"command": "undercut run TRAIN --test TEST --method M --seed S", "base": "minilm"}
METHODS = ("linear", "probe", "partial", "full", "auto")
AFTER_TRAINING = ("build-", "measure", "test", "curve-")
"""Steps that export, compress, time or test a finished model, or tell what more rows would bring;
all others count as training."""


def executable() -> str:
    """Return the path of the installed ``undercut`` command."""
    return str(Path(sys.executable).with_name("undercut"))


def workspace(work: Path, dataset: str, method: str, seed: int) -> Path:
    """Return where a run keeps its files."""
    return work / f"{dataset}-{method}-{seed}"


def training_seconds(costs: list[dict[str, Any]]) -> float:
    """Return the CPU-seconds of making the model: reading, fitting, choosing, refitting."""
    return sum(c["cpu_seconds"] for c in costs if not c["step"].startswith(AFTER_TRAINING))


def start(
    split: datasets.Split, method: str, seed: int, work: Path, threads: int
) -> tuple[dict[str, Any], dict[str, float]]:
    """Run the command in a fresh workspace; return its JSON and what the process tree took.

    Raises:
        PartFailed: the command failed.
    """
    place = workspace(work, split.name, method, seed).resolve()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    train = split.train.write(place / f"{split.name}.csv")
    test = split.test.write(place / f"{split.name}-test.csv")
    command = [executable(), "run", train.name, "--test", test.name, "--method", method]
    command += ["--seed", str(seed), "--threads", str(threads), "--workspace", "out"]
    out, usage = execute([*command, "--json", "--quiet"], threads, timeout=5400, cwd=place)
    return json.loads(out), usage


def measure(
    split: datasets.Split,
    method: str,
    seed: int,
    work: Path,
    data: Path,
    threads: int,
    keep: bool = False,
) -> dict[str, Any]:
    """Run one method with one seed and return its row; delete its workspace unless ``keep``.

    Raises:
        PartFailed: the command failed, or its model answers otherwise than it reported.
    """
    facts, usage = start(split, method, seed, work, threads)
    place = workspace(work, split.name, method, seed).resolve()
    request = {"dataset": split.name, "data": str(data), "artefact": str(place / facts["artefact"])}
    checked = call("benchmarks.answers", request, threads)
    if not keep:
        shutil.rmtree(place)
    reported = facts["test"]["accuracy"]["value"]
    if facts["test"]["accuracy"]["n"] == len(split.test) and (
        abs(reported - checked["accuracy"]) * len(split.test) > 0.5
    ):
        raise PartFailed(f"reported {reported:.4f} on test, answered {checked['accuracy']:.4f}")
    return {
        "dataset": split.name,
        "method": method,
        "seed": seed,
        "accuracy": checked["accuracy"],
        "wrong": checked["wrong"],
        "accuracy_reported": reported,
        "macro_f1": facts["test"]["macro_f1"]["value"],
        "valid_quality": facts["valid"]["accuracy"]["value"],
        "promoted": facts["promoted"],
        "rungs": [{k: r[k] for k in ("rung", "status", "reason")} for r in facts["rungs"]],
        "training_cpu_seconds": round(training_seconds(facts["costs"]), 3),
        "whole_cpu_seconds": usage["cpu_seconds"],
        "whole_wall_seconds": usage["wall_seconds"],
        "ledger_cpu_seconds": round(facts["cpu_seconds"], 3),
        "steps": [{k: c[k] for k in ("step", "cpu_seconds")} for c in facts["costs"]],
        "variants": [_variant(v) for v in facts["variants"]],
    }


def _variant(v: dict[str, Any]) -> dict[str, Any]:
    gate, speed = v["gate"], v["measured"]
    return {
        "name": v["name"],
        "rung": v["rung"],
        "valid_quality": v["valid_quality"]["value"],
        "gate": gate["verdict"] if gate else "reference",
        "promoted": v["promoted"],
        "texts_per_second": speed["texts_per_second"] if speed else None,
    }
