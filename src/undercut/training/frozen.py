"""The frozen pass: a base model's outputs, kept on disk by input so that none is encoded twice.

A folder ``states-<base>-<network>-<tokens>-<precision>`` below the cache holds safetensors files,
each with the rows of one pass: ``pooled-*`` the output's rows that get a label, ``layer<k>-*`` the
states after layer k of every token. A refit on all rows finds the rows of the fit that chose;
partial training finds the pooled rows that the probe's pass left.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from undercut.core.contracts import Prepared, Progress, silent
from undercut.models.encoder.module import Body, load_body
from undercut.training.batches import Lanes, length_batches
from undercut.training.compute import Compute
from undercut.training.network import Network
from undercut.training.precision import fast_dtype
from undercut.training.sources import States, Tokens

PASS_TOKENS = 2048
"""Padded tokens of one batch of the frozen pass."""


class FrozenEncoder:
    """A base model that is only read, with its cache.

    Args:
        network: prepares inputs and says which rows of the output get a label.
        max_tokens: tokens the front end keeps of a piece; part of the cache's name.
        cache: folder for intermediate results.
        threads: cores to use.
        tick: progress callback.
        compute: device and formats; this processor's fastest when not given.
    """

    def __init__(
        self,
        network: Network,
        max_tokens: int,
        cache: Path,
        threads: int,
        tick: Callable[[Progress], None] = silent,
        compute: Compute | None = None,
    ) -> None:
        self.network, self.threads, self.tick = network, threads, tick
        self.base, self.frontend = network.base, network.frontend
        self.compute = compute or Compute(dtype=fast_dtype())
        precision = str(self.compute.dtype).removeprefix("torch.")
        name = f"states-{self.base.sha256[:16]}-{network.name}-{max_tokens}-{precision}"
        self.folder = Path(cache) / name

    def pooled(self, inputs: Sequence[Any], keep: int | None = None) -> Tensor:
        """Return the rows of the whole body's output that get a label, ``float32 (U, D)``.

        Args:
            inputs: what to encode.
            keep: also keep the states after this layer, for those inputs that are encoded now.
        """
        keys = [_key(t) for t in inputs]
        rows = self._find("pooled", keys)
        new = _unseen(inputs, keys, rows)
        if new:
            rows |= self._encode(list(new.values()), list(new), keep, finish=True)["pooled"]
        return torch.cat([rows[k] for k in keys])

    def states(self, inputs: Sequence[Any], layer: int) -> States:
        """Return the hidden states after ``layer`` layers of every token of every input."""
        keys, kind = [_key(t) for t in inputs], f"layer{layer}"
        rows = self._find(kind, keys)
        new = _unseen(inputs, keys, rows)
        if new:
            rows |= self._encode(list(new.values()), list(new), layer, finish=False)[kind]
        pieces = Tokens(self.frontend, self.frontend.prepare(inputs))
        return States(torch.cat([rows[k] for k in keys]), pieces)

    def missing(self, inputs: Sequence[Any], kind: str, besides: str = "") -> list[Any]:
        """Return the inputs whose ``pooled`` or ``layer<k>`` rows a pass would have to make.

        Args:
            inputs: what would be encoded.
            kind: of the rows.
            besides: another kind whose pass makes these rows too; its inputs are left out.
        """
        keys = [_key(t) for t in inputs]
        lacking = set(keys) - self._held(kind)
        if besides:
            lacking &= self._held(besides)
        new = {k: t for k, t in zip(keys, inputs, strict=True) if k in lacking}
        return list(new.values())

    def _held(self, kind: str) -> set[bytes]:
        """Return the keys of the inputs whose rows of a kind are in the cache."""
        return set().union(*(_keys_of(load_file(p)["keys"]) for p in self._files(kind)))

    def climb(
        self, body: Body, prepared: Prepared, index: np.ndarray, keep: int | None, finish: bool
    ) -> tuple[list[Tensor], Tensor | None]:
        """Run one batch.

        Returns:
            The states after layer ``keep`` of each piece ``(its length, D)``, if asked for; and
            the rows that get a label ``float32 (R, D)``, if ``finish``.
        """
        read = Tokens(self.frontend, prepared).batch(index).to(self.compute.device)
        ids, mask = read.x, read.mask  # (B, T)
        with torch.inference_mode():
            x = body.climb(body.embed(ids), mask, 0, keep)  # (B, T, D)
            middle: list[Tensor] = []
            if keep is not None:
                middle = [x[b, : prepared.sizes[i]].cpu().clone() for b, i in enumerate(index)]
            if not finish:
                return middle, None
            x = x if keep is None else body.climb(x, mask, keep)
            return middle, self.network.gather(x, mask, read.arrays).cpu()

    def body(self) -> Body:
        """Return the base's body, ready to compute."""
        body = load_body(self.base.folder, self.compute.dtype).to(self.compute.device)
        body.fused = self.compute.fused
        return body

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
            rows |= {k: p for k, p in zip(held, pieces, strict=True) if k in wanted}
        return rows

    def _encode(
        self, inputs: list[Any], keys: list[bytes], keep: int | None, finish: bool
    ) -> dict[str, dict[bytes, Tensor]]:
        """Run the body over inputs, keep what was asked for, and write it to the cache."""
        prepared = self.frontend.prepare(inputs)
        source = Tokens(self.frontend, prepared)
        count = len(prepared.sizes)  # of pieces
        each = [len(source.units(np.array([i]))) for i in range(count)]  # rows of each piece
        pooled = torch.empty(sum(each) if finish else 0, self.base.width)
        middle: list[Tensor] = [torch.empty(0)] * count
        body = self.body()
        done = 0

        def run(index: np.ndarray) -> None:
            nonlocal done
            states, rows = self.climb(body, prepared, index, keep, finish)
            for i, state in zip(index, states, strict=False):
                middle[i] = state
            if rows is not None:
                pooled[torch.from_numpy(source.units(index))] = rows
            done += len(index)
            self.tick(Progress("encode", done, count))

        lone = self.compute.device != "cpu"
        with self.compute.products(), Lanes(1 if lone else self.threads) as lanes:
            lanes.map(run, length_batches(prepared.sizes, PASS_TOKENS))
        owners = np.arange(count) if prepared.owners is None else prepared.owners
        out: dict[str, dict[bytes, Tensor]] = {}
        if finish:
            units = np.bincount(owners, each, minlength=len(inputs)).astype(int)
            out["pooled"] = dict(zip(keys, pooled.split(units.tolist()), strict=True))
        if keep is not None:
            parts: list[list[Tensor]] = [[] for _ in inputs]
            for owner, state in zip(owners, middle, strict=True):
                parts[owner].append(state)
            none = torch.empty(0, self.base.width, dtype=self.compute.dtype)
            joined = [torch.cat([none, *p]) for p in parts]
            out[f"layer{keep}"] = dict(zip(keys, joined, strict=True))
        for kind, rows in out.items():
            self._write(kind, rows)
        return out

    def _write(self, kind: str, rows: dict[bytes, Tensor]) -> None:
        """Write rows under a name made from their keys; a killed write leaves no such file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        values = list(rows.values())
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


def _key(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _keys_of(rows: Tensor) -> set[bytes]:
    return {k.tobytes() for k in rows.numpy()}


def _unseen(
    inputs: Sequence[Any], keys: Sequence[bytes], rows: dict[bytes, Tensor]
) -> dict[bytes, Any]:
    return {k: v for k, v in zip(keys, inputs, strict=True) if k not in rows}
