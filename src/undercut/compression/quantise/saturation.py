"""Whether this processor's 8-bit products lose large sums, found by a product."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper


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
