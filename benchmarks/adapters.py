"""Every way to train an encoder, alone: share trained, CPU-seconds, memory, files, accuracy.

A method is fitted on nine tenths of the training rows; epoch and temperature are chosen on the
other tenth; the published test rows are asked once. No stack, no refit, no compression.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import datasets
from benchmarks.clock import measured
from benchmarks.part import serve

SETS = ("banking77", "sst2")
METHODS = ("full", "partial", "probe", "lora", "adalora", "adapter", "bitfit", "prefix", "prompt")
BASE = "minilm"
SETTINGS = {
    "base": BASE,
    "rows": "nine tenths of the training rows, stratified; the other tenth chooses epoch and "
    "temperature; test rows are asked once",
    "memory": "peak resident memory of the process while fitting, the program itself included",
    "files": "the fitted model as written, before export and compression",
}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Fit one method with one seed and answer the test rows once."""
    from undercut.core import plugins
    from undercut.core.contracts import FitJob
    from undercut.core.types import Examples, Manifest
    from undercut.ledger.meter import peak_of
    from undercut.predict.predictor import load
    from undercut.store import artefacts
    from undercut.store.files import size_of

    split = datasets.read(request["dataset"], Path(request["data"]))
    kept, held = datasets.stratified(split.train.labels, datasets.VALID_SHARE, request["seed"])

    def examples(rows: datasets.Rows) -> Examples:
        return Examples(rows.texts, rows.labels, [str(i) for i in range(len(rows))])

    task = plugins.attr(plugins.get("task", "text-classification").load)()
    method, labels = request["method"], tuple(split.classes)
    way = plugins.way(method, task.name)
    with tempfile.TemporaryDirectory() as folder:
        out, cache = Path(folder) / "out", Path(folder) / "cache"
        out.mkdir()
        job = FitJob(
            task=task,
            labels=labels,
            train=examples(split.train.take(kept)),
            valid=examples(split.train.take(held)),
            options=plugins.attr(way.options)(**request.get("options", {})),
            seed=request["seed"],
            threads=request["threads"],
            base=BASE,
            out=out,
            cache=cache,
            architecture=way.architecture,
        )
        with measured() as usage, peak_of() as peak:
            fitted = plugins.attr(way.fit)(job)
        manifest = Manifest(
            name=method,
            task=task.name,
            architecture=fitted.architecture,
            format=fitted.format,
            labels=labels,
            config=fitted.config,
            base=fitted.base,
        )
        place = Path(folder) / "model"

        def fill(target: Path) -> None:
            for path in out.iterdir():
                path.rename(target / path.name)

        artefacts.write(place, manifest, fill)
        test = examples(split.test)
        scores = load(place, threads=request["threads"]).score(test.inputs).log_probs
        judged = task.judge(scores, test, labels)
        return {
            "dataset": request["dataset"],
            "method": method,
            "seed": request["seed"],
            "options": request.get("options", {}),
            "accuracy": judged.quality.value,
            "valid_accuracy": max(c["accuracy"] for c in fitted.curve),
            "choices": fitted.choices,
            "trainable_parameters": fitted.trainable_parameters,
            "total_parameters": fitted.total_parameters,
            "cpu_seconds": round(usage.cpu_seconds, 2),
            "peak_memory_bytes": peak.memory_bytes,
            "size_bytes": size_of(place),
        }


if __name__ == "__main__":
    serve(run)
