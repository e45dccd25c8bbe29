"""What the serving tests serve: a dummy artefact on disk, and models in memory that can stall."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from undercut.core import plugins
from undercut.core.contracts import FitJob
from undercut.core.types import Examples, Manifest, Prediction
from undercut.store import artefacts

LABELS = ("退款", "card_arrival", "lost_card")


def write_artefact(folder: Path, scratch: Path) -> Path:
    """Fit the dummy method on three texts and write its artefact."""
    way = plugins.way("dummy", "text-classification")
    texts = ["我的退款在哪里", "where is my card, it has not arrived yet", "lost"]
    rows = Examples(texts, list(LABELS), ["t:1", "t:2", "t:3"])
    scratch.mkdir()
    job = FitJob(
        task=plugins.attr(plugins.get("task", "text-classification").load)(),
        labels=LABELS,
        train=rows,
        valid=rows,
        options=plugins.attr(way.options)(),
        seed=0,
        threads=1,
        base="",
        out=scratch,
        cache=scratch,
    )
    fitted = plugins.attr(way.fit)(job)
    manifest = Manifest(
        name="tiny",
        task="text-classification",
        architecture=fitted.architecture,
        format=fitted.format,
        method="dummy",
        labels=LABELS,
        config=fitted.config,
    )
    artefacts.write(folder, manifest, lambda out: shutil.copytree(scratch, out, dirs_exist_ok=True))
    return folder


def prediction(label: str) -> Prediction:
    return Prediction(label=label, probability=0.75, probabilities={label: 0.75, "other": 0.25})


class Echo:
    """Answers each text with itself, and keeps the batches it was given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def predict(self, inputs: list[str]) -> list[Prediction]:
        self.batches.append(list(inputs))
        return [prediction(x) for x in inputs]


class Gate(Echo):
    """An ``Echo`` that waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go = threading.Event(), threading.Event()

    def predict(self, inputs: list[str]) -> list[Prediction]:
        self.entered.set()
        assert self.go.wait(20)
        return super().predict(inputs)


def write_variant(source: Path, folder: Path, *, label: str, name: str = "tiny") -> Path:
    """Write a dummy artefact like another that answers every text with one label."""
    from safetensors.numpy import load_file, save_file

    manifest = artefacts.read_manifest(source)
    arrays = load_file(source / "dummy.safetensors")
    arrays["slope"] = arrays["slope"] * 0
    arrays["bias"] = arrays["bias"] * 0
    arrays["bias"][manifest.labels.index(label)] = 5.0
    made = manifest.model_copy(update={"name": name, "files": {}, "created_at": ""})
    artefacts.write(folder, made, lambda out: save_file(arrays, out / "dummy.safetensors"))
    return folder
