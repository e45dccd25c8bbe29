"""Loops compiled by numba: raw text to margins of a hashed model, many threads side by side."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="numba",
    formats=("hashed",),
    load="undercut.backends.numba.session:load",
    summary="compiled loops over hashed n-grams and an 8-bit table",
    requires=("numba", "numpy", "safetensors"),
    extra="fast",
    lanes=True,
)
