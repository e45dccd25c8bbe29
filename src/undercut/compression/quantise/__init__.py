"""int8 for ONNX Runtime: weights in 8 bits, activations scaled as they come or once for all."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="quantise",
    architectures=("encoder", "adapted", "tagger"),
    formats=("onnx",),
    compress="undercut.compression.quantise.compress:compress",
    mend="undercut.compression.quantise.compress:mend",
    options="undercut.compression.quantise.options:QuantiseOptions",
    recipes=(
        Recipe("quantise", usual=True),
        Recipe("quantise-static", {"way": "static"}, rows=True),
    ),
    summary="8-bit weights for ONNX Runtime",
    requires=("onnx", "onnxruntime"),
    extra="onnx",
)
