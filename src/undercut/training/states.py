"""Hidden states of a frozen encoder, kept on disk by text so that no text is encoded twice.

A folder ``states-<base>-<tokens>-<precision>`` below the cache holds safetensors files, each
with the rows of one pass: ``pooled-*`` the pooled output, ``layer<k>-*`` the states after
layer k of every token. A refit on all rows finds the rows of the fit that chose; partial
training finds the states that the probe's pass left.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from undercut.core.types import Frontend, Progress, silent
from undercut.models.encoder.base import Base
from undercut.models.encoder.module import load_body, pool
from undercut.training.batches import length_batches, side_by_side
from undercut.training.precision import fast_dtype, fast_float32

PASS_TOKENS = 2048
"""Padded tokens of one batch of the frozen pass."""


@dataclass(frozen=True)
class States:
    """Hidden states of n texts, one text's tokens after the other.

    Attributes:
        tokens: ``(sum of lengths, D)``.
        starts: ``int64 (n + 1,)``; text i owns rows ``starts[i]`` to ``starts[i + 1]``.
    """

    tokens: Tensor
    starts: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each text, ``int64 (n,)``."""
        return np.diff(self.starts)

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return states ``(B, T, D)``, zeros where padded, and mask ``bool (B, T)``."""
        sizes = torch.from_numpy(self.sizes[index])
        at = torch.arange(int(sizes.max()))
        mask = at < sizes[:, None]  # (B, T)
        rows = (torch.from_numpy(self.starts[index])[:, None] + at) * mask
        return self.tokens[rows] * mask[..., None], mask


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
        frontend: Frontend,
        max_tokens: int,
        cache: Path,
        threads: int,
        tick: Callable[[Progress], None] = silent,
    ) -> None:
        self.base, self.frontend, self.threads, self.tick = base, frontend, threads, tick
        self.dtype = fast_dtype()
        precision = str(self.dtype).removeprefix("torch.")
        self.folder = Path(cache) / f"states-{base.ref.sha256[:16]}-{max_tokens}-{precision}"

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

    def _find(self, kind: str, keys: Sequence[bytes]) -> dict[bytes, Tensor]:
        """Read the rows of ``keys`` that earlier passes left."""
        wanted, rows = set(keys), {}
        for path in sorted(self.folder.glob(f"{kind}-*.safetensors")):
            file = load_file(path)
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
        batches = length_batches(prepared.sizes, PASS_TOKENS)
        done = 0

        def run(index: np.ndarray) -> None:
            nonlocal done
            arrays = self.frontend.collate(prepared, index)
            ids, mask = (
                torch.from_numpy(arrays[n]) for n in ("input_ids", "attention_mask")
            )  # (B, T)
            mask = mask.bool()
            with torch.inference_mode():
                x = body.climb(body.embed(ids), mask, 0, keep)  # (B, T, D)
                if keep is not None:
                    for b, i in enumerate(index):
                        middle[i] = x[b, : prepared.sizes[i]].clone()
                if finish:
                    x = x if keep is None else body.climb(x, mask, keep)
                    for i, e in zip(index, pool(x, mask, self.base.pooling), strict=True):
                        pooled[i] = e
            done += len(index)
            self.tick(Progress("encode", done, len(texts)))

        with fast_float32():
            side_by_side(run, batches, self.threads)
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
        os.replace(half, self.folder / name)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _unseen(
    texts: Sequence[str], keys: Sequence[bytes], rows: dict[bytes, Tensor]
) -> dict[bytes, str]:
    return {k: t for k, t in zip(keys, texts, strict=True) if k not in rows}
