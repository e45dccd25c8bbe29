"""The frozen pass: a base model's outputs, kept on disk by text so that none is encoded twice.

A folder ``states-<base>-<tokens>-<precision>`` below the cache holds safetensors files, each
with the rows of one pass: ``pooled-*`` the pooled output, ``layer<k>-*`` the states after
layer k of every token. A refit on all rows finds the rows of the fit that chose; partial
training finds the pooled rows that the probe's pass left.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from undercut.core.types import Prepared, Progress, silent
from undercut.models.encoder.base import Base
from undercut.models.encoder.frontend import TextFrontend
from undercut.models.encoder.module import Body, load_body, pool
from undercut.training.batches import Lanes, length_batches
from undercut.training.precision import fast_dtype, fast_float32
from undercut.training.sources import States, Tokens

PASS_TOKENS = 2048
"""Padded tokens of one batch of the frozen pass."""


class FrozenEncoder:
    """A base model that is only read, with its cache.

    Args:
        base: the pretrained model.
        frontend: prepares the texts.
        max_tokens: tokens the front end keeps of a text; part of the cache's name.
        cache: folder for intermediate results.
        threads: cores to use.
        tick: progress callback.
    """

    def __init__(
        self,
        base: Base,
        frontend: TextFrontend,
        max_tokens: int,
        cache: Path,
        threads: int,
        tick: Callable[[Progress], None] = silent,
    ) -> None:
        self.base, self.frontend, self.threads, self.tick = base, frontend, threads, tick
        self.dtype = fast_dtype()
        precision = str(self.dtype).removeprefix("torch.")
        self.folder = Path(cache) / f"states-{base.sha256[:16]}-{max_tokens}-{precision}"

    def pooled(self, texts: Sequence[str], keep: int | None = None) -> Tensor:
        """Return the pooled output of the whole body, ``float32 (n, D)``.

        Args:
            texts: what to encode.
            keep: also keep the states after this layer, for those texts that are encoded now.
        """
        keys = [_key(t) for t in texts]
        rows = self._find("pooled", keys)
        new = _unseen(texts, keys, rows)
        if new:
            rows |= self._encode(list(new.values()), list(new), keep, finish=True)["pooled"]
        return torch.stack([rows[k] for k in keys])

    def states(self, texts: Sequence[str], layer: int) -> States:
        """Return the hidden states after ``layer`` layers of every token of every text."""
        keys, kind = [_key(t) for t in texts], f"layer{layer}"
        rows = self._find(kind, keys)
        new = _unseen(texts, keys, rows)
        if new:
            rows |= self._encode(list(new.values()), list(new), layer, finish=False)[kind]
        found = [rows[k] for k in keys]
        starts = np.concatenate([[0], np.cumsum([len(r) for r in found])])
        return States(torch.cat(found), starts)

    def missing(self, texts: Sequence[str], kind: str) -> list[str]:
        """Return the texts whose ``pooled`` or ``layer<k>`` rows a pass would have to make."""
        keys = [_key(t) for t in texts]
        held: set[bytes] = set()
        for path in self._files(kind):
            held |= _keys_of(load_file(path)["keys"])
        return list({k: t for k, t in zip(keys, texts, strict=True) if k not in held}.values())

    def climb(
        self, body: Body, prepared: Prepared, index: np.ndarray, keep: int | None, finish: bool
    ) -> tuple[list[Tensor], Tensor | None]:
        """Run one batch.

        Returns:
            The states after layer ``keep`` of each text ``(its length, D)``, if asked for; and
            the pooled output ``float32 (B, D)``, if ``finish``.
        """
        ids, mask = Tokens(self.frontend, prepared).batch(index)  # (B, T)
        with torch.inference_mode():
            x = body.climb(body.embed(ids), mask, 0, keep)  # (B, T, D)
            middle: list[Tensor] = []
            if keep is not None:
                middle = [x[b, : prepared.sizes[i]].clone() for b, i in enumerate(index)]
            if not finish:
                return middle, None
            x = x if keep is None else body.climb(x, mask, keep)
            return middle, pool(x, mask, self.base.pooling)

    def _files(self, kind: str) -> list[Path]:
        return sorted(self.folder.glob(f"{kind}-*.safetensors"))

    def _find(self, kind: str, keys: Sequence[bytes]) -> dict[bytes, Tensor]:
        """Read the rows of ``keys`` that earlier passes left; the files are mapped, not copied."""
        wanted: set[bytes] = set(keys)
        rows: dict[bytes, Tensor] = {}
        for path in self._files(kind):
            file = load_file(path)
            if wanted.isdisjoint(_keys_of(file["keys"])):
                continue
            held = [k.tobytes() for k in file["keys"].numpy()]
            pieces = file["rows"].split(file["sizes"].tolist())
            flat = kind == "pooled"
            rows |= {
                k: (p[0] if flat else p) for k, p in zip(held, pieces, strict=True) if k in wanted
            }
        return rows

    def _encode(
        self, texts: list[str], keys: list[bytes], keep: int | None, finish: bool
    ) -> dict[str, dict[bytes, Tensor]]:
        """Run the body over texts, keep what was asked for, and write it to the cache."""
        prepared = self.frontend.prepare(texts)
        pooled: list[Tensor] = [torch.empty(0)] * len(texts)
        middle: list[Tensor] = [torch.empty(0)] * len(texts)
        body = load_body(self.base.folder, self.dtype)
        done = 0

        def run(index: np.ndarray) -> None:
            nonlocal done
            states, e = self.climb(body, prepared, index, keep, finish)
            for i, state in zip(index, states, strict=False):
                middle[i] = state
            if e is not None:
                for b, i in enumerate(index):
                    pooled[i] = e[b]
            done += len(index)
            self.tick(Progress("encode", done, len(texts)))

        with fast_float32(), Lanes(self.threads) as lanes:
            lanes.map(run, length_batches(prepared.sizes, PASS_TOKENS))
        out: dict[str, dict[bytes, Tensor]] = {}
        if finish:
            out["pooled"] = dict(zip(keys, pooled, strict=True))
        if keep is not None:
            out[f"layer{keep}"] = dict(zip(keys, middle, strict=True))
        for kind, rows in out.items():
            self._write(kind, rows)
        return out

    def _write(self, kind: str, rows: dict[bytes, Tensor]) -> None:
        """Write rows under a name made from their keys; a killed write leaves no such file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        values = [r if r.dim() == 2 else r[None] for r in rows.values()]
        name = f"{kind}-{hashlib.sha256(b''.join(rows)).hexdigest()[:16]}.safetensors"
        half = self.folder / f".{name}.{os.getpid()}"
        keys = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)
        tensors = {
            "keys": torch.from_numpy(keys.copy()),
            "sizes": torch.tensor([len(v) for v in values]),
            "rows": torch.cat(values),
        }
        save_file(tensors, half)
        half.replace(self.folder / name)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _keys_of(rows: Tensor) -> set[bytes]:
    return {k.tobytes() for k in rows.numpy()}


def _unseen(
    texts: Sequence[str], keys: Sequence[bytes], rows: dict[bytes, Tensor]
) -> dict[bytes, str]:
    return {k: t for k, t in zip(keys, texts, strict=True) if k not in rows}
