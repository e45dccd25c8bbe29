"""The dummy method: learns class frequencies; what any real method must beat."""

from undercut.core.types import MethodInfo

PLUGIN = MethodInfo(
    name="dummy",
    tasks=("text-classification",),
    architecture="dummy",
    options="undercut.methods.dummy.options:DummyOptions",
    fit="undercut.methods.dummy.fit:fit",
    estimate="undercut.methods.dummy.fit:estimate",
    summary="class frequencies, the floor of any comparison",
)
