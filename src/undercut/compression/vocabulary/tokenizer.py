"""A tokenizer with fewer pieces: which stay, and the ``tokenizer.json`` that has only these.

What the kept pieces already wrote is written the same. A WordPiece takes the longest piece that
fits, a Unigram the best path, a BPE the merges in order: pieces and merges that took no part in a
text's reading can go without changing it. Other words are spelled with smaller pieces, down to
single characters (bytes in a byte-level BPE), which always stay.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from undercut.core.errors import fail

MODELS = ("WordPiece", "Unigram", "BPE")
SPACE = "\u2581"


def pieces(document: dict[str, Any]) -> list[str]:
    """Return the pieces of a ``tokenizer.json`` by their ids; gaps are empty strings."""
    model = document["model"]
    kind = model.get("type") or "WordPiece"
    if kind not in MODELS:
        raise fail(
            "vocabulary-tokenizer",
            expected=f"a tokenizer of kind {', '.join(MODELS)}",
            found=str(kind),
        )
    if isinstance(model["vocab"], list):
        table = {piece: i for i, (piece, _) in enumerate(model["vocab"])}
    else:
        table = dict(model["vocab"])
    table |= {t["content"]: t["id"] for t in document.get("added_tokens", [])}
    found = [""] * (max(table.values()) + 1)
    for piece, i in table.items():
        found[i] = piece
    return found


def kept_ids(document: dict[str, Any], used: Iterable[int], share: float, pad_id: int) -> list[int]:
    """Return the ids of the pieces that stay, rising.

    Args:
        document: the ``tokenizer.json``.
        used: ids that the rows use.
        share: of all pieces, kept at least; the files list pieces by how frequent they are.
        pad_id: id of padding; it and those below it keep their ids.
    """
    names = pieces(document)
    prefix = document["model"].get("continuing_subword_prefix") or "\0"
    special = {t["id"] for t in document.get("added_tokens", [])}
    keep = special | set(map(int, used)) | set(range(pad_id + 1))
    keep |= {i for i, p in enumerate(names) if len(_bare(p, prefix)) == 1 or _is_byte(p)}
    unknown = _unknown(document, names)
    if unknown is not None:
        keep.add(unknown)
    wanted = round(share * len(names))
    for i, p in enumerate(names):
        if len(keep) >= wanted:
            break
        if p and not (p.startswith("[unused") and p.endswith("]")):
            keep.add(i)
    return sorted(_with_parts(document, names, keep))


def rewritten(document: dict[str, Any], keep: list[int]) -> dict[str, Any]:
    """Return the ``tokenizer.json`` with the pieces of ``keep`` only, numbered in their order."""
    new = {old: i for i, old in enumerate(keep)}
    names = pieces(document)
    kept = {names[i] for i in keep}
    made = copy.deepcopy(document)
    model = made["model"]
    if isinstance(model["vocab"], list):
        model["vocab"] = [row for i, row in enumerate(model["vocab"]) if i in new]
        if model.get("unk_id") is not None:
            model["unk_id"] = new[model["unk_id"]]
    else:
        model["vocab"] = {p: new[i] for p, i in model["vocab"].items() if i in new}
    if "merges" in model:
        model["merges"] = [m for m in model["merges"] if set(_three(m)) <= kept]
    for token in made.get("added_tokens", []):
        token["id"] = new[token["id"]]
    _renumber(made.get("post_processor"), new)
    if made.get("padding"):
        made["padding"]["pad_id"] = new.get(made["padding"]["pad_id"], 0)
    return made


def _bare(piece: str, prefix: str) -> str:
    return piece.removeprefix(prefix).removeprefix(SPACE) or piece


def _is_byte(piece: str) -> bool:
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def _unknown(document: dict[str, Any], names: list[str]) -> int | None:
    model = document["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    token = model.get("unk_token")
    return names.index(token) if token in names else None


def _three(merge: Any) -> tuple[str, str, str]:
    """Return both parts of a merge and what they make."""
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right, left + right


def _with_parts(document: dict[str, Any], names: list[str], keep: set[int]) -> set[int]:
    """Return ``keep`` with the parts that a BPE makes its pieces of, down to characters."""
    if "merges" not in document["model"]:
        return keep
    made: dict[str, list[tuple[str, str]]] = {}
    for merge in document["model"]["merges"]:
        left, right, whole = _three(merge)
        made.setdefault(whole, []).append((left, right))
    at = {p: i for i, p in enumerate(names)}
    waiting = [names[i] for i in keep]
    whole_set = set(keep)
    while waiting:
        for pair in made.get(waiting.pop(), []):
            for part in pair:
                if part in at and at[part] not in whole_set:
                    whole_set.add(at[part])
                    waiting.append(part)
    return whole_set


def _renumber(processor: Any, new: dict[int, int]) -> None:
    """Give the ids inside a post-processor their new numbers, in place."""
    if not isinstance(processor, dict):
        return
    for inner in processor.get("processors", []):
        _renumber(inner, new)
    for token in (processor.get("special_tokens") or {}).values():
        token["ids"] = [new[i] for i in token["ids"]]
    for end in ("sep", "cls"):
        if isinstance(processor.get(end), list):
            processor[end] = [processor[end][0], new[processor[end][1]]]
