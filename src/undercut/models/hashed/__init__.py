"""Linear classifier over hashed n-grams with one 8-bit table: the cheapest answer there is."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="hashed",
    tasks=("text-classification",),
    formats=("hashed",),
    summary="sum of 8-bit weights of hashed word and character n-grams",
    frontend="undercut.models.hashed.frontend:open_frontend",
    explain={"hashed": "undercut.models.hashed.explain:open_explainer"},
    terms="undercut.models.hashed.terms:terms",
    requires=("numpy", "scipy", "safetensors"),
    batch_budget=1024,  # rows: they are not padded, and each has size 1
    batch_overhead=16,
)
