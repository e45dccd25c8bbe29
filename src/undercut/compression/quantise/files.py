"""The two ways ONNX Runtime's quantiser writes an int8 graph."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

from undercut.compression.quantise.options import QuantiseOptions

HEADS = ("head", "head.features")
"""Products that give the answer: tiny, and the last place to lose a digit."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the quantiser's advice, which it logs on the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def products(path: Path) -> list[str]:
    """Return the names of the graph's products with a weight, the head's left out."""
    graph = onnx.load(str(path)).graph
    weights = {t.name for t in graph.initializer}
    return [
        n.name
        for n in graph.node
        if n.op_type == "MatMul" and n.input[1] in weights and n.name not in HEADS
    ]


def write_dynamic(source: Path, target: Path, options: QuantiseOptions, reduce: bool) -> None:
    """Write a graph whose activations are scaled batch by batch."""
    quantize_dynamic(
        str(source),
        str(target),
        op_types_to_quantize=["MatMul", *(["Gather"] if options.embeddings else [])],
        per_channel=options.per_channel,
        reduce_range=reduce,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[*HEADS, *options.keep],
    )


def write_static(
    source: Path,
    target: Path,
    options: QuantiseOptions,
    reduce: bool,
    batches: Sequence[Mapping[str, np.ndarray]],
) -> None:
    """Write a graph whose activations are scaled once, by what ``batches`` gave.

    Only products with a weight are quantised: those of attention have no range of their own. The
    word table is put into 8 bits first where asked for.
    """
    only = [n for n in products(source) if n not in options.keep]
    with tempfile.TemporaryDirectory() as place:
        start = source
        if options.embeddings:
            start = Path(place) / "table.onnx"
            quantize_dynamic(
                str(source),
                str(start),
                op_types_to_quantize=["Gather"],
                weight_type=QuantType.QInt8,
            )
        quantize_static(
            str(start),
            str(target),
            _Reader(batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=only,
            per_channel=options.per_channel,
            reduce_range=reduce,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # the quantiser asks for this class
    def __init__(self, batches: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._next = iter(batches)

    def get_next(self) -> dict[str, np.ndarray] | None:
        found = next(self._next, None)
        return None if found is None else dict(found)
