"""Linear classifier over hashed word and character n-grams; needs numpy and scipy only."""

from undercut.core.registry import ArchitectureInfo

PLUGIN = ArchitectureInfo(
    name="linear",
    tasks=("text-classification",),
    formats=("csr",),
    summary="TF-IDF of word and character n-grams with one weight a class",
    frontend="undercut.models.linear.frontend:open_frontend",
    explain={"csr": "undercut.models.linear.explain:open_explainer"},
    terms="undercut.models.linear.terms:terms",
    requires=("numpy", "scipy", "safetensors"),
    batch_budget=1 << 20,
    batch_overhead=1 << 20,  # sparse rows are not padded
)
