"""Partial training: the upper layers, from kept outputs of the frozen lower ones."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="partial",
    ways={
        "text-classification": Way(
            architecture="encoder",
            options="undercut.methods.partial.options:PartialOptions",
            fit="undercut.methods.partial.fit:fit",
            estimate="undercut.methods.partial.fit:estimate",
            gain=0.10,
        ),
        "token-classification": Way(
            architecture="tagger",
            options="undercut.methods.partial.options:PartialTaggingOptions",
            fit="undercut.methods.partial.fit:fit",
            estimate="undercut.methods.partial.fit:estimate",
            gain=0.10,
        ),
    },
    summary="upper layers trained from cached states of the lower ones",
    rung=2,
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
