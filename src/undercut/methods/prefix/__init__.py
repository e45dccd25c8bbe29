"""Prefix tuning: trained keys and values before those of every text, through peft."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="prefix",
    ways={
        "text-classification": Way(
            architecture="adapted",
            options="undercut.methods.prefix.options:PrefixOptions",
            fit="undercut.methods.prefix.fit:fit",
            estimate="undercut.methods.prefix.fit:estimate",
        ),
    },
    summary="trained keys and values before every text",
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "peft", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
