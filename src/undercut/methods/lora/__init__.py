"""LoRA: terms of low rank added to the weights of a frozen base, through peft."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="lora",
    ways={
        "text-classification": Way(
            architecture="adapted",
            options="undercut.methods.lora.options:LoraOptions",
            fit="undercut.methods.lora.fit:fit",
            estimate="undercut.methods.lora.fit:estimate",
        ),
        "token-classification": Way(
            architecture="tagger",
            options="undercut.methods.lora.options:LoraTaggingOptions",
            fit="undercut.methods.lora.fit:fit",
            estimate="undercut.methods.lora.fit:estimate",
        ),
    },
    summary="low-rank terms added to a frozen base",
    stack=True,
    instead_of="full",
    workers=True,
    needs_base=True,
    requires=("torch", "peft", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
