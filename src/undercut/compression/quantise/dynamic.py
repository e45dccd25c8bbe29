"""Dynamic int8 of an ONNX encoder with ONNX Runtime's quantiser."""

from __future__ import annotations

import logging
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from undercut.compression.quantise.options import QuantiseOptions
from undercut.core.errors import fail
from undercut.core.types import Manifest


def compress(
    source: Path, manifest: Manifest, out: Path, options: QuantiseOptions
) -> tuple[str, dict[str, Any]]:
    """Write an int8 variant of an ``onnx`` artefact.

    Args:
        source: artefact folder of format ``onnx``.
        manifest: its manifest.
        out: empty folder to write to.
        options: how to quantise.

    Returns:
        The format of the files and the architecture's config for the new manifest.

    Raises:
        UndercutError: the artefact is not in format ``onnx``, or is int8 already.
    """
    source, out = Path(source), Path(out)
    if manifest.format != "onnx":
        raise fail(
            "quantise-format",
            expected="an artefact in format onnx",
            found=manifest.format,
            where=str(source),
            fix="Export it to onnx first.",
        )
    if manifest.config.get("int8"):
        raise fail(
            "quantise-twice",
            expected="an artefact with float weights",
            found="8-bit weights",
            where=str(source),
            fix="Quantise its parent instead.",
        )
    reduce = saturates() if options.reduce_range is None else options.reduce_range
    noise = logging.getLogger()
    level = noise.level
    noise.setLevel(logging.ERROR)  # the quantiser logs advice on the root logger
    try:
        quantize_dynamic(
            str(source / "model.onnx"),
            str(out / "model.onnx"),
            op_types_to_quantize=["MatMul", *(["Gather"] if options.embeddings else [])],
            per_channel=options.per_channel,
            reduce_range=reduce,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=["head"],
        )
    finally:
        noise.setLevel(level)
    shutil.copyfile(source / "tokenizer.json", out / "tokenizer.json")
    scheme = {"per_channel": options.per_channel, "reduce_range": reduce}
    return "onnx", {**manifest.config, "int8": scheme}


@cache
def saturates() -> bool:
    """Whether this processor's 8-bit products lose large sums.

    Without VNNI, AVX2 and AVX-512 add pairs of u8 x s8 products in 16 bits and clip them at
    32,767; 255 * 127 * 2 is more. A product with a known answer shows it.
    """
    k = 64
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["y"])],
        "probe",
        [helper.make_tensor_value_info("a", TensorProto.UINT8, [4, k])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [4, 32])],
        [helper.make_tensor("b", TensorProto.INT8, [k, 32], np.full(k * 32, 127, np.int8))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answer = session.run(None, {"a": np.full((4, k), 255, np.uint8)})[0]
    return bool((answer != 255 * 127 * k).any())
