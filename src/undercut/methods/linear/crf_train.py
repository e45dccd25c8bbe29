"""Weights of a linear-chain CRF, learnt by CRFsuite (N. Okazaki 2007) and read out of its dump."""

from __future__ import annotations

import ctypes
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

_EPOCH = re.compile(r"Epoch #(\d+)")
_STATE = re.compile(r"\(0\) ([0-9a-f]+) --> (\d+): (\S+)")
_STEP = re.compile(r"\(1\) (\d+) --> (\d+): (\S+)")


class Overtime(Exception):
    """Training was stopped."""


class CrfTrainer:
    """Training sentences, held once for several fits.

    Args:
        indptr, indices: features of each word, as in a CSR matrix of ones.
        first: first word of each sentence, and the number of words, ``int64 (s + 1,)``.
        tags: of each word, ``int64 (w,)``.
        features: how many features there are.
        count: how many tags there are.
        seed: of the order of the sentences.
    """

    def __init__(
        self,
        indptr: np.ndarray,
        indices: np.ndarray,
        first: np.ndarray,
        tags: np.ndarray,
        features: int,
        count: int,
        seed: int,
    ) -> None:
        import pycrfsuite

        self._features, self._count, self._seed = features, count, seed
        self._trainer = pycrfsuite.Trainer("l2sgd", verbose=False)
        names = [b"%x" % i for i in range(features)]
        own = [names[i] for i in indices.tolist()]
        at, said = indptr.tolist(), [str(tag) for tag in tags.tolist()]
        for s in np.random.default_rng(seed).permutation(len(first) - 1):
            begin, end = int(first[s]), int(first[s + 1])
            if begin < end:
                rows = [own[at[w] : at[w + 1]] for w in range(begin, end)]
                self._trainer.append(rows, said[begin:end])

    def fit(
        self, c2: float, epochs: int, on_epoch: Callable[[int], None]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Minimise the negative log-likelihood with L2 regularisation.

        By stochastic gradient descent with the step sizes of Bottou, calibrated on 1,000
        sentences (CRFsuite's ``l2sgd``).

        Args:
            c2: weight of the squared norm.
            epochs: passes over the sentences.
            on_epoch: called with the number of each pass; may raise :class:`Overtime`.

        Returns:
            Weights ``float64 (D, K)``, all 0 for a tag that no word has, and scores of a tag
            (column) after a tag (row), ``(K, K)``.

        Raises:
            Overtime: ``on_epoch`` raised it.
        """

        def message(text: str) -> None:
            if found := _EPOCH.search(text):
                on_epoch(int(found[1]))

        trainer = self._trainer
        trainer.message = message
        trainer.set_params({"c2": c2, "max_iterations": epochs, "period": epochs + 1})
        _seed_c_library(self._seed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            trainer.train(str(path))
            return self._weights(path)

    def _weights(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        import pycrfsuite

        tagger = pycrfsuite.Tagger()
        with tagger.open(str(path)):
            text = path.with_suffix(".txt")
            tagger.dump(str(text))
        steps, _, states = text.read_text("ascii").partition("STATE_FEATURES")
        weight = np.zeros((self._features, self._count))
        transitions = np.zeros((self._count, self._count))
        for feature, tag, value in _STATE.findall(states):
            weight[int(feature, 16), int(tag)] = float(value)
        for before, after, value in _STEP.findall(steps):
            transitions[int(before), int(after)] = float(value)
        return weight, transitions


def _seed_c_library(seed: int) -> None:
    """Seed ``rand`` of the C library, with which CRFsuite shuffles the sentences."""
    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    library.srand(ctypes.c_uint(seed & 0xFFFFFFFF))


def frequent(hashes: np.ndarray, min_count: int) -> np.ndarray:
    """Return the features of at least ``min_count`` words, increasing, without 0 (none)."""
    ordered = np.sort(hashes, axis=None)
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])
    counts = np.diff(begins, append=len(ordered))
    keys = ordered[begins]
    kept: np.ndarray = keys[(counts >= min_count) & (keys > 0)]
    return kept
