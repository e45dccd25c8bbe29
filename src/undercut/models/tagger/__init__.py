"""BERT-like encoder that tags words: the body of a pretrained model, features of words, a head."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="tagger",
    tasks=("token-classification",),
    formats=("torch", "onnx", "openvino"),
    summary="pretrained BERT-like encoder with features of words and a head a word",
    frontend="undercut.models.tagger.frontend:open_frontend",
    module="undercut.models.tagger.module:load_module",
    training="undercut.models.tagger.training:open_network",
    export={"onnx": "undercut.models.tagger.export:export_onnx"},
    requires=("tokenizers",),
    extra="train",
)
