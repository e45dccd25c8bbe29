"""Cut the word table down to the pieces that the data and its language use."""

from undercut.core.registry import CompressorInfo, Recipe

PLUGIN = CompressorInfo(
    name="vocabulary",
    architectures=("encoder", "tagger"),
    compress="undercut.compression.vocabulary.compress:compress",
    options="undercut.compression.vocabulary.options:VocabularyOptions",
    recipes=(
        Recipe("vocabulary", rows=True),
        Recipe("vocabulary-tight", {"share": 0.0}, rows=True),
    ),
    stage=10,
    summary="word table cut to the pieces in use; unseen words are spelled with smaller pieces",
    requires=("tokenizers", "safetensors"),
    extra="train",
)
