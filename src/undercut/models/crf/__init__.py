"""Conditional random field over words; needs numpy and scipy only to predict."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="crf",
    tasks=("token-classification",),
    formats=("crf",),
    summary="linear-chain CRF over forms, shapes, affixes, neighbours, the document and lists",
    frontend="undercut.models.crf.frontend:open_frontend",
    explain={"crf": "undercut.models.crf.explain:open_explainer"},
    requires=("numpy", "scipy", "safetensors"),
    batch_budget=1 << 16,
    batch_overhead=1 << 24,  # sparse rows are not padded, and long sentences carry short ones
)
