"""What prompt and prefix tuning share: room for virtual tokens, and their files."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from undercut.core.errors import fail
from undercut.models.adapted.attach import PROMPT, put_virtual
from undercut.models.adapted.files import published_name
from undercut.models.adapted.training import AdaptedNetwork
from undercut.models.encoder.module import Body
from undercut.training.adapted import Change
from undercut.training.job import Work

LEAST_TEXT = 8
"""Tokens of a text that must still fit."""


def shape(work: Work, body: Body) -> dict[str, Any]:
    """Return the arguments that peft's configurations of virtual tokens share.

    Raises:
        UndercutError: the base's position table has no room for a text beside them.
    """
    count, longest = work.job.options.tokens, work.base.longest
    if count + LEAST_TEXT > longest:
        raise fail(
            "adapter-tokens",
            expected=f"at most {longest - LEAST_TEXT} virtual tokens for a base of {longest}",
            found=str(count),
            where="tokens",
        )
    return {
        "num_virtual_tokens": count,
        "token_dim": work.base.width,
        "num_layers": len(body.layers),
        "num_attention_heads": body.heads,
        "num_transformer_submodules": 1,
        "task_type": "FEATURE_EXTRACTION",
    }


def virtual_change(work: Work, body: Body, where: str, config: Any, rows: Tensor) -> Change:
    """Put virtual tokens into a body.

    Args:
        work: the job; its front end leaves room for them.
        body: the body.
        where: ``prompt`` or ``prefix``.
        config: peft's configuration.
        rows: where they start.
    """
    assert isinstance(work.network, AdaptedNetwork)
    network = work.network
    network.limit(work.base.longest - len(rows))
    put_virtual(body, where, rows.clone())

    def mend(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        named = published_name(work.base, work.job.base)
        network.settings = config.to_dict() | {
            "base_model_name_or_path": named,
            "inference_mode": True,
        }
        return {PROMPT: tensors[f"{where}.embedding.weight"]}

    return Change(lambda name: name.startswith(f"{where}."), mend)
