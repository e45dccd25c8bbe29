"""Documents to windows of tokens and logits to probabilities of words, without torch.

Shapes: B windows, T tokens of the longest, W words read, R words that get scores, K tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from undercut.core.contracts import Prepared
from undercut.core.types import Manifest
from undercut.models.encoder.frontend import log_softmax, open_tokenizer, settings
from undercut.models.tagger.letters import LENGTH, characters_of, shape_of
from undercut.models.tagger.windows import windows
from undercut.tasks.token_classification.words import words_of

MAX_TOKENS = 128
"""Tokens of a window, special tokens included, when the manifest does not say."""
KEPT_WORDS = 100_000
"""Words whose tokens and letters are remembered, at most."""


class Word(NamedTuple):
    """A word as it is read: token ids, bucket of its shape, rows of the character table."""

    ids: list[int]
    shape: int
    characters: np.ndarray
    cut: bool


@dataclass(frozen=True)
class Piece:
    """One window.

    Attributes:
        ids: token ids with the special ones, ``(T,)``.
        words: for each token the word it is of, from 1; 0 for special tokens, ``(T,)``.
        firsts: first token of each word that gets scores, ``(R,)``.
        shapes: ``(W,)``.
        characters: ``(W, 20)``.
    """

    ids: np.ndarray
    words: np.ndarray
    firsts: np.ndarray
    shapes: np.ndarray
    characters: np.ndarray


class TaggerFrontend:
    """Prepares documents for a tagger and finishes its logits.

    Args:
        tokenizer_file: path of a ``tokenizer.json``.
        max_tokens: tokens of a window, special tokens included.
        temperature: divides the logits before the softmax.
        pad_id: token id that fills short rows.
    """

    def __init__(
        self,
        tokenizer_file: Path,
        max_tokens: int = MAX_TOKENS,
        temperature: float = 1.0,
        pad_id: int = 0,
    ) -> None:
        self.tokenizer = open_tokenizer(tokenizer_file)
        self.temperature, self.pad_id = temperature, pad_id
        read = self.tokenizer.encode("a")
        inside = [i for i, special in enumerate(read.special_tokens_mask) if not special]
        self._before, self._after = read.ids[: inside[0]], read.ids[inside[-1] + 1 :]
        self._room = max(max_tokens - len(self._before) - len(self._after), 1)
        named = map(self.tokenizer.token_to_id, ("[UNK]", "<unk>", "<|unk|>"))
        self._unknown = next((i for i in named if i is not None), pad_id)
        self._known: dict[str, Word] = {}

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Cut inputs into windows; ``items`` are :class:`Piece`, ``sizes`` their tokens.

        An input counts as truncated when a single word has more tokens than a window.
        """
        read = [words_of(value) for value in inputs]
        each = [r.words for r in read]
        table = self._read({w for words in each for w in words})
        items: list[Piece] = []
        places: list[np.ndarray] = []
        owners: list[int] = []
        truncated = []
        units = 0
        for i, (document, words) in enumerate(zip(read, each, strict=True)):
            known = [table[w] for w in words]
            tokens = np.array([len(k.ids) for k in known], np.int64)
            for window in windows(tokens, document.sentences, self._room):
                own = range(window.own_first - window.first, window.own_last - window.first)
                items.append(self._piece(known[window.first : window.last], own))
                places.append(np.arange(units + window.own_first, units + window.own_last))
                owners.append(i)
            truncated.append(any(k.cut for k in known))
            units += len(words)
        sizes = [len(p.ids) for p in items]
        return Prepared(items, sizes, truncated, places, np.array(owners, np.int64))

    def _read(self, words: set[str]) -> dict[str, Word]:
        """Return what is read of each word; words seen before are not tokenised again."""
        table = {w: self._known[w] for w in words if w in self._known}
        new = sorted(words - table.keys())
        encoded = self.tokenizer.encode_batch_fast(
            [[w] for w in new], is_pretokenized=True, add_special_tokens=False
        )
        for w, e in zip(new, encoded, strict=True):
            ids = e.ids or [self._unknown]
            cut = len(ids) > self._room
            table[w] = Word(ids[: self._room], shape_of(w), characters_of(w), cut)
        if len(self._known) + len(new) > KEPT_WORDS:
            self._known = {}
        self._known |= {w: table[w] for w in new[:KEPT_WORDS]}
        return table

    def _piece(self, known: Sequence[Word], own: range) -> Piece:
        counts = [len(k.ids) for k in known]
        before, after = len(self._before), len(self._after)
        starts = before + np.concatenate([[0], np.cumsum(counts)])[:-1]
        inside = np.repeat(np.arange(1, len(known) + 1), counts)
        return Piece(
            np.array([*self._before, *(t for k in known for t in k.ids), *self._after], np.int64),
            np.concatenate([np.zeros(before, int), inside, np.zeros(after, int)]),
            starts[own.start : own.stop],
            np.array([k.shape for k in known], np.int64),
            np.stack([k.characters for k in known]),
        )

    def collate(
        self, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """Return the arrays of some windows, all ``int64``.

        ``input_ids``, ``attention_mask`` ``(B, T)``; ``word_of (B, T)``: the word each token is of,
        counted from 1 over the batch, 0 for none; ``shapes (W,)`` and ``characters (W, 20)`` of
        those words; ``firsts (R,)``: places in the flattened ``(B T,)`` of the first tokens of
        the words that get scores.
        """
        pieces: list[Piece] = [prepared.items[i] for i in index]
        longest = max((len(p.ids) for p in pieces), default=0)
        ids = np.full((len(pieces), longest), self.pad_id, np.int64)
        mask, words = np.zeros_like(ids), np.zeros_like(ids)
        count = 0
        for b, p in enumerate(pieces):
            ids[b, : len(p.ids)] = p.ids
            mask[b, : len(p.ids)] = 1
            words[b, : len(p.ids)] = np.where(p.words > 0, p.words + count, 0)
            count += len(p.shapes)
        none = np.zeros(0, np.int64)
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "word_of": words,
            "shapes": np.concatenate([none, *(p.shapes for p in pieces)]),
            "characters": np.concatenate(
                [none.reshape(0, LENGTH), *(p.characters for p in pieces)]
            ),
            "firsts": np.concatenate(
                [none, *(p.firsts + b * longest for b, p in enumerate(pieces))]
            ),
        }

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn logits ``(R, K)`` into calibrated log-probabilities ``float32 (R, K)``."""
        return log_softmax(outputs, self.temperature)


def open_frontend(folder: Path, manifest: Manifest) -> TaggerFrontend:
    """Open the front end of a tagger artefact, whatever its format."""
    return TaggerFrontend(Path(folder) / "tokenizer.json", **settings(manifest, MAX_TOKENS))
