"""Put a difference read from an adapter folder onto a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn

from undercut.core.errors import fail
from undercut.models.adapted.files import WEIGHTS, kind_of, settings_of
from undercut.models.adapted.layers import Bottleneck, LowRank, Virtual
from undercut.models.encoder.module import Body, published

ROOT = "base_model.model."
"""What peft puts before the names of a model's own modules."""
PROMPT = "prompt_embeddings"
"""Name of the virtual tokens in peft's files."""
RANK_SLACK = 1e-5
"""What peft adds to AdaLoRA's rank before it divides by it."""


def attach(body: Body, folder: Path) -> Body:
    """Change ``body`` into the adapted encoder in ``folder``; shared parameters stay as they are.

    Raises:
        UndercutError: a kind of adapter this version does not know.
    """
    settings, tensors = settings_of(folder), load_file(Path(folder) / WEIGHTS)
    kind = kind_of(settings)
    if kind in ("LORA", "ADALORA"):
        _low_rank(body, settings, tensors)
    elif kind in ("HOULSBY", "BITFIT"):
        for owner, name, linear, key in linears(body):
            if f"{key}.adapter.down.weight" in tensors:
                add = Bottleneck(linear, len(tensors[f"{key}.adapter.down.bias"]))
                for own, value in add.own().items():
                    value.data = tensors[f"{key}.{own}"]
                setattr(owner, name, add)
        _replace(body, tensors)
    elif kind in ("PREFIX_TUNING", "PROMPT_TUNING"):
        put_virtual(body, "prefix" if kind.startswith("PREFIX") else "prompt", tensors[PROMPT])
    else:
        raise fail(
            "adapter-kind",
            expected="LORA, ADALORA, PREFIX_TUNING, PROMPT_TUNING, HOULSBY or BITFIT",
            found=kind,
            where=str(folder),
        )
    return body


def put_virtual(body: Body, where: str, rows: Tensor) -> Virtual:
    """Put virtual tokens before every text, as ``prefix`` or ``prompt``; positions move on."""
    virtual = Virtual(rows)
    setattr(body, where, virtual)
    body.shift += len(rows)
    return virtual


def linears(body: Body) -> Iterator[tuple[nn.Module, str, nn.Linear, str]]:
    """Yield the linear layers with their owner, their name in it, and their published name."""
    for i, layer in enumerate(body.layers):
        for name, module in list(layer.named_children()):
            if isinstance(module, nn.Linear):
                key = published(f"layers.{i}.{name}.weight").removesuffix(".weight")
                yield layer, name, module, key


def _low_rank(body: Body, settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    ada = settings["peft_type"] == "ADALORA"
    for owner, name, linear, key in linears(body):
        end = "" if ada else ".weight"
        a = tensors.get(f"{ROOT}{key}.lora_A{end}")
        if a is None:
            continue
        b = tensors[f"{ROOT}{key}.lora_B{end}"]
        if ada:
            a = a * tensors[f"{ROOT}{key}.lora_E"]
            factor = settings["lora_alpha"] / (settings["init_r"] + RANK_SLACK)
        else:
            factor = settings["lora_alpha"] / settings["r"]
        if len(a):
            setattr(owner, name, LowRank(linear, a, b * factor))


def _replace(body: Body, tensors: Mapping[str, Tensor]) -> None:
    """Give parameters of this body the values in a file; the base's own stay as they are."""
    inside = [n for n, m in body.named_modules() if isinstance(m, Bottleneck)]
    for name, _ in list(body.named_parameters()):
        if not name.startswith(tuple(f"{n}." for n in inside)) and published(name) in tensors:
            owner, _, own = name.rpartition(".")
            setattr(body.get_submodule(owner), own, nn.Parameter(tensors[published(name)]))
