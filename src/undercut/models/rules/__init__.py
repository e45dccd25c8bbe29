"""The expert's own rules: patterns and lexicons that stand for a label."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="rules",
    tasks=("text-classification",),
    formats=("rules",),
    summary="a small table of patterns to labels; says nothing where none matches",
    combine="undercut.models.rules.scorer:make_scorer",
    explain={"rules": "undercut.models.rules.explain:open_explainer"},
)
