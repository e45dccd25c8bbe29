"""Texts a second, tokenising included: ``transformers.pipeline`` against our variants.

The same 500 test texts and the same cores; every contender is timed in a process of its own, in
rounds, so that a slow minute of the machine meets all of them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import datasets, ours
from benchmarks.part import PartFailed, call

TEXTS = 500
ROUNDS = 3
SECONDS = 3.0
SEED = 0
SETTINGS = {
    "texts": TEXTS,
    "texts_from": f"Banking77 test, drawn with seed {SEED}",
    "rounds": ROUNDS,
    "seconds_a_round": SECONDS,
    "pipeline": 'transformers.pipeline("text-classification"), same layers and weights, CPU',
    "best": "the fastest variant of an encoder rung that the gate passed",
}


def encoder_folder(variant: Path) -> Path | None:
    """Return the part of an artefact that is a torch encoder, or ``None``."""
    for path in sorted(variant.rglob("manifest.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["architecture"] == "encoder" and manifest["format"] == "torch":
            return path.parent
    return None


def finished_run(
    split: datasets.Split, work: Path, threads: int, fresh: bool
) -> tuple[dict[str, Any], Path]:
    """Return the facts and the folder of an ``auto`` run, made now unless one is kept."""
    place = ours.workspace(work, split.name, "auto", SEED).resolve()
    kept = sorted((place / "out" / "runs").glob("*/facts.json"))
    if kept and not fresh:
        return json.loads(kept[0].read_text(encoding="utf-8")), place
    return ours.start(split, "auto", SEED, work, threads)[0], place


def contenders(facts: dict[str, Any], place: Path) -> list[dict[str, Any]]:
    """Return our variants to time: the promoted one, and every gated one of an encoder rung."""
    found = []
    for v in facts["variants"]:
        passed = v["gate"] is not None and v["gate"]["verdict"] == "passed"
        if v["promoted"] or (passed and v["rung"] != "linear"):
            found.append(
                {
                    "kind": "undercut",
                    "name": v["name"],
                    "rung": v["rung"],
                    "promoted": v["promoted"],
                    "gate": v["gate"]["verdict"] if v["gate"] else "reference",
                    "valid_quality": v["valid_quality"]["value"],
                    "folder": str(place / v["folder"]),
                }
            )
    return found


def plain_folder(
    facts: dict[str, Any], place: Path, split: datasets.Split, texts: list[str], threads: int
) -> tuple[str, dict[str, Any]]:
    """Make the folder that ``transformers.pipeline`` opens, from our own encoder's weights.

    Raises:
        PartFailed: the run has no encoder rung.
    """
    folders = [encoder_folder(place / v["folder"]) for v in reversed(facts["variants"])]
    source = next((f for f in folders if f), None)
    if source is None:
        raise PartFailed("the run has no encoder to compare with; see its rungs")
    out = place / "plain"
    shutil.rmtree(out, ignore_errors=True)
    request = {"folder": str(source), "out": str(out), "classes": split.classes, "texts": texts}
    return str(out), call("benchmarks.plain_model", request, threads)


def measure(data: Path, work: Path, threads: int, fresh: bool) -> list[dict[str, Any]]:
    """Return one row a contender, with its texts a second in every round."""
    split = datasets.read("banking77", data)
    draw = np.random.default_rng(SEED).choice(len(split.test), TEXTS, replace=False)
    texts = split.test.take(draw).texts
    facts, place = finished_run(split, work, threads, fresh)
    plain, about = plain_folder(facts, place, split, texts, threads)
    rows = [
        {"kind": "pipeline", "name": "transformers.pipeline, default", "batch_size": None},
        {"kind": "pipeline", "name": "transformers.pipeline, batch 32", "batch_size": 32},
    ]
    rows = [r | {"folder": plain, "mean_tokens": about["mean_tokens"]} for r in rows]
    rows += contenders(facts, place)
    for row in rows:
        row |= {"rounds": [], "cpu_ms_a_text": []}
    for _ in range(ROUNDS):
        for row in rows:
            request = {k: row.get(k) for k in ("kind", "folder", "batch_size")}
            request |= {"threads": threads, "texts": texts, "seconds": SECONDS}
            found = call("benchmarks.timed_contender", request, threads)
            row["rounds"].append(round(found.pop("texts_per_second"), 1))
            row["cpu_ms_a_text"].append(round(found.pop("cpu_ms_a_text"), 4))
            row |= found
    return [{k: v for k, v in r.items() if k not in ("folder", "process")} for r in rows]
