"""Prompt tuning: trained word vectors before every text, through peft."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="prompt",
    ways={
        "text-classification": Way(
            architecture="adapted",
            options="undercut.methods.prompt.options:PromptOptions",
            fit="undercut.methods.prompt.fit:fit",
            estimate="undercut.methods.prompt.fit:estimate",
        ),
    },
    summary="trained word vectors before every text",
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "peft", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
