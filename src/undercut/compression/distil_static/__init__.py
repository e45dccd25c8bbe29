"""Distil an encoder, or a stack with one, into static word pieces."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="distil-static",
    architectures=("composite", "encoder"),
    compress="undercut.compression.distil_static.compress:compress",
    options="undercut.compression.distil_static.options:StaticStudentOptions",
    recipes=(Recipe("static", rows=True),),
    formats=("composite", "torch"),
    tasks=("text-classification",),
    stage=30,
    summary="fixed vectors of word pieces, made by the encoder and taught by the whole model",
    requires=("torch", "tokenizers", "scipy", "safetensors"),
    extra="train",
)
