"""Encoders with fewer layers than the run's own, taught by its whole stack, in 8 bits.

The teacher is the uncompressed form that ``undercut run --method full`` kept. Students learn from
the published training rows, a tenth of them held out for the temperature; the same rows calibrate
the 8-bit form. Nothing reads the test rows.
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
INT8 = "openvino-int8"


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
    from undercut.core.types import Examples
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
    quantiser, recipe = found[INT8]
    rows = []
    for name in FORMS:
        info, how = found[name]
        with measured() as usage:
            taught = shrink(encoder, out / name, name, info.name, options_of(info, how), material)
        export(out / name, out / f"{name}-onnx", name, "onnx")
        eight = out / f"{name}-int8"
        shrink(
            out / f"{name}-onnx", eight, f"{name} {INT8}", quantiser.name,
            options_of(quantiser, recipe), material,
        )  # fmt: skip
        layers = taught.config["layers"]
        rows.append(
            {
                "name": f"openvino int8, {len(layers)} layers",
                "layers": len(layers),
                "folder": str(eight),
                "teaching_cpu_seconds": round(usage.cpu_seconds, 1),
            }
        )
    return {"rows": rows}


if __name__ == "__main__":
    serve(run)
