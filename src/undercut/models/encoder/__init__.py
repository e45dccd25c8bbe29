"""BERT-like encoder: the body of a pretrained model, mean pooling and a linear head."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="encoder",
    tasks=("text-classification",),
    formats=("torch", "onnx", "openvino"),
    summary="pretrained BERT-like encoder with pooling and a head",
    frontend="undercut.models.encoder.frontend:open_frontend",
    module="undercut.models.encoder.module:load_module",
    training="undercut.models.encoder.training:open_network",
    export={"onnx": "undercut.models.encoder.export:export_onnx"},
    explain={"torch": "undercut.models.encoder.explain:open_explainer"},
    requires=("tokenizers",),
    extra="train",
)
