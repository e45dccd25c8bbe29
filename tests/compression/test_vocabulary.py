"""Fewer pieces: known texts are read as before, any other text is read without an error."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from conformance.fitted import fitted
from conformance.samples import ODD_TEXTS, rows_of
from undercut.compression.vocabulary.tokenizer import kept_ids, pieces, rewritten
from undercut.core.errors import UndercutError
from undercut.pipeline.forms import Material, shrink
from undercut.predict.predictor import load
from undercut.store import artefacts

CORPUS = [
    "lost my card yesterday", "the lost cards are lost", "yesterday's payment was charged twice",
    "why was the payment charged", "我的卡丢了", "卡被吞了", "reset the password of the card",
]  # fmt: skip
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def word_piece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    made.train_from_iterator(CORPUS * 3, trainer)
    return made


def unigram() -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120, special_tokens=SPECIAL, unk_token="[UNK]", show_progress=False
    )
    made.train_from_iterator(CORPUS * 3, trainer)
    return made


def byte_pairs() -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    made.train_from_iterator(CORPUS * 3, trainer)
    return made


TOKENIZERS = {f.__name__: f() for f in (word_piece, unigram, byte_pairs)}
USED = CORPUS[:3]


def cut(name: str, share: float = 0.0) -> tuple[Tokenizer, Tokenizer, list[int]]:
    whole = TOKENIZERS[name]
    document = json.loads(whole.to_str())
    used = {i for text in USED for i in whole.encode(text).ids}
    keep = kept_ids(document, used, share, pad_id=0)
    return whole, Tokenizer.from_str(json.dumps(rewritten(document, keep))), keep


CUT = {name: cut(name) for name in TOKENIZERS}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_known_texts_are_read_as_before_with_new_numbers(name):
    whole, small, keep = CUT[name]
    assert len(keep) < whole.get_vocab_size()
    for text in USED:
        before, after = whole.encode(text), small.encode(text)
        assert before.tokens == after.tokens
        assert [keep[i] for i in after.ids] == before.ids


@pytest.mark.parametrize("name", TOKENIZERS)
def test_unseen_words_are_spelled_with_smaller_pieces(name):
    whole, small, _ = CUT[name]
    read = small.encode(CORPUS[6])
    assert "[UNK]" not in read.tokens
    assert len(read.tokens) > len(whole.encode(CORPUS[6]).tokens)


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_is_read(name, text):
    whole, small, keep = CUT[name]
    read = small.encode(text)
    assert all(0 <= i < len(keep) for i in read.ids)
    if "[UNK]" not in whole.encode(text).tokens and name != "unigram":
        # a word of a WordPiece is unknown when a character of it only ever came inside pieces
        letters = {p.removeprefix("##") for p in small.get_vocab()}
        assert "[UNK]" not in read.tokens or not set(text.lower()) <= letters


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_share_keeps_the_frequent_pieces_and_padding_its_number(name):
    document = json.loads(TOKENIZERS[name].to_str())
    count = len(pieces(document))
    keep = kept_ids(document, [], 0.8, pad_id=1)
    assert len(keep) >= round(0.8 * count)
    assert keep[:2] == [0, 1]
    assert kept_ids(document, [], 1.0, pad_id=0) == list(range(count))


def test_another_kind_of_tokenizer_is_one_clear_error():
    with pytest.raises(UndercutError, match="WordLevel"):
        pieces({"model": {"type": "WordLevel", "vocab": {"a": 0}}})


@pytest.mark.parametrize("task", ["text-classification", "token-classification"])
def test_a_cut_model_answers_its_rows_exactly_and_odd_texts_too(task, tmp_path):
    folder, _ = fitted(task, "full")
    rows = rows_of(task, 30, 0)
    material = Material(rows=rows)
    made = shrink(folder, tmp_path / "cut", "cut", "vocabulary", options(), material)
    before, after = load(folder, threads=1), load(tmp_path / "cut", threads=1)
    assert made.config["vocabulary"]["kept"] < made.config["vocabulary"]["of"]
    assert made.labels == artefacts.read_manifest(folder).labels
    np.testing.assert_allclose(
        before.score(rows.inputs).log_probs, after.score(rows.inputs).log_probs, atol=1e-4
    )
    assert np.isfinite(after.score(ODD_TEXTS).log_probs).all()
    words = (tmp_path / "cut" / "tokenizer.json").read_text(encoding="utf-8")
    assert len(pieces(json.loads(words))) == made.config["vocabulary"]["kept"]


def test_without_rows_it_says_how_to_name_them(tmp_path):
    folder, _ = fitted("text-classification", "full")
    with pytest.raises(UndercutError, match="--train"):
        shrink(folder, tmp_path / "cut", "cut", "vocabulary", options(), Material())


def options():
    from undercut.compression.vocabulary.options import VocabularyOptions

    return VocabularyOptions(share=0.0)
