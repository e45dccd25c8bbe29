"""Encoders with fewer layers than the run's own, taught by its whole stack, in 8 bits.

Each stands alone, and stacked with a hashed linear student of the same teacher.

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
    """Return what each student is and where its 8-bit form lies; taught now unless kept.

    Raises:
        PartFailed: the run has no encoder.
    """
    encoder = throughput.encoder_folder(place)
    if encoder is None:
        raise PartFailed("the run has no encoder; see its rungs")
    done = place / "shorter" / "made.json"
    if not done.exists():
        shutil.rmtree(done.parent, ignore_errors=True)
        request = {"dataset": dataset, "data": str(data), "seed": seed, "threads": threads}
        request |= {"encoder": str(encoder), "place": str(place)}
        made = call("benchmarks.shorter", request, threads)["rows"]
        done.write_text(json.dumps(made), encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(done.read_text(encoding="utf-8"))
    return found


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Teach each student and write its 8-bit form."""
    from undercut.core.types import Examples, Manifest
    from undercut.data.splits import split as divide
    from undercut.pipeline.forms import Material, export, options_of, recipes, shrink
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
    out = place / "shorter"
    out.mkdir()
    found = {r.name: (info, r) for info, r in recipes("encoder", "text-classification")}

    def made(source: Path, name: str, recipe: str) -> Manifest:
        info, how = found[recipe]
        return shrink(source, out / name, name, info.name, options_of(info, how), material)

    with measured() as usage:
        made(encoder, HASHED, "hashed")
    extra = usage.cpu_seconds
    rows = []
    for name in FORMS:
        with measured() as usage:
            taught = made(encoder, name, name)
        export(out / name, out / f"{name}-onnx", name, "onnx")
        made(out / f"{name}-onnx", f"{name}-int8", INT8)
        about = {"layers": len(taught.config["layers"])}
        about |= {"name": f"openvino int8, {about['layers']} layers"}
        cpu = usage.cpu_seconds
        rows.append(about | _place(out / f"{name}-int8", cpu))
        joined = stacked(out, {"encoder": f"{name}-int8", "hashed": HASHED}, material)
        about["name"] += " + hashed student"
        rows.append(about | _place(joined, cpu + extra))
    return {"rows": rows}


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
