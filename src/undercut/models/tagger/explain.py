"""Why a tagger gives a word its tag: integrated gradients, and the word's own features.

The logits of a word are those of its vector in context and those of its shape and letters, added
up. The first are shared out among the words of the window by integrated gradients, the pieces of
a word added up; the second are the word's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from undercut.core.explaining import Attribution
from undercut.core.types import Manifest
from undercut.models.encoder.explain import METHOD
from undercut.models.encoder.gradients import integrate, mask_of
from undercut.models.tagger.frontend import Piece, TaggerFrontend, open_frontend
from undercut.models.tagger.module import Tagger, load_module
from undercut.tasks.token_classification.words import Words, words_of


class TaggerExplainer:
    """Shares out the logits of an opened tagger artefact of format ``torch``.

    Args:
        module: the network.
        frontend: its front end.
    """

    method = f"{METHOD}; a word's shape and letters, which are read as they are, added to its own"

    def __init__(self, module: Tagger, frontend: TaggerFrontend) -> None:
        self._module, self._frontend = module.eval().requires_grad_(False), frontend
        self._blank = mask_of(frontend.tokenizer, frontend.pad_id)

    def attribute(self, value: Any, classes: Sequence[int], unit: int = 0) -> Attribution:
        """Return the shares of every character in a word's scores of ``classes``."""
        prepared = self._frontend.prepare([value])
        window = next(i for i, at in enumerate(prepared.places or ()) if unit in at)
        piece, own = prepared.items[window], (prepared.places or ())[window]
        row = int(unit - own[0])
        arrays = {
            k: torch.from_numpy(v) for k, v in self._frontend.collate(prepared, [window]).items()
        }
        body, head = self._module.body, self._module.head
        ids, first = arrays["input_ids"], int(piece.firsts[row])
        blank = torch.where(arrays["word_of"] > 0, self._blank, ids)
        temperature = self._frontend.temperature

        def scores(words: Tensor) -> Tensor:
            mask = torch.ones(words.shape[:2], dtype=torch.bool)
            rows = body.climb(body.place(words), mask)[:, first].float()  # (S, D)
            rows = F.normalize(rows, dim=-1) if head.normalise else rows
            return (rows @ head.weight.T + head.bias) / temperature

        path = integrate(scores, body.words(blank), body.words(ids), classes)
        features = (head.table(arrays)[piece.words[first]] @ head.out.T) / temperature
        more = features[list(classes)].double().numpy()
        shares = _characters(words_of(value), piece, own, path.tokens, unit, more)
        cut = bool(np.asarray(prepared.truncated)[0])
        return Attribution(shares, path.start, path.scores + more, cut, path.steps)


def _characters(
    words: Words, piece: Piece, own: np.ndarray, tokens: np.ndarray, unit: int, more: np.ndarray
) -> np.ndarray:
    """Add tokens up to words, and divide each word's share evenly among its characters.

    Args:
        words: of the input.
        piece: the window.
        own: units that the window scores.
        tokens: share of each token, ``(T, C)``.
        unit: the word that is explained.
        more: what its own features bring, ``(C,)``.
    """
    shares = np.zeros((len(words.text), tokens.shape[1]))
    before = int(own[0]) - (int(piece.words[piece.firsts[0]]) - 1)  # words before the window
    of_word = np.zeros((len(piece.shapes), tokens.shape[1]))
    inside = piece.words > 0
    np.add.at(of_word, piece.words[inside] - 1, tokens[inside])
    of_word[unit - before] += more
    for i, share in enumerate(of_word):
        a, b = int(words.starts[before + i]), int(words.ends[before + i])
        shares[a:b] += share / (b - a)
    return shares


def open_explainer(folder: Path, manifest: Manifest) -> TaggerExplainer:
    """Open a tagger artefact of format ``torch``."""
    return TaggerExplainer(load_module(folder, manifest), open_frontend(folder, manifest))
