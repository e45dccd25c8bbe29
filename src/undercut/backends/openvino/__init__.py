"""OpenVINO on the processor: float32, bfloat16 where the processor has it, int8 by nncf."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="openvino",
    formats=("onnx", "openvino"),
    load="undercut.backends.openvino.session:load",
    summary="OpenVINO, float32, bfloat16 or int8",
    requires=("openvino",),
    extra="openvino",
    lanes=True,
    streams=True,
)
