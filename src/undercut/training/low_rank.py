"""What LoRA and AdaLoRA share: which layers, their names in peft's files, and merged weights."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor, nn

from undercut.models.adapted.attach import ROOT
from undercut.models.adapted.files import published_name
from undercut.models.encoder.module import Body, load_body, published
from undercut.training.job import Work

TARGETS = {
    "attention": ("query", "key", "value", "mix"),
    "query-value": ("query", "value"),
    "all": ("query", "key", "value", "mix", "widen", "narrow"),
}
"""Linear layers that get a term of low rank, by their names in the body."""
TERM = re.compile(r"(?P<layer>.+)\.lora_(?P<part>[ABE])\.default(?P<end>\.weight)?")
"""Name of a low-rank parameter in a body that peft has changed."""


def trained(name: str) -> bool:
    """Return whether a parameter is one of the low-rank terms."""
    return TERM.fullmatch(name) is not None


def peft_settings(work: Work, config: Any, targets: tuple[str, ...]) -> dict[str, Any]:
    """Return ``adapter_config.json`` for the published model.

    Args:
        work: the job.
        config: peft's configuration.
        targets: names of layers in the body.
    """
    names = [published_layer(f"layers.0.{t}").removeprefix("encoder.layer.0.") for t in targets]
    inside = "|".join(map(re.escape, names))
    settings = config.to_dict() | {
        "base_model_name_or_path": published_name(work.base, work.job.base),
        "target_modules": rf"(.*\.)?encoder\.layer\.\d+\.({inside})",
        "inference_mode": True,
    }
    return {k: sorted(v) if isinstance(v, set) else v for k, v in settings.items()}


def published_term(name: str) -> str:
    """Return a low-rank parameter's name in peft's files from its name in the body."""
    found = TERM.fullmatch(name)
    assert found is not None
    return f"{ROOT}{published_layer(found['layer'])}.lora_{found['part']}{found['end'] or ''}"


def published_layer(name: str) -> str:
    """Return the published name of a linear layer of the body."""
    return published(f"{name}.weight").removesuffix(".weight")


def merged_weights(work: Work, tensors: dict[str, Tensor], factor: float) -> dict[str, Tensor]:
    """Return the weights of the changed layers with their terms added, by their names in the body.

    Args:
        work: the job; the base's weights are read again, exact.
        tensors: trained terms, by their names in the changed body.
        factor: of the products.
    """
    body = load_body(work.base.folder)
    terms: dict[str, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        found = TERM.fullmatch(name)
        assert found is not None
        terms.setdefault(found["layer"], {})[found["part"]] = value
    done = {}
    for layer, t in terms.items():
        a = t["A"] * t["E"] if "E" in t else t["A"]
        done[f"{layer}.weight"] = _weight(body, layer) + factor * (t["B"] @ a)
    return done


def _weight(body: Body, layer: str) -> Tensor:
    module = body.get_submodule(layer)
    assert isinstance(module, nn.Linear)
    return module.weight.detach()
