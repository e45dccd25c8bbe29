"""Run an artefact of format ``onnx`` in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime as ort

from undercut.core.contracts import VECTOR
from undercut.core.errors import IntegrityError, Problem
from undercut.core.types import Manifest


class OrtSession:
    """An ONNX Runtime session; ``run`` may be called from several threads."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self.session = session

    @cached_property
    def embeds(self) -> bool:
        """Whether the graph gives vectors."""
        return any(output.name == VECTOR for output in self.session.get_outputs())

    def run(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return raw outputs ``float32 (n, K)`` of one batch."""
        outputs: np.ndarray = self.session.run(["logits"], dict(arrays))[0]
        return outputs

    def embed(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return vectors ``float32 (n, D)`` of one batch."""
        vectors: np.ndarray = self.session.run([VECTOR], dict(arrays))[0]
        return vectors


def load(folder: Path, manifest: Manifest, threads: int) -> OrtSession:
    """Open ``model.onnx`` in ``folder`` with ``threads`` cores.

    Threads sleep while there is nothing to do: spinning ones would take processor time from
    the rest of the machine, and that time is billed.

    Raises:
        IntegrityError: the file cannot be read as a model.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    path = Path(folder) / "model.onnx"
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises many kinds, all for an unreadable file
        raise IntegrityError(
            "onnx-file",
            Problem("an ONNX model", str(error).splitlines()[0], str(path)),
        ) from error
    return OrtSession(session)
