"""What a key is told of an answer, where its limits say less than all: a model is an asset.

With every probability to six decimals a copy can be fitted to a model's answers with far fewer
questions than with the answer alone (Tramer et al., Stealing Machine Learning Models via
Prediction APIs, USENIX Security 2016, sections 4 and 7).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from pydantic import BaseModel

from undercut.serving.key_record import ApiKey
from undercut.serving.keys import KeyStore
from undercut.serving.plans import KeyLimits


def marks_of(keys: KeyStore | None, key: ApiKey | None, texts: Sequence[str]) -> Iterator[str]:
    """Yield what stands for each text of a key in the store; it says nothing about the text."""
    if keys is not None and key is not None:
        for text in texts:
            yield keys.mark(key.id.encode(), b"text", text.encode("utf-8", "surrogatepass"))


def told(predictions: Sequence[Any], limits: KeyLimits | None) -> Sequence[Any]:
    """Return answers as a key may see them, of whatever task."""
    if limits is None or not limits.narrows:
        return predictions
    return [_told(p, limits) for p in predictions]


def _told(value: Any, limits: KeyLimits) -> Any:
    """Round every number and keep the likeliest labels, in records and lists of them."""
    if isinstance(value, float):
        places = limits.probability_decimals
        return value if places is None else round(value, places)
    if isinstance(value, BaseModel):
        return value.model_copy(update={k: _told(v, limits) for k, v in value})
    if isinstance(value, list):
        return [_told(v, limits) for v in value]
    if isinstance(value, dict):
        kept = list(value.items())
        if limits.most_labels is not None:
            kept = heapq.nlargest(limits.most_labels, kept, key=itemgetter(1))
        return {k: _told(v, limits) for k, v in kept}
    return value
