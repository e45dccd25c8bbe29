"""Distil any classifier of texts, or a stack of them, into a hashed linear model."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="distil-hashed",
    architectures=("composite", "encoder", "adapted", "linear"),
    compress="undercut.compression.distil_hashed.compress:compress",
    options="undercut.compression.distil_hashed.options:HashedStudentOptions",
    recipes=(Recipe("hashed", rows=True),),
    formats=("composite", "torch", "csr"),
    tasks=("text-classification",),
    stage=30,
    summary="hashed linear model taught by the whole one, hundreds of times its texts a second",
    requires=("torch", "scipy", "safetensors"),
    extra="train",
)
