"""The dummy architecture: class frequencies, nudged by text length."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="dummy",
    tasks=("text-classification",),
    formats=("dummy",),
    summary="class frequencies; a floor for comparisons and the conformance suite's reference",
    frontend="undercut.models.dummy.frontend:open_frontend",
)
