"""Static word pieces: each has a fixed 8-bit weight a class, a text's are added up."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="static",
    tasks=("text-classification",),
    formats=("static",),
    summary="sum of 8-bit weights of word pieces, made from an encoder",
    frontend="undercut.models.static.frontend:open_frontend",
    requires=("numpy", "scipy", "safetensors", "tokenizers"),
    extra="onnx",
    batch_budget=1024,  # rows: they are not padded, and each has size 1
    batch_overhead=16,
)
