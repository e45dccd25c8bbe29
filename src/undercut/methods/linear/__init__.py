"""The linear method: support vector machines, in seconds."""

from undercut.core.types import MethodInfo, Way

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
    },
    summary="linear classifier over word and character n-grams",
    rung=0,
    requires=("numpy", "scipy", "safetensors"),
)
