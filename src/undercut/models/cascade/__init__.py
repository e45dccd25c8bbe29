"""A cascade: children from cheap to dear, each passing on what it is unsure of."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="cascade",
    tasks=("text-classification",),
    formats=("cascade",),
    summary="children in subfolders, cheapest first; what one is unsure of goes to the next",
    combine="undercut.models.cascade.tiers:make_scorer",
    explain={"cascade": "undercut.models.cascade.explain:make_explainer"},
)
