"""Where training batches come from: token ids, kept hidden states, or states made on the spot.

Shapes: B pieces, T tokens of the longest, D width, R rows that get a label. A piece is what the
front end made for batching: a text, or a window of a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from undercut.core.contracts import Frontend, Prepared
from undercut.models.encoder.module import Body


@dataclass(frozen=True)
class Batch:
    """Some pieces, padded to the longest.

    Attributes:
        x: what the trained layers read: ids ``int64 (B, T)`` or states ``(B, T, D)``.
        mask: true where there is a token, ``bool (B, T)``.
        arrays: what the front end's ``collate`` gave.
        units: which of the labels ``y`` each row of the output has, ``int64 (R,)``.
    """

    x: Tensor
    mask: Tensor
    arrays: Mapping[str, Tensor]
    units: np.ndarray

    def to(self, device: str | torch.device) -> Batch:
        """Return the same on another device."""
        if self.x.device == torch.device(device) == self.mask.device:
            return self
        arrays = {name: a.to(device) for name, a in self.arrays.items()}
        return Batch(self.x.to(device), self.mask.to(device), arrays, self.units)


class Source(Protocol):
    """Pieces that a training step can ask for by index."""

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each piece, ``int64 (p,)``."""

    def batch(self, index: np.ndarray) -> Batch:
        """Return the pieces at ``index``."""

    def units(self, index: np.ndarray) -> np.ndarray:
        """Return which labels the rows of the pieces at ``index`` have, ``int64 (R,)``."""


@dataclass(frozen=True)
class Tokens:
    """Token ids.

    Attributes:
        frontend: it prepared the inputs.
        prepared: their pieces.
        renumber: new id of each id, ``int64 (V,)``, when the word table is trimmed.
    """

    frontend: Frontend
    prepared: Prepared
    renumber: np.ndarray | None = None

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each piece, ``int64 (p,)``."""
        return np.asarray(self.prepared.sizes, np.int64)

    def units(self, index: np.ndarray) -> np.ndarray:
        """Return the places of the rows of the pieces at ``index``."""
        places = self.prepared.places
        return index if places is None else np.concatenate([places[i] for i in index])

    def batch(self, index: np.ndarray) -> Batch:
        """Return the ids of the pieces at ``index``."""
        collated = self.frontend.collate(self.prepared, index)
        arrays = {name: torch.from_numpy(a) for name, a in collated.items()}
        ids, mask = arrays["input_ids"], arrays["attention_mask"].bool()
        if self.renumber is not None:
            ids = torch.from_numpy(self.renumber[collated["input_ids"]])
        return Batch(ids, mask, arrays, self.units(index))


@dataclass(frozen=True)
class States:
    """Kept hidden states, one piece's tokens after the other.

    Attributes:
        tokens: ``(sum of lengths, D)``.
        pieces: the pieces they are the states of.
    """

    tokens: Tensor
    pieces: Tokens

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each piece, ``int64 (p,)``."""
        return self.pieces.sizes

    @property
    def starts(self) -> np.ndarray:
        """Piece i owns rows ``starts[i]`` to ``starts[i + 1]``; ``int64 (p + 1,)``."""
        return np.concatenate([[0], np.cumsum(self.sizes)])

    def units(self, index: np.ndarray) -> np.ndarray:
        """Return the places of the rows of the pieces at ``index``."""
        return self.pieces.units(index)

    def batch(self, index: np.ndarray) -> Batch:
        """Return states ``(B, T, D)``, zeros where padded."""
        read = self.pieces.batch(index)
        at = torch.arange(read.mask.shape[1])
        rows = (torch.from_numpy(self.starts[index])[:, None] + at) * read.mask
        return Batch(self.tokens[rows] * read.mask[..., None], read.mask, read.arrays, read.units)


@dataclass(frozen=True)
class LowerLayers:
    """Hidden states computed each time they are asked for: when keeping them takes too much room.

    Attributes:
        body: its layers below ``layer`` are frozen.
        tokens: the pieces.
        layer: number of layers to climb.
    """

    body: Body
    tokens: Tokens
    layer: int

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each piece, ``int64 (p,)``."""
        return self.tokens.sizes

    def units(self, index: np.ndarray) -> np.ndarray:
        """Return the places of the rows of the pieces at ``index``."""
        return self.tokens.units(index)

    def batch(self, index: np.ndarray) -> Batch:
        """Return states ``(B, T, D)``."""
        read = self.tokens.batch(index).to(self.body.words.weight.device)
        with torch.no_grad():
            h = self.body.climb(self.body.embed(read.x), read.mask, 0, self.layer)
        return Batch(h, read.mask, read.arrays, read.units)


@dataclass(frozen=True)
class Part:
    """Some pieces of a source, to time training with.

    Attributes:
        whole: the source.
        index: which of its pieces.
    """

    whole: Source
    index: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each piece, ``int64 (p,)``."""
        return self.whole.sizes[self.index]

    def units(self, index: np.ndarray) -> np.ndarray:
        """Return the places of the rows of the pieces at ``index``."""
        return self.whole.units(self.index[index])

    def batch(self, index: np.ndarray) -> Batch:
        """Return the pieces at ``index``."""
        return self.whole.batch(self.index[index])


@dataclass(frozen=True)
class RandomStates:
    """Random values in place of kept states, to time training with: made a batch at a time.

    Attributes:
        pieces: the pieces they stand for.
        width: D.
        dtype: of the states.
    """

    pieces: Tokens
    width: int
    dtype: torch.dtype

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each piece, ``int64 (p,)``."""
        return self.pieces.sizes

    def units(self, index: np.ndarray) -> np.ndarray:
        """Return the places of the rows of the pieces at ``index``."""
        return self.pieces.units(index)

    def batch(self, index: np.ndarray) -> Batch:
        """Return states ``(B, T, D)``."""
        read = self.pieces.batch(index)
        h = torch.randn(*read.mask.shape, self.width).to(self.dtype)
        return Batch(h, read.mask, read.arrays, read.units)
