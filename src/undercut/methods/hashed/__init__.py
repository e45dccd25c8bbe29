"""The hashed method: support vector machines over hashed n-grams, kept as one 8-bit table."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="hashed",
    ways={
        "text-classification": Way(
            architecture="hashed",
            options="undercut.methods.hashed.options:HashedOptions",
            fit="undercut.methods.hashed.fit:fit",
            estimate="undercut.methods.hashed.fit:estimate",
            requires=("sklearn",),
        ),
    },
    summary="linear model over hashed n-grams, for the most texts a second",
    requires=("numpy", "scipy", "safetensors"),
)
