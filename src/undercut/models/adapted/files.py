"""Files of an adapted encoder, and its base found again by its hash. No torch.

``adapter_config.json`` and ``adapter_model.safetensors`` are in peft's own format where peft has
the method (LoRA, AdaLoRA, prefix and prompt tuning), so that
``PeftModel.from_pretrained(base, folder)`` opens the folder; bottleneck adapters and trained
biases are written alike, with ``adapter_type`` in place of ``peft_type``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from undercut.core.errors import IntegrityError, Problem, UndercutError, fail
from undercut.core.types import Manifest
from undercut.models.encoder.base import ALIASES, Base, file_sha256, resolve

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
HEAD = "head.safetensors"
BASE = "base"
"""Folder inside or beside an artefact in which its base is looked for as well."""


def settings_of(folder: Path) -> dict[str, Any]:
    """Return ``adapter_config.json``."""
    found: dict[str, Any] = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    return found


def kind_of(settings: dict[str, Any]) -> str:
    """Return what the difference is: peft's type, or ``HOULSBY`` or ``BITFIT``."""
    return str(settings.get("peft_type") or settings.get("adapter_type"))


def published_name(base: Base, given: str) -> str:
    """Return what other libraries should call a base: its hub id, or where it lies."""
    alias = ALIASES.get(base.ref.name)
    if alias is not None:
        return alias.hub
    return str(base.folder) if Path(given).expanduser().is_dir() else given


def find_base(folder: Path, manifest: Manifest) -> Base:
    """Return the base an adapted encoder was made from.

    Looked for among the bundled models, where it was when the model was fitted, and in a folder
    ``base`` in or beside the artefact.

    Raises:
        UndercutError: none of them has the SHA-256 the manifest names.
        IntegrityError: its tokenizer is another one now.
    """
    wanted = str(manifest.config.get("base", ""))
    looked = []
    for place in _places(Path(folder), wanted):
        try:
            base = resolve(place)
        except UndercutError as error:
            looked.append(f"{place}: {error.problems[0].found}")
            continue
        if base.sha256 != wanted:
            looked.append(f"{place}: SHA-256 {base.sha256[:12]}")
            continue
        tokenizer = file_sha256(base.folder / "tokenizer.json")
        if tokenizer != manifest.config.get("tokenizer"):
            raise IntegrityError(
                "adapter-base",
                Problem(
                    "the tokenizer this model was fitted with",
                    f"SHA-256 {tokenizer[:12]}",
                    str(base.folder / "tokenizer.json"),
                ),
            )
        return base
    named = manifest.base.name if manifest.base else ""
    raise fail(
        "adapter-base",
        expected=f"the base model '{named}' with SHA-256 {wanted[:12]}",
        found="; ".join(looked) or "none",
        where=str(folder),
        fix=f"Put the folder of the base at {Path(folder).parent / BASE}.",
    )


def _places(folder: Path, wanted: str) -> Iterator[str]:
    yield from (name for name, alias in ALIASES.items() if alias.sha256 == wanted)
    for near in (folder / BASE, folder.parent / BASE):
        if near.is_dir():
            yield str(near)
    yield str(settings_of(folder).get("base_model_name_or_path", ""))
