"""Run an artefact of format ``openvino`` or ``onnx`` in OpenVINO's processor plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from undercut.backends.openvino import quiet  # noqa: F401  # isort: skip
import openvino as ov
from openvino import properties
from openvino.properties import device, hint

from undercut.core.contracts import VECTOR
from undercut.core.errors import IntegrityError, Problem
from undercut.core.types import Manifest

FILES = {"onnx": ("model.onnx",), "openvino": ("model.xml", "model.bin")}
"""What a format is read from; the first file is the graph."""


class OpenVinoSession:
    """A compiled model; ``run`` may be called from several threads.

    A request holds the buffers of one batch. As many are made as callers ever ran at once.
    """

    def __init__(self, model: ov.CompiledModel) -> None:
        self.model = model
        self.embeds = any(VECTOR in output.get_names() for output in model.outputs)
        self._free: list[ov.InferRequest] = []

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return raw outputs ``float32 (n, K)`` of one batch."""
        return self._infer(arrays, self.model.output(0))

    def embed(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return vectors ``float32 (n, D)`` of one batch."""
        return self._infer(arrays, self.model.output(VECTOR))

    def _infer(self, arrays: Mapping[str, np.ndarray], output: ov.ConstOutput) -> np.ndarray:
        try:
            request = self._free.pop()
        except IndexError:
            request = self.model.create_infer_request()
        request.infer(dict(arrays), share_inputs=True)
        outputs: np.ndarray = request.get_tensor(output).data.copy()
        self._free.append(request)
        return outputs


@cache
def _core() -> ov.Core:
    return ov.Core()


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 numbers itself."""
    return "BF16" in _core().get_property("CPU", device.capabilities)


def load(folder: Path, manifest: Manifest, threads: int, lanes: int = 1) -> OpenVinoSession:
    """Open the model in ``folder``.

    Numbers are float32 unless the manifest's ``config["precision"]`` is ``"bfloat16"`` and the
    processor has that: left alone, OpenVINO would choose bfloat16 for any model.

    Args:
        folder: artefact folder.
        manifest: its manifest.
        threads: cores one batch may use.
        lanes: batches run side by side, each on ``threads`` cores.

    Raises:
        IntegrityError: a file lies outside the folder, or cannot be read as a model.
    """
    bfloat16 = manifest.config.get("precision") == "bfloat16" and has_bfloat16()
    settings = {
        properties.inference_num_threads: threads * lanes,
        properties.num_streams: lanes,
        hint.inference_precision: ov.Type.bf16 if bfloat16 else ov.Type.f32,
        hint.enable_cpu_pinning: False,  # other sessions share the cores
    }
    graph, *weights = (_inside(Path(folder), name) for name in FILES[manifest.format])
    try:
        model = _core().read_model(graph, *weights)
        return OpenVinoSession(_core().compile_model(model, "CPU", settings))
    except RuntimeError as error:  # whatever is wrong with a file
        raise IntegrityError(
            "openvino-file",
            Problem("a model that OpenVINO reads", str(error).strip().splitlines()[-1], str(graph)),
        ) from error


def _inside(folder: Path, name: str) -> Path:
    """Return a file of an artefact; a link must not lead out of it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise IntegrityError(
            "openvino-file", Problem("a file inside the artefact", str(path.resolve()), str(path))
        )
    return path
