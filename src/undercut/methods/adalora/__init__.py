"""AdaLoRA: low-rank terms whose ranks shrink where they matter least, through peft."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="adalora",
    ways={
        "text-classification": Way(
            architecture="adapted",
            options="undercut.methods.adalora.options:AdaLoraOptions",
            fit="undercut.methods.adalora.fit:fit",
            estimate="undercut.methods.adalora.fit:estimate",
        ),
    },
    summary="low-rank terms whose ranks shrink as they are trained",
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "peft", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
