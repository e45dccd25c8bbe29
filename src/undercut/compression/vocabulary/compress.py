"""Write an artefact whose word table and tokenizer hold fewer pieces."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from undercut.compression.vocabulary.tokenizer import kept_ids, pieces, rewritten
from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.shrinking import ShrinkJob, Shrunk
from undercut.models.encoder.base import WEIGHTS
from undercut.store.artefacts import CARD, MANIFEST

TABLE = "embeddings.word_embeddings.weight"
CHUNK = 512
TOKENS = ("pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id",
          "mask_token_id", "unk_token_id")  # fmt: skip


def compress(job: ShrinkJob) -> Shrunk:
    """Write the artefact with the pieces that the rows and their language use.

    Every text made of kept pieces gets the same ids' vectors and so the same answer; see
    :mod:`undercut.compression.vocabulary.tokenizer` for all others.

    Raises:
        UndercutError: no rows, or a tokenizer of a kind that cannot be cut.
    """
    if not job.rows:
        raise fail(
            "vocabulary-rows",
            expected="training rows that show which words are used",
            found="none",
            where=str(job.source),
            fix="Name the training files with --train.",
        )
    path = job.source / "tokenizer.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    config = json.loads((job.source / "config.json").read_text(encoding="utf-8"))
    pad = int(job.manifest.config.get("pad_id", 0))
    keep = kept_ids(document, used(job), job.options.share, pad)
    keep = [i for i in keep if i < config["vocab_size"]]
    _copy(job.source, job.out)
    cut = rewritten(document, keep)
    _write(job.out / "tokenizer.json", cut)
    new = {old: i for i, old in enumerate(keep)}
    config["vocab_size"] = len(keep)
    config |= {k: new[config[k]] for k in TOKENS if config.get(k) in new}
    _write(job.out / "config.json", config)
    _beside(job, cut, new)
    tensors = load_file(job.source / WEIGHTS)
    name = next(n for n in tensors if n.endswith(TABLE))
    before = len(tensors[name])
    tensors[name] = np.ascontiguousarray(tensors[name][keep])
    save_file(tensors, job.out / WEIGHTS, metadata={"format": "pt"})
    facts = {"kept": len(keep), "of": before}
    return Shrunk("torch", {**job.manifest.config, "vocabulary": facts})


def used(job: ShrinkJob) -> set[int]:
    """Return the ids that the rows use."""
    assert job.rows is not None
    info = plugins.get("model", job.manifest.architecture)
    frontend = plugins.attr(info.frontend)(job.source, job.manifest)
    found: set[int] = set()
    for start in range(0, len(job.rows), CHUNK):
        prepared = frontend.prepare(job.rows.inputs[start : start + CHUNK])
        every = np.arange(len(prepared.sizes))
        found |= set(np.unique(frontend.collate(prepared, every)["input_ids"]).tolist())
    return found


def _copy(source: Path, out: Path) -> None:
    """Copy the files that stay as they are."""
    for path in source.iterdir():
        if path.is_file() and path.name not in {MANIFEST, CARD, WEIGHTS, "vocab.txt"}:
            shutil.copyfile(path, out / path.name)


def _beside(job: ShrinkJob, cut: dict[str, Any], new: dict[int, int]) -> None:
    """Rewrite the files that other libraries read the pieces from."""
    if (job.source / "vocab.txt").is_file():
        (job.out / "vocab.txt").write_text("\n".join(pieces(cut)) + "\n", encoding="utf-8")
    path = job.out / "tokenizer_config.json"
    if path.is_file():
        settings = json.loads(path.read_text(encoding="utf-8"))
        named = settings.get("added_tokens_decoder")
        if named:
            kept = {str(new[int(i)]): t for i, t in named.items() if int(i) in new}
            settings["added_tokens_decoder"] = kept
            _write(path, settings)


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
