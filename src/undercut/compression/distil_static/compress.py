"""A static student: every word piece gets a fixed vector, all vectors become one table.

The start is model2vec's (Tulkens and van Dongen 2024, Model2Vec: Fast State-of-the-art Static
Embeddings): the encoder reads each piece of its vocabulary alone. Pieces that no lesson holds keep
that vector, so that the head which was learnt for the others means something for them too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from undercut.compression.distil_static.options import StaticStudentOptions
from undercut.compression.students import lessons
from undercut.core.contracts import Progress
from undercut.core.errors import fail
from undercut.core.shrinking import ShrinkJob, Shrunk
from undercut.core.types import Manifest
from undercut.models.encoder.frontend import open_tokenizer
from undercut.models.encoder.module import load_body, pool
from undercut.models.linear.files import Table, quantise
from undercut.models.static import files
from undercut.models.static.frontend import pieces
from undercut.store import artefacts
from undercut.training.bags import Bags, Pace, train_bags

AT_ONCE = 512
"""Pieces the encoder reads in a batch."""


def compress(job: ShrinkJob) -> Shrunk:
    """Write ``static.safetensors`` and the encoder's ``tokenizer.json``.

    Raises:
        UndercutError: there are no rows to learn from, or no encoder in format ``torch``.
    """
    options: StaticStudentOptions = job.options
    encoder, manifest = encoder_of(job.source, job.manifest)
    tokenizer = open_tokenizer(encoder / "tokenizer.json")
    vectors = start(encoder, manifest, tokenizer, options.passed, job)  # (V, D)
    pace = Pace(options.epochs, options.batch, options.rate, options.dropout)

    def teach(texts: list[str], targets: np.ndarray) -> Table:
        bags = bags_of(tokenizer, texts)
        return quantise(*train_bags(bags, targets, vectors, pace, job.seed, job.tick))

    taught = lessons(job, options.trust, options.made_up)
    table, temperature = taught.learn(teach, lambda t, x: margins(bags_of(tokenizer, x), t))
    files.write(job.out, table)
    shutil.copyfile(encoder / "tokenizer.json", job.out / "tokenizer.json")
    config = {
        "temperature": temperature,
        "taught": {"texts": len(taught.texts) + len(taught.held), "trust": options.trust},
    }
    return Shrunk("static", config, architecture="static")


def encoder_of(source: Path, manifest: Manifest) -> tuple[Path, Manifest]:
    """Return the encoder of format ``torch`` in an artefact: itself, or one of its parts.

    Raises:
        UndercutError: there is none.
    """
    places = [source / c.folder for c in manifest.children] or [source]
    for place in places:
        found = artefacts.read_manifest(place, verify=False)
        if found.architecture == "encoder" and found.format == "torch":
            return place, found
    raise fail(
        "static-encoder",
        expected="an encoder with its own weights (format torch), alone or in a stack",
        found=f"{manifest.architecture}, format {manifest.format}",
        where=str(source),
        fix="Name the model it was made from with --reference, or distil into a hashed one.",
    )


def bags_of(tokenizer: Tokenizer, texts: list[str]) -> Bags:
    """Return texts as bags of pieces; n pieces have the weight ``1 / sqrt(n)``, as in serving."""
    ids, first = pieces(tokenizer, texts)
    sizes = np.maximum(np.diff(first), 1)
    return Bags(ids, first, (1 / np.sqrt(sizes)).astype(np.float32))


def margins(bags: Bags, table: Table) -> np.ndarray:
    """Return what a table gives for bags of pieces, ``float64 (n, K)``."""
    from scipy.sparse import csr_matrix

    rows = csr_matrix(
        (np.ones(len(bags.ids)), bags.ids, bags.first), (len(bags), len(table.weight))
    )
    sums = rows @ (table.weight * table.scale.astype(np.float64))
    found: np.ndarray = sums * bags.weight[:, None] + table.bias
    return found


def start(
    encoder: Path, manifest: Manifest, tokenizer: Tokenizer, passed: bool, job: ShrinkJob
) -> np.ndarray:
    """Return a vector for each piece, of mean length 1, ``float32 (V, D)``."""
    body = load_body(encoder)
    vectors = body.words.weight.detach().numpy().copy()
    if passed:
        how = str(manifest.config.get("pooling", "mean"))
        with torch.inference_mode():
            for at, ids in _alone(tokenizer, len(vectors)):
                job.tick(Progress("static", at, len(vectors), "pieces read"))
                mask = torch.ones(ids.shape, dtype=torch.bool)
                x = pool(body.climb(body.embed(ids), mask), mask, how)  # (B, D)
                vectors[at : at + len(ids)] = x.numpy()
    vectors -= vectors.mean(axis=0)
    vectors /= max(float(np.linalg.norm(vectors, axis=1).mean()), 1e-6)
    return vectors


def _alone(tokenizer: Tokenizer, count: int) -> Iterator[tuple[int, torch.Tensor]]:
    """Yield the first id and a batch of pieces, each as a text of its own."""
    shown = tokenizer.post_process(tokenizer.encode("a", add_special_tokens=False)).ids
    inner = tokenizer.encode("a", add_special_tokens=False).ids
    before = shown.index(inner[0]) if inner else 0
    left, right = shown[:before], shown[before + len(inner) :]
    for at in range(0, count, AT_ONCE):
        own = torch.arange(at, min(at + AT_ONCE, count))
        rows = [torch.full_like(own, i) for i in left]
        rows += [own, *(torch.full_like(own, i) for i in right)]
        yield at, torch.stack(rows, dim=1)
