"""The six-layer encoder on every runtime: the same weights, the same texts, the same cores.

The model is that of ``undercut run --method full`` on Banking77; its forms are those the run made
and gated. Every contender has a process of its own, in rounds, on one thread and on all.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks import datasets, ours, small_encoders, throughput
from benchmarks.part import PartFailed, call

ROUNDS = 2
SECONDS = 3.0
SINGLES = 200
SEED = 0
SETTINGS = {
    "texts": "all of Banking77 test",
    "model": "undercut run --method full, its encoder alone",
    "rounds": ROUNDS,
    "seconds_a_round": SECONDS,
    "singles": SINGLES,
    "latency": "one text a call, each seen once before",
    "gate": "of the run's own forms on validation rows before its refit; of OpenVINO int8 on the "
    "test rows, by which nothing is chosen",
}
PRECISIONS = {"torch": ("torch", "bfloat16"), "onnx": ("openvino", "bfloat16")}
"""Formats that are also run in bfloat16, on which backend."""


def finished_run(split: datasets.Split, work: Path, threads: int, fresh: bool) -> Path:
    """Return the workspace of a ``full`` run, made now unless one is kept."""
    place = ours.workspace(work, split.name, "full", SEED).resolve()
    if fresh or not list((place / "out" / "runs").glob("*/facts.json")):
        ours.start(split, "full", SEED, work, threads)
    return place


def facts_of(place: Path) -> dict[str, Any]:
    """Return the facts of the run in a workspace."""
    path = next((place / "out" / "runs").glob("*/facts.json"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def encoders(place: Path) -> list[tuple[dict[str, Any], Path]]:
    """Return each encoder among a run's variants, with the variant it is a part of."""
    facts = facts_of(place)
    found: dict[str, tuple[dict[str, Any], Path]] = {}
    for v in facts["variants"]:
        for path in sorted((place / v["folder"]).rglob("manifest.json")):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if manifest["architecture"] == "encoder" and v["rung"] == "full":
                files = json.dumps(manifest["files"], sort_keys=True)
                found.setdefault(files, (v, path.parent))
    return list(found.values())


def contenders(
    place: Path, plain: str, pooled: Path, students: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return everything to time: peers, our forms on each backend that runs them, students."""
    from undercut.predict.predictor import backends_for
    from undercut.store import artefacts

    rows = [
        {"kind": "pipeline", "name": "transformers.pipeline, default", "batch_size": None},
        {"kind": "pipeline", "name": "transformers.pipeline, batch 32", "batch_size": 32},
    ]
    rows = [row | {"folder": plain} for row in rows]
    for backend, precision in (
        ("torch", ""),
        ("torch", "bfloat16"),
        ("onnx", ""),
        ("openvino", ""),
    ):
        name = f"sentence-transformers, {backend}{' bf16' if precision else ''}"
        row = {"kind": "sentence_transformers", "name": name, "batch_size": 64}
        rows.append(row | {"folder": str(pooled), "backend": backend, "precision": precision})
    for variant, folder in encoders(place):
        manifest = artefacts.read_manifest(folder, verify=False)
        runs = [(backend, "") for backend in backends_for(manifest)]
        if not manifest.compression:
            runs += [PRECISIONS[manifest.format]] if manifest.format in PRECISIONS else []
        for backend, precision in runs:
            what = manifest.compression or "float32"
            what = "bfloat16" if precision else what
            rows.append(
                {
                    "kind": "undercut",
                    "name": f"{backend} {what}",
                    "variant": variant["name"],
                    "gate": variant["gate"]["verdict"] if variant["gate"] else "reference",
                    "gated": not precision,
                    "promoted": variant["promoted"],
                    "folder": str(folder),
                    "backend": backend,
                    "precision": precision,
                    "size_bytes": sum(p.stat().st_size for p in folder.iterdir() if p.is_file()),
                }
            )
    facts = facts_of(place)
    chosen = place / facts["artefact"]
    return [
        *rows,
        *(_student(s) for s in students),
        {
            "kind": "chosen",
            "name": f"undercut's choice: {facts['promoted']}",
            "promoted": True,
            "folder": str(chosen),
            "size_bytes": sum(p.stat().st_size for p in chosen.rglob("*") if p.is_file()),
        },
    ]


def _student(made: dict[str, Any]) -> dict[str, Any]:
    size = sum(p.stat().st_size for p in Path(made["folder"]).rglob("*") if p.is_file())
    about = {"kind": "undercut", "gated": False, "backend": "", "precision": "", "size_bytes": size}
    return about | made


def operations(folder: Path, texts: list[str]) -> float:
    """Return floating-point operations of one text, products only, at its own length.

    A layer of width D and inner width F takes 2 (4 D^2 + 2 D F) a token for its weights and 4 T D
    a token for attention over T tokens.
    """
    from undercut.models.encoder.frontend import open_frontend
    from undercut.store import artefacts

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    d, f, layers = (config[k] for k in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    sizes = (
        open_frontend(folder, artefacts.read_manifest(folder, verify=False)).prepare(texts).sizes
    )
    return statistics.fmean(layers * t * (2 * (4 * d * d + 2 * d * f) + 4 * t * d) for t in sizes)


def measure(
    data: Path, work: Path, threads: int, fresh: bool, quick: bool = False
) -> list[dict[str, Any]]:
    """Return one row a contender and number of threads, with its figures in every round.

    Args:
        data: folder of public data sets.
        work: scratch.
        threads: the most cores a contender may use.
        fresh: train again first.
        quick: one short round on few texts, to try the benchmark itself.
    """
    split = datasets.read("banking77", data)
    test = split.test.take(range(100)) if quick else split.test
    rounds, seconds = (1, 0.1) if quick else (ROUNDS, SECONDS)
    place = finished_run(split, work, threads, fresh)
    torch_folder = throughput.encoder_folder(place)
    if torch_folder is None:
        raise PartFailed("the run has no encoder; see its rungs")
    plain = str(place / "plain")
    request = {"folder": str(torch_folder), "out": plain, "classes": split.classes}
    call("benchmarks.plain_model", request | {"texts": test.texts}, threads)
    work_a_text = operations(torch_folder, test.texts)
    layers = json.loads((torch_folder / "config.json").read_text(encoding="utf-8"))
    layers = layers["num_hidden_layers"]
    students = small_encoders.folders(place, data, split.name, SEED, threads)
    rows = []
    for cores in sorted({1, threads}):
        peak = call("benchmarks.matrix_peak", {"threads": cores, "seconds": seconds / 3}, cores)
        peaks = peak["gflops"]
        rows.append({"name": "matrix peak", "threads": cores, "kind": "peak", "gflops": peaks})
        for row in contenders(place, plain, torch_folder, students):
            own = work_a_text * row.get("layers", layers) / layers
            rows.append(row | {"threads": cores, "found": [], "gflop_a_text": own / 1e9})
    for _ in range(rounds):
        for row in rows:
            if row["kind"] == "peak" or "failed" in row:
                continue
            asked = {
                k: row.get(k) for k in ("kind", "folder", "backend", "precision", "batch_size")
            }
            asked |= {"threads": row["threads"], "texts": test.texts, "labels": test.labels}
            asked |= {"seconds": seconds, "singles": min(SINGLES, len(test))}
            try:
                row["found"].append(call("benchmarks.runtime_contender", asked, row["threads"]))
            except PartFailed as e:
                row["failed"] = str(e).splitlines()[-1]
    return [finished(row, rows) for row in rows]


FIGURES = (
    "accuracy",
    "texts_per_second",
    "texts_per_second_tokenised",
    "cpu_ms_a_text",
    "p50_ms",
    "p99_ms",
    "peak_memory_bytes",
    "open_seconds",
)


def finished(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a row with medians over its rounds, and its share of the processor's peaks.

    A share is of operations done, texts a second times operations of a text at its own length:
    padding and tokenising count as idle.
    """
    if row["kind"] == "peak":
        return row
    found = row.pop("found")
    row = {k: v for k, v in row.items() if k != "folder"}
    if not found:
        return row
    for name in FIGURES:
        values = [f[name] for f in found if f[name] is not None]
        row[name] = statistics.median(values) if values else None
    row["rounds"] = [round(f["texts_per_second"], 1) for f in found]
    peaks = next(r for r in rows if r["kind"] == "peak" and r["threads"] == row["threads"])
    rate = row["texts_per_second_tokenised"] or row["texts_per_second"]
    done = rate * row["gflop_a_text"]
    row["share_of_peak"] = {k: done / v if v else None for k, v in peaks["gflops"].items()}
    return row
