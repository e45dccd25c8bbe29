"""The dummy method: learns class frequencies; what any real method must beat."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="dummy",
    ways={
        "text-classification": Way(
            architecture="dummy",
            options="undercut.methods.dummy.options:DummyOptions",
            fit="undercut.methods.dummy.fit:fit",
            estimate="undercut.methods.dummy.fit:estimate",
        ),
    },
    summary="class frequencies, the floor of any comparison",
)
