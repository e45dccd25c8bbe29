"""Answer all rows of a file in this process; say the time and the memory it took."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.part import serve


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Call ``predict_file`` as the command does."""
    from undercut.core.specs_models import PredictSpec
    from undercut.ledger.meter import peak_memory_bytes
    from undercut.pipeline.predicting import predict_file

    out = Path(request["out"])
    spec = PredictSpec(
        artefact=Path(request["folder"]),
        file=Path(request["file"]),
        out=out,
        workspace=out.parent / "ledger",
        threads=request["threads"],
    )
    begin = time.perf_counter()
    found = predict_file(spec)
    return {
        "wall_seconds": time.perf_counter() - begin,
        "peak_memory_bytes": peak_memory_bytes(),
        **found.model_dump(exclude={"predictions", "model"}),
    }


if __name__ == "__main__":
    serve(run)
