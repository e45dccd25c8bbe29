"""What an architecture says of itself so that every method can train it.

A method decides *what* is trained: which parameters of the body, with which modules put into it
(:class:`undercut.training.trunk.Trunk`). The architecture decides the rest, here: how inputs are
prepared, which rows of the body's output get a label, the head that labels them, and the files.
``ArchitectureInfo.training`` names the function that opens it, ``(base, max_tokens) -> Network``.

Shapes: B pieces, T tokens, D width, R rows that get a label (one a text, or one a word), S labels
with training rows, K labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from undercut.core.contracts import Frontend, Prepared
from undercut.models.encoder.base import Base

Arrays = Mapping[str, Tensor]
"""What the front end's ``collate`` gives of a batch."""


class Head(Protocol):
    """A ``torch.nn.Module`` in float32 that labels rows; all its parameters are trained.

    Every architecture brings its own; nothing inherits from this.

    Attributes:
        pace: factor on the learning rate of some of its parameters, by name; 1 for others.
    """

    pace: Mapping[str, float]

    def __call__(self, rows: Tensor, arrays: Arrays) -> Tensor:
        """Rows ``float32 (R, D)`` to logits ``float32 (R, S)``."""

    def to(self, device: str) -> Any:
        """As :class:`torch.nn.Module` has it."""

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]:
        """As :class:`torch.nn.Module` has it."""

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """As :class:`torch.nn.Module` has it."""


class Network(Protocol):
    """An architecture over one pretrained base, ready to be trained.

    Attributes:
        name: registered architecture.
        base: the pretrained model.
        frontend: prepares inputs; its arrays hold ``input_ids`` and ``attention_mask`` at least.
        starts_from_rows: whether :meth:`head` reads the frozen base's rows.
    """

    name: str
    base: Base
    frontend: Frontend
    starts_from_rows: bool

    def token_ids(self, prepared: Prepared) -> Iterable[Sequence[int]]:
        """Return the token ids of each piece."""

    def gather(self, h: Tensor, mask: Tensor, arrays: Arrays) -> Tensor:
        """Hidden states ``(B, T, D)`` to the rows that get a label, ``float32 (R, D)``."""

    def head(self, rows: Callable[[], Tensor], y: Tensor, classes: int, seed: int) -> Head:
        """Return the head that training starts from.

        Args:
            rows: gives the frozen base's rows of the training units, ``float32 (n, D)``.
            y: their labels, ``int64 (n,)`` in ``range(classes)``.
            classes: S.
            seed: of what is random in it.
        """

    def linear(self, weight: Tensor, bias: Tensor) -> Head:
        """Return the head ``unit rows @ weight.T + bias``; ``(S, D)``, ``(S,)``."""

    def reopened(self, module: Any, temperature: float) -> Head:
        """Return the head of a fitted model, for all K labels, to be trained further.

        Args:
            module: what ``ArchitectureInfo.module`` loads.
            temperature: its logits are divided by this, so that it is calibrated at 1.
        """

    def save(
        self, out: Path, head: Any, seen: np.ndarray, labels: int, trained: Mapping[str, Tensor]
    ) -> tuple[dict[str, Any], int]:
        """Write the model's files.

        Args:
            out: folder to write to.
            head: trained head.
            seen: positions of its S labels among all, ``int64 (S,)``.
            labels: K; a label nobody trained on is never the answer.
            trained: tensors that replace those of the base, by their name in ``Body``.

        Returns:
            The architecture's config, without ``temperature``; and the head's parameters.
        """
