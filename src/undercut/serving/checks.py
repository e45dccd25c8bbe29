"""What a text must be before the model sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from undercut.serving.options import Limits
from undercut.serving.problems import ApiError
from undercut.serving.schemas import PredictBody

SHOWN = 10


def estimate_tokens(text: str) -> int:
    """Estimate tokens as UTF-8 bytes / 4, rounded up, at least 1.

    English subword vocabularies average about 4 characters a token; Chinese has 3 bytes a
    character and about one token, so that the same rule is within a third of it.
    """
    return max(1, -(-len(text.encode()) // 4))


def texts_of(body: PredictBody, limits: Limits) -> list[str]:
    """Return the texts of a request.

    Raises:
        ApiError: 422 naming every text (the first ten) that is empty, too long or holds NUL;
            or too many texts.
    """
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    if not 1 <= len(texts) <= limits.request_inputs:
        raise ApiError(
            422,
            "inputs-count",
            f"expected 1 to {limits.request_inputs} inputs; found {len(texts)}",
            "Send them in several requests." if texts else "Send at least one text.",
        )
    problems = list(_problems(texts, limits.text_characters))
    if problems:
        more = len(problems) - SHOWN
        tail = [f"and {more} more"] if more > 0 else []
        raise ApiError(
            422,
            "inputs-invalid",
            "; ".join(problems[:SHOWN] + tail),
            f"Send texts of 1 to {limits.text_characters} characters without NUL.",
        )
    return texts


def _problems(texts: Sequence[str], longest: int) -> Iterator[str]:
    for i, text in enumerate(texts):
        if not text.strip():
            yield f"inputs[{i}] is empty"
        elif len(text) > longest:
            yield f"inputs[{i}] has {len(text)} characters, more than {longest}"
        elif "\0" in text:
            yield f"inputs[{i}] holds a NUL character"
