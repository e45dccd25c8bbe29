"""Bottleneck adapters after both halves of every layer of a frozen base."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="adapter",
    ways={
        "text-classification": Way(
            architecture="adapted",
            options="undercut.methods.adapter.options:AdapterOptions",
            fit="undercut.methods.adapter.fit:fit",
            estimate="undercut.methods.adapter.fit:estimate",
        ),
    },
    summary="bottlenecks put into a frozen base",
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
