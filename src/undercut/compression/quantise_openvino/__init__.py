"""For OpenVINO: int8 calibrated by nncf, or bfloat16 where the processor multiplies it."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="quantise-openvino",
    architectures=("encoder", "adapted", "tagger"),
    formats=("onnx",),
    compress="undercut.compression.quantise_openvino.compress:compress",
    mend="undercut.compression.quantise_openvino.compress:mend",
    options="undercut.compression.quantise_openvino.options:OpenVinoOptions",
    recipes=(
        Recipe("openvino-bfloat16", {"precision": "bfloat16"}),
        Recipe("openvino-int8-weights", {"precision": "int8-weights"}),
        Recipe("openvino-int8", rows=True),
    ),
    summary="bfloat16, or calibrated 8-bit weights and activations, for OpenVINO",
    requires=("onnx", "openvino", "nncf"),
    extra="openvino",
)
