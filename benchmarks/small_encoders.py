"""8-bit encoders for OpenVINO: of all layers of the run's own, and students with fewer.

That of all layers is judged by the gate against the float encoder. A run of the published training
rows has learned them all, so the gate's rows are the test rows; nothing is chosen by them. Each
student stands alone, and stacked with a hashed linear student of the same teacher.

The teacher is the uncompressed form that ``undercut run --method full`` kept. Students learn from
the published training rows, a tenth of them held out for temperatures and the weight of a stack;
the same rows calibrate the 8-bit form. Nothing reads the test rows.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks import datasets, throughput
from benchmarks.clock import measured
from benchmarks.part import PartFailed, call, serve

FORMS = ("layers-half", "layers-third")
INT8, HASHED = "openvino-int8", "hashed"


def folders(place: Path, data: Path, dataset: str, seed: int, threads: int) -> list[dict[str, Any]]:
    """Return what each is and where its 8-bit form lies; made and taught now unless kept.

    Raises:
        PartFailed: the run has no encoder.
    """
    encoder = throughput.encoder_folder(place)
    if encoder is None:
        raise PartFailed("the run has no encoder; see its rungs")
    found: list[dict[str, Any]] = []
    request = {"dataset": dataset, "data": str(data), "seed": seed, "threads": threads}
    request |= {"encoder": str(encoder), "place": str(place)}
    for what in ("whole", "students"):
        out = place / what
        if not (out / "made.json").exists():
            shutil.rmtree(out, ignore_errors=True)
            made = call("benchmarks.small_encoders", request | {"what": what}, threads)["rows"]
            (out / "made.json").write_text(json.dumps(made), encoding="utf-8")
        found += json.loads((out / "made.json").read_text(encoding="utf-8"))
    return found


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Make the 8-bit form of all layers, or teach each student and make its own."""
    from undercut.core.types import Examples
    from undercut.data.splits import split as divide
    from undercut.pipeline.forms import Material
    from undercut.pipeline.references import References

    split = datasets.read(request["dataset"], Path(request["data"]))
    place, encoder = Path(request["place"]), Path(request["encoder"])
    model = next(place.glob("out/runs/*/model"))
    whole = Examples(split.train.texts, split.train.labels, [""] * len(split.train))
    parts = divide(whole, str, datasets.VALID_SHARE, request["seed"])
    material = Material(
        rows=whole.take(parts.train),
        valid=whole.take(parts.valid),
        teacher=References(model, place / "out").root(model) or model,
        cache=place / "out" / "cache",
        seed=request["seed"],
        threads=request["threads"],
    )
    out = place / request["what"]
    out.mkdir()
    if request["what"] == "whole":
        return {"rows": [_whole(encoder, out, material, split)]}
    return {"rows": _students(encoder, out, material)}


def _made(source: Path, folder: Path, recipe: str, material: Any) -> Any:
    """Apply a recipe of a compressor by its name; return the new manifest."""
    from undercut.pipeline.forms import options_of, recipes, shrink

    found = {r.name: (info, r) for info, r in recipes("encoder", "text-classification")}
    info, how = found[recipe]
    return shrink(source, folder, folder.name, info.name, options_of(info, how), material)


def _whole(encoder: Path, out: Path, material: Any, split: datasets.Split) -> dict[str, Any]:
    """Make the 8-bit form of all layers and let the gate judge it on the test rows."""
    from undercut.compression.gate import gate
    from undercut.core.specs import GateSpec
    from undercut.core.types import Examples
    from undercut.pipeline.forms import export
    from undercut.predict.predictor import load

    export(encoder, out / "onnx", "onnx", "onnx")
    _made(out / "onnx", out / INT8, INT8, material)
    rows = Examples(split.test.texts, split.test.labels, [""] * len(split.test))
    before, after = (load(out / name, threads=material.threads) for name in ("onnx", INT8))
    scores = [side.score(rows.inputs).log_probs for side in (before, after)]
    task, labels = before.task, before.labels
    bounds = GateSpec()
    verdict = gate(
        (scores[0], scores[1]),
        (None, None),
        judge=lambda x: task.judge(x, rows, labels),
        answers=lambda x: task.answers(x, rows.inputs, labels),
        max_drop=bounds.max_drop / 100,
        min_agreement=bounds.min_agreement,
        labels_reference=labels,
        labels_candidate=after.labels,
        reference_hash=before.hash,
    )
    about = {"name": "openvino int8", "gated": True, "gate": verdict.verdict}
    return about | {"reason": verdict.reason, "folder": str(out / INT8)}


def _students(encoder: Path, out: Path, material: Any) -> list[dict[str, Any]]:
    from undercut.pipeline.forms import export

    with measured() as usage:
        _made(encoder, out / HASHED, "hashed", material)
    extra = usage.cpu_seconds
    rows = []
    for name in FORMS:
        with measured() as usage:
            taught = _made(encoder, out / name, name, material)
        export(out / name, out / f"{name}-onnx", name, "onnx")
        _made(out / f"{name}-onnx", out / f"{name}-int8", INT8, material)
        about = {"layers": len(taught.config["layers"])}
        about |= {"name": f"openvino int8, {about['layers']} layers"}
        cpu = usage.cpu_seconds
        rows.append(about | _place(out / f"{name}-int8", cpu))
        joined = stacked(out, {"encoder": f"{name}-int8", "hashed": HASHED}, material)
        about["name"] += " + hashed student"
        rows.append(about | _place(joined, cpu + extra))
    return rows


def _place(folder: Path, cpu: float) -> dict[str, Any]:
    return {"folder": str(folder), "teaching_cpu_seconds": round(cpu, 1)}


def stacked(out: Path, parts: dict[str, str], material: Any) -> Path:
    """Join students as a stack, weights from the validation rows; return its folder."""
    from undercut.core import plugins
    from undercut.evaluation.stacking import fit_stack
    from undercut.pipeline.fitting import write_stack
    from undercut.predict.predictor import load
    from undercut.store import artefacts

    folders = {name: out / folder for name, folder in parts.items()}
    like = artefacts.read_manifest(next(iter(folders.values())), verify=False)
    task = plugins.attr(plugins.get("task", like.task).load)()
    scores = [
        load(f, threads=material.threads).score(material.valid.inputs).log_probs
        for f in folders.values()
    ]
    found = fit_stack(scores, task.encode(material.valid, like.labels))
    config = {
        "weights": dict(zip(parts, found.weights, strict=True)),
        "temperatures": dict(zip(parts, found.temperatures, strict=True)),
        "temperature": found.temperature,
    }
    folder = out / "-".join(parts.values())
    write_stack(folder, folder.name, folders, config, like, "composite")
    return folder


if __name__ == "__main__":
    serve(run)
