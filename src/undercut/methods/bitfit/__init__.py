"""BitFit: the biases of a base are trained and nothing else."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="bitfit",
    ways={
        "text-classification": Way(
            architecture="adapted",
            options="undercut.methods.bitfit.options:BitfitOptions",
            fit="undercut.methods.bitfit.fit:fit",
            estimate="undercut.methods.bitfit.fit:estimate",
        ),
        "token-classification": Way(
            architecture="tagger",
            options="undercut.methods.bitfit.options:BitfitTaggingOptions",
            fit="undercut.methods.bitfit.fit:fit",
            estimate="undercut.methods.bitfit.fit:estimate",
        ),
    },
    summary="biases only",
    stack=True,
    workers=True,
    needs_base=True,
    requires=("torch", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
