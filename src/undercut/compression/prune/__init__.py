"""Take out the heads, feed-forward units and layers that matter least, and train the rest again."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="prune",
    architectures=("encoder", "tagger"),
    compress="undercut.compression.prune.compress:compress",
    options="undercut.compression.prune.options:PruneOptions",
    recipes=(
        Recipe("prune-third", {"heads": 0.67, "units": 0.67}, rows=True),
        Recipe("prune-half", {"heads": 0.5, "units": 0.5}, rows=True),
    ),
    stage=20,
    summary="fewer heads, feed-forward units and layers, by measured importance, trained again",
    requires=("torch", "safetensors"),
    extra="train",
)
