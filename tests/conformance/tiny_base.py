"""A tiny BERT with random weights and a WordPiece tokenizer over the sample's own words."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path


@functools.cache
def tiny_base(texts: tuple[str, ...]) -> Path:
    """Write the model once a process and return its folder."""
    import torch
    from transformers import BertConfig, BertModel

    folder = Path(tempfile.mkdtemp(prefix="tiny-base-"))
    words = _vocabulary(texts)
    _write_tokenizer(folder, words)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def _vocabulary(texts: Sequence[str]) -> list[str]:
    from tokenizers.pre_tokenizers import BertPreTokenizer

    split = BertPreTokenizer()
    found = {w for t in texts for w, _ in split.pre_tokenize_str(t.lower())}
    letters = {c for w in found for c in w}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return [*special, *sorted(found | letters), *(f"##{c}" for c in sorted(letters))]


def _write_tokenizer(folder: Path, words: Sequence[str]) -> None:
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece
    from transformers import PreTrainedTokenizerFast

    table = {w: i for i, w in enumerate(words)}
    tokenizer = Tokenizer(WordPiece(table, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", table["[CLS]"]), ("[SEP]", table["[SEP]"])],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=128,
    ).save_pretrained(folder)
