"""A pretrained encoder with a small difference: the base is named by its hash, not copied."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="adapted",
    tasks=("text-classification",),
    formats=("torch", "onnx", "openvino"),
    summary="small difference from a shared pretrained encoder, with a head",
    frontend="undercut.models.adapted.frontend:open_frontend",
    module="undercut.models.adapted.module:load_module",
    training="undercut.models.adapted.training:open_network",
    export={"onnx": "undercut.models.adapted.export:export_onnx"},
    explain={"torch": "undercut.models.adapted.explain:open_explainer"},
    requires=("tokenizers",),
    extra="train",
)
