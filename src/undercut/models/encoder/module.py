"""The network: BERT's body, pooling and a linear head, with the published tensor names on disk.

The body is written out here instead of taken from ``transformers``: importing that library
takes 3.3 CPU-seconds, a sixth of a whole probe fit, and partial training has to start in the
middle of the stack. Attention is eager: the fused kernel's backward pass is an order of
magnitude slower for short texts on CPUs. There is no dropout.

Shapes: B texts, T tokens, D width, H heads, K labels.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from undercut.core.errors import fail
from undercut.core.types import Manifest
from undercut.models.encoder.base import WEIGHTS, Base, head_size, position_shift

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
}
NAMES = {
    "words": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "kinds": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mix": "attention.output.dense",
    "mix_norm": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "narrow_norm": "output.LayerNorm",
}
"""This module's names -> the names in published checkpoints."""
DTYPES = ("dtype", "torch_dtype")
"""Keys of ``config.json`` that name the format of the weights."""
BESIDE = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)
"""Files that go with the weights so that other libraries can open the folder."""


class Layer(nn.Module):
    """One transformer layer, normalised after each half."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        width, inner = config["hidden_size"], config["intermediate_size"]
        eps = config.get("layer_norm_eps", 1e-12)
        self.heads = config["num_attention_heads"]
        self.act = ACTIVATIONS[config.get("hidden_act", "gelu")]
        inside = self.heads * head_size(config)
        self.query, self.key, self.value = (nn.Linear(width, inside) for _ in range(3))
        self.mix = nn.Linear(inside, width)
        self.mix_norm = nn.LayerNorm(width, eps)
        self.widen, self.narrow = nn.Linear(width, inner), nn.Linear(inner, width)
        self.narrow_norm = nn.LayerNorm(width, eps)

    def forward(
        self, x: Tensor, bias: Tensor | None, past: Tensor | None = None, fused: bool = False
    ) -> Tensor:
        """Run the layer: ``(B, T, D)`` to ``(B, T, D)``.

        Args:
            x: hidden states.
            bias: ``(B, 1, 1, P + T)``, added to the attention scores.
            past: keys and values of P positions before the text, ``(2, H, P, D/H)``.
            fused: attention in torch's own kernel.
        """
        B, T, _ = x.shape
        split = (B, T, self.heads, -1)
        q = self.query(x).view(split).transpose(1, 2)  # (B, H, T, D/H)
        k = self.key(x).view(split).permute(0, 2, 3, 1)  # (B, H, D/H, T)
        v = self.value(x).view(split).transpose(1, 2)  # (B, H, T, D/H)
        if past is not None:
            k = torch.cat([past[0].transpose(1, 2).expand(B, -1, -1, -1), k], 3)
            v = torch.cat([past[1].expand(B, -1, -1, -1), v], 2)
        if fused:
            a = F.scaled_dot_product_attention(q, k.transpose(2, 3), v, bias)
        else:
            scores = (q * (1 / math.sqrt(q.shape[-1]))) @ k  # (B, H, T, P + T)
            if bias is not None:
                scores = scores + bias
            a = scores.softmax(-1) @ v
        a = a.transpose(1, 2).reshape(B, T, -1)
        x = self.mix_norm(self.mix(a) + x)
        h: Tensor = self.narrow_norm(self.narrow(self.act(self.widen(x))) + x)
        return h


class Body(nn.Module):
    """Embeddings and layers of a BERT-like model.

    Attributes:
        shift: row of the position table that a text's first token uses.
        heads: attention heads of a layer.
        prompt: gives P word vectors put before every text, ``(P, D)``: prompt tuning.
        prefix: gives keys and values put before those of every text, ``(P, L * 2 * D)``: prefix
            tuning. Both are absent in a plain model; a text's own states come out of it all the
            same.
        fused: attention in torch's own kernel instead of step by step.
        checkpointing: in training, compute a layer a second time in the backward pass instead of
            keeping what it computed (Chen et al. 2016, Training Deep Nets with Sublinear Memory
            Cost).
    """

    prompt: Callable[[], Tensor] | None
    prefix: Callable[[], Tensor] | None

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        width = config["hidden_size"]
        self.shift, self.heads = position_shift(dict(config)), config["num_attention_heads"]
        self.prompt = self.prefix = None
        self.fused = self.checkpointing = False
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.kinds = nn.Embedding(config.get("type_vocab_size", 2), width)
        self.norm = nn.LayerNorm(width, config.get("layer_norm_eps", 1e-12))
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))

    def embed(self, ids: Tensor) -> Tensor:
        """Token ids ``(B, T)`` to ``(B, T, D)``."""
        return self.place(self.words(ids))

    def place(self, words: Tensor) -> Tensor:
        """Word vectors ``(B, T, D)`` to the input of the first layer, positions added."""
        at = slice(self.shift, self.shift + words.shape[1])
        x: Tensor = self.norm(words + self.positions.weight[at] + self.kinds.weight[0])
        return x

    def climb(self, x: Tensor, mask: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """Run layers ``first`` to ``last`` (not included): ``(B, T, D)`` to ``(B, T, D)``.

        Args:
            x: hidden states below layer ``first``.
            mask: ``bool (B, T)``, true where there is a token.
            first: first layer to run.
            last: layer to stop before; all from ``first`` on if ``None``.
        """
        front, past = 0, None
        if self.prompt is not None:
            words = self.prompt().to(x.dtype)  # (P, D)
            front = len(words)
            x = torch.cat([self.front(words).expand(len(x), -1, -1), x], 1)  # (B, P + T, D)
        elif self.prefix is not None:
            past = self.past(self.prefix().to(x.dtype))  # (L, 2, H, P, D/H)
            front = past.shape[3]
        bias = None
        if mask.device.type != "cpu" or not bool(mask.all()):  # a GPU would have to wait
            lowest = torch.finfo(x.dtype).min
            bias = torch.zeros(mask.shape, dtype=x.dtype, device=x.device)
            bias = bias.masked_fill(~mask, lowest)
            bias = F.pad(bias, (front, 0))[:, None, None, :]  # (B, 1, 1, P + T)
        for i, layer in enumerate(self.layers[first:last], first):
            own = None if past is None else past[i]
            if self.checkpointing and torch.is_grad_enabled():
                x = checkpoint(layer, x, bias, own, self.fused, use_reentrant=False)
            else:
                x = layer(x, bias, own, self.fused)
        return x if self.prompt is None else x[:, front:]

    def front(self, words: Tensor) -> Tensor:
        """Word vectors ``(P, D)`` of a prompt, at the positions before the text."""
        at = slice(self.shift - len(words), self.shift)
        x: Tensor = self.norm(words + self.positions.weight[at] + self.kinds.weight[0])
        return x

    def past(self, flat: Tensor) -> Tensor:
        """Keys and values ``(P, L * 2 * D)``, in peft's order, to ``(L, 2, H, P, D/H)``."""
        return flat.view(len(flat), len(self.layers), 2, self.heads, -1).permute(1, 2, 3, 0, 4)


def pool(x: Tensor, mask: Tensor, how: str = "mean") -> Tensor:
    """Hidden states ``(B, T, D)`` to one float32 vector a text ``(B, D)``."""
    if how == "cls":
        return x[:, 0].float()
    keep = mask[..., None].float()
    return (x.float() * keep).sum(1) / keep.sum(1).clamp(min=1)


class Classifier(nn.Module):
    """Body, pooling and head; ``logits = scale * e @ weight.T + bias``.

    Args:
        body: the encoder.
        weight: ``(K, D)``.
        bias: ``(K,)``.
        pooling: ``mean`` or ``cls``.
        normalise: whether ``e`` is scaled to length 1 before the head.
        scale: factor on the dot products; 20 for a cosine head, 1 for a plain linear one.
    """

    def __init__(
        self, body: Body, weight: Tensor, bias: Tensor, pooling: str, normalise: bool, scale: float
    ) -> None:
        super().__init__()
        self.body, self.pooling, self.normalise, self.scale = body, pooling, normalise, scale
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Ids and mask ``int64 (B, T)`` to logits ``float32 (B, K)``."""
        return self.answer(self.body.embed(input_ids), attention_mask.bool())

    def answer(self, x: Tensor, mask: Tensor) -> Tensor:
        """Embedded tokens ``(B, T, D)`` to logits ``float32 (B, K)``."""
        return self.scale * (self.pooled(x, mask) @ self.weight.float().T) + self.bias.float()

    def vector(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Ids and mask ``int64 (B, T)`` to what the head reads of each text, ``float32 (B, D)``."""
        return self.pooled(self.body.embed(input_ids), attention_mask.bool())

    def pooled(self, x: Tensor, mask: Tensor) -> Tensor:
        """Embedded tokens ``(B, T, D)`` to what the head reads, ``float32 (B, D)``."""
        e = pool(self.body.climb(x, mask), mask, self.pooling)
        return F.normalize(e, dim=-1) if self.normalise else e


def load_body(folder: Path, dtype: torch.dtype = torch.float32) -> Body:
    """Read the body of a model folder, without random initialisation.

    Raises:
        UndercutError: tensors are missing or of another shape.
    """
    return body_of(folder, {k: v.to(dtype) for k, v in read_tensors(folder).items()})


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of a model folder by their published names."""
    return {_plain(k): v for k, v in load_file(Path(folder) / WEIGHTS).items()}


def body_of(folder: Path, tensors: Mapping[str, Tensor]) -> Body:
    """Make the body of a model folder around tensors, which are not copied.

    Args:
        folder: its ``config.json`` says the shape.
        tensors: by their published names.

    Raises:
        UndercutError: tensors are missing or of another shape.
    """
    config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    with torch.device("meta"):
        body = Body(config)
    wanted = {published(name): name for name in body.state_dict()}
    state = {wanted[k]: v for k, v in tensors.items() if k in wanted}
    try:
        body.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise fail(
            "base-files",
            expected="the tensors of a BERT-like model",
            found=str(error).splitlines()[-1].strip(),
            where=str(Path(folder) / WEIGHTS),
        ) from error
    return body.eval()


def published(name: str) -> str:
    """Turn a parameter name of :class:`Body` into the published one."""
    parts = name.split(".")
    if parts[0] == "layers":
        return ".".join(["encoder.layer", parts[1], NAMES[parts[2]], parts[3]])
    return f"{NAMES[parts[0]]}.{parts[1]}"


def _plain(name: str) -> str:
    """Drop the prefix of checkpoints saved with another head; mend pre-2019 norm names."""
    for prefix in ("bert.", "roberta."):
        name = name.removeprefix(prefix)
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def load_module(folder: Path, manifest: Manifest) -> Classifier:
    """Load an encoder artefact of format ``torch`` in float32."""
    head = load_file(Path(folder) / "head.safetensors")
    config = manifest.config
    return Classifier(
        load_body(folder),
        head["weight"],
        head["bias"],
        pooling=str(config.get("pooling", "mean")),
        normalise=bool(config.get("normalise", True)),
        scale=float(config.get("scale", 1.0)),
    ).eval()


def save_model(
    out: Path,
    base: Base,
    weight: np.ndarray,
    bias: np.ndarray,
    trained: Mapping[str, Tensor] | None = None,
) -> None:
    """Write an artefact's files of format ``torch``.

    The folder also opens with ``transformers.AutoModel.from_pretrained``.

    Args:
        out: folder to write to.
        base: pretrained model the body came from.
        weight: of the head, ``float32 (K, D)``.
        bias: of the head, ``float32 (K,)``.
        trained: tensors that replace those of the base, by their name in :class:`Body`;
            all others, vocabulary and pooler included, are kept as they were.
    """
    save_body(out, base, trained)
    save_arrays(
        {"weight": weight.astype(np.float32), "bias": bias.astype(np.float32)},
        str(out / "head.safetensors"),
    )


def save_body(out: Path, base: Base, trained: Mapping[str, Tensor] | None = None) -> None:
    """Write the body's weights and what goes with them; see :func:`save_model`."""
    for name in BESIDE:
        if (base.folder / name).is_file():
            shutil.copyfile(base.folder / name, out / name)
    if trained:
        tensors = {
            k: v.float() if v.is_floating_point() else v
            for k, v in read_tensors(base.folder).items()
        }
        for name, value in trained.items():
            tensors[published(name)] = value.detach().float().contiguous()
        config = {k: "float32" if k in DTYPES else v for k, v in base.config.items()}
        (out / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
        save_file(tensors, out / WEIGHTS, metadata={"format": "pt"})
    else:
        shutil.copyfile(base.folder / WEIGHTS, out / WEIGHTS)
