"""Dynamic int8 for ONNX Runtime: weights in 8 bits, activations quantised as they come."""

from undercut.core.registry import CompressorInfo

PLUGIN = CompressorInfo(
    name="quantise",
    architectures=("encoder", "adapted", "tagger"),
    compress="undercut.compression.quantise.dynamic:compress",
    options="undercut.compression.quantise.options:QuantiseOptions",
    summary="8-bit weights for ONNX Runtime",
    requires=("onnx", "onnxruntime"),
    extra="onnx",
)
