"""From the start of a process to its first answer, on each backend, with torch there and hidden.

Each start is a new interpreter; the first fills the disk cache and is not counted.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks import datasets, ours, runtimes
from benchmarks.part import execute

TIMES = 7
TEXT = "my card has not arrived yet"
SETTINGS = {
    "times": TIMES,
    "figure": "median",
    "text": TEXT,
    "command": "a Python process that opens the model, answers one text and ends",
}
CODE = """
import sys
if sys.argv[4] == "hidden":
    sys.modules["torch"] = sys.modules["transformers"] = None
import undercut
model = undercut.load(sys.argv[1], sys.argv[2] or None, threads=int(sys.argv[3]))
assert model.predict(["{text}"])[0].label
"""


def models(split: datasets.Split, work: Path, threads: int, fresh: bool) -> list[dict[str, Any]]:
    """Return each artefact and backend to start: the linear models', then the encoder's forms."""
    from undercut.core import plugins
    from undercut.predict.predictor import backends_for
    from undercut.store import artefacts

    found = []
    for method in ("linear", "hashed"):
        if method not in plugins.names("method"):
            continue
        facts, _ = ours.start(split, method, runtimes.SEED, work, threads)
        place = ours.workspace(work, split.name, method, runtimes.SEED).resolve()
        folder = place / facts["artefact"]
        manifest = artefacts.read_manifest(folder, verify=False)
        found += [
            {"model": method, "backend": b, "folder": str(folder)} for b in backends_for(manifest)
        ]
    place = runtimes.finished_run(split, work, threads, fresh)
    for _, folder in runtimes.encoders(place):
        manifest = artefacts.read_manifest(folder, verify=False)
        what = manifest.compression or "float32"
        for backend in backends_for(manifest):
            name = f"encoder {what}"
            found.append({"model": name, "backend": backend, "folder": str(folder)})
    return found


def measure(
    data: Path, work: Path, threads: int, fresh: bool, times: int = TIMES
) -> list[dict[str, Any]]:
    """Return one row a model, backend and presence of torch: seconds and memory-free facts."""
    split = datasets.read("banking77", data)
    rows = []
    for model in models(split, work, threads, fresh):
        for torch in ("there", "hidden"):
            if torch == "hidden" and model["backend"] == "torch":
                continue
            code = CODE.format(text=TEXT)
            command = [sys.executable, "-c", code, model["folder"], model["backend"]]
            command += [str(threads), torch]
            taken = [execute(command, threads, timeout=300)[1] for _ in range(times + 1)][1:]
            rows.append(
                {k: v for k, v in model.items() if k != "folder"}
                | {"torch": torch, "threads": threads}
                | {
                    k: statistics.median(t[k] for t in taken)
                    for k in ("wall_seconds", "cpu_seconds")
                }
                | {"all_wall_seconds": [t["wall_seconds"] for t in taken]}
            )
    return rows
