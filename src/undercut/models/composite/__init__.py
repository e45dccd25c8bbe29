"""A composite: several artefacts answering together (a stack; later cascades)."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="composite",
    tasks=("text-classification", "token-classification"),
    formats=("composite",),
    summary="children in subfolders and the weights that join them",
    combine="undercut.models.composite.stack:make_scorer",
    explain={"composite": "undercut.models.composite.explain:make_explainer"},
)
