"""A model behind an OpenAI-compatible API: the last tier of a cascade."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="api",
    tasks=("text-classification",),
    formats=("api",),
    summary="an outside OpenAI-compatible API, below a spending cap; says nothing when it fails",
    combine="undercut.models.api.scorer:make_scorer",
    explain={"api": "undercut.models.api.explain:open_explainer"},
    requires=("httpx",),
    extra="rival",
)
