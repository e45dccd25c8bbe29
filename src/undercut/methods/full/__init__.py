"""Full fine-tuning: every layer and the word table."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="full",
    ways={
        "text-classification": Way(
            architecture="encoder",
            options="undercut.methods.full.options:FullOptions",
            fit="undercut.methods.full.fit:fit",
            estimate="undercut.methods.full.fit:estimate",
            gain=0.05,
        ),
        "token-classification": Way(
            architecture="tagger",
            options="undercut.methods.full.options:FullTaggingOptions",
            fit="undercut.methods.full.fit:fit",
            estimate="undercut.methods.full.fit:estimate",
            gain=0.15,
        ),
    },
    summary="all layers fine-tuned",
    rung=3,
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
