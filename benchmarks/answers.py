"""Labels an artefact gives to test rows, through the public ``undercut.load(...).predict``."""

from __future__ import annotations

from typing import Any

from benchmarks import datasets
from benchmarks.part import serve


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Return accuracy on the test rows and which of them were answered wrongly."""
    import undercut

    split = datasets.read(request["dataset"], request["data"])
    answers = undercut.load(request["artefact"]).predict(split.test.texts)
    wrong = [
        i for i, (a, y) in enumerate(zip(answers, split.test.labels, strict=True)) if a.label != y
    ]
    return {"accuracy": 1 - len(wrong) / len(split.test), "wrong": wrong}


if __name__ == "__main__":
    serve(run)
