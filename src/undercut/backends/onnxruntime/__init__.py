"""ONNX Runtime on the processor: the runtime that serves."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="onnxruntime",
    formats=("onnx",),
    load="undercut.backends.onnxruntime.session:load",
    summary="ONNX Runtime, float32 or int8",
    requires=("onnxruntime",),
    extra="onnx",
    lanes=True,
)
