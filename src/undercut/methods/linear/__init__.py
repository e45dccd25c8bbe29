"""The linear method: support vector machines for texts, a CRF for words, in seconds."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="linear",
    ways={
        "text-classification": Way(
            architecture="linear",
            options="undercut.methods.linear.options:LinearOptions",
            fit="undercut.methods.linear.fit:fit",
            estimate="undercut.methods.linear.fit:estimate",
            requires=("sklearn",),
        ),
        "token-classification": Way(
            architecture="crf",
            options="undercut.methods.linear.crf_options:CrfOptions",
            fit="undercut.methods.linear.crf:fit",
            estimate="undercut.methods.linear.crf:estimate",
        ),
    },
    summary="linear model, an SVM over n-grams of texts or a CRF over words",
    rung=0,
    requires=("numpy", "scipy", "safetensors"),
)
