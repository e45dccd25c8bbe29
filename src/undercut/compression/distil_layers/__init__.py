"""Distil a model into one with fewer of its layers."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="distil-layers",
    architectures=("encoder", "tagger"),
    compress="undercut.compression.distil_layers.compress:compress",
    options="undercut.compression.distil_layers.options:LayersOptions",
    recipes=(
        Recipe("layers-half", {"share": 0.5}, rows=True),
        Recipe("layers-third", {"share": 0.33}, rows=True),
    ),
    stage=20,
    summary="fewer layers, taught by the whole model on labelled and made-up texts",
    requires=("torch", "safetensors"),
    extra="train",
)
