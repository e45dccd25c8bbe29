"""Texts to code points and margins to probabilities: all else is the session's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Prepared
from undercut.core.errors import IntegrityError, Problem, fail
from undercut.core.types import Manifest
from undercut.models.linear.text import fold, points

END = "\0"


class HashedFrontend:
    """Folds texts and lays them out one after the other.

    Args:
        temperature: divides the margins before the softmax.
    """

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def prepare(self, inputs: Sequence[Any]) -> Prepared:
        """Fold texts to NFKC and lower case; ``items`` are their code points and bounds.

        Raises:
            UndercutError: an input is not text.
        """
        n = len(inputs)
        codes = points(joined(inputs))
        bounds = np.zeros(n + 1, np.int64)
        np.add(np.flatnonzero(codes == 0), 1, out=bounds[1:])
        return Prepared((codes, bounds), np.ones(n, np.int64), np.zeros(n, bool))

    def collate(
        self, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """Return ``codes``, code points of the texts, and ``bounds``, ``int64 (B + 1,)``.

        Text ``i`` is ``codes[bounds[i] : bounds[i + 1]]``, a NUL at its end.
        """
        codes, bounds = prepared.items
        at = np.asarray(index, np.int64)
        if len(at) and (np.diff(at) == 1).all():  # neighbours stay where they are
            part = bounds[at[0] : at[-1] + 2]
            return {"codes": codes[part[0] : part[-1]], "bounds": part - part[0]}
        sizes = bounds[at + 1] - bounds[at]
        parts = [codes[bounds[i] : bounds[i + 1]] for i in at]
        return {
            "codes": np.concatenate(parts) if parts else codes[:0],
            "bounds": np.concatenate([[0], np.cumsum(sizes)]),
        }

    def finish(
        self, outputs: np.ndarray, prepared: Prepared, index: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Turn margins ``(n, K)`` into calibrated log-probabilities ``float32 (n, K)``."""
        return log_softmax(outputs, self.temperature)


def log_softmax(margins: np.ndarray, temperature: float) -> np.ndarray:
    """Return ``log softmax(margins / temperature)``, ``float32 (n, K)``.

    In single precision, whose exponential numpy computes many at a time.
    """
    z = margins / np.float32(temperature)
    z -= z.max(axis=1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    found: np.ndarray = z
    return found


def joined(texts: Sequence[Any]) -> str:
    """Return texts folded, a NUL after each; a NUL inside one becomes a space.

    Text in ASCII is folded by lower case alone, which is the same there and many times faster.

    Raises:
        UndercutError: an input is not text.
    """
    try:
        whole = END.join(texts)
    except TypeError:
        i, wrong = next((i, t) for i, t in enumerate(texts) if not isinstance(t, str))
        raise fail(
            "input-type",
            expected="text as every input",
            found=type(wrong).__name__,
            where=f"input {i}",
        ) from None
    if not len(texts):
        return ""
    if whole.count(END) != len(texts) - 1:
        texts = [t.replace(END, " ") for t in texts]
        whole = END.join(texts)
    if whole.isascii():
        whole = whole.lower()
    else:
        whole = END.join([t.lower() if t.isascii() else fold(t) for t in texts])
    return whole + END


def open_frontend(folder: Path, manifest: Manifest) -> HashedFrontend:
    """Open the front end of a hashed artefact.

    Raises:
        IntegrityError: the temperature is missing or no number above 0.
    """
    temperature = manifest.config.get("temperature")
    if not isinstance(temperature, int | float) or not temperature > 0:
        raise IntegrityError(
            "hashed-config",
            Problem("a temperature above 0", repr(temperature), f"{folder}/manifest.json"),
        )
    return HashedFrontend(float(temperature))
