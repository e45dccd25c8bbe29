"""What a text must be before the model sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from undercut.serving.options import Limits
from undercut.serving.problems import ApiError

SHOWN = 10


def estimate_tokens(text: str) -> int:
    """Estimate tokens as UTF-8 bytes / 4, rounded up, at least 1.

    English subword vocabularies average about 4 characters a token; Chinese has 3 bytes a
    character and about one token, so that the same rule is within a third of it.
    """
    return max(1, -(-len(text.encode()) // 4))


def checked(texts: list[str], limits: Limits, field: str = "input") -> list[str]:
    """Return the texts of a request.

    Args:
        texts: as they were sent.
        limits: what is accepted.
        field: where they stood in the body.

    Raises:
        ApiError: 422 naming every text (the first ten) that is empty, too long or holds NUL;
            or too many texts.
    """
    if not 1 <= len(texts) <= limits.request_inputs:
        raise ApiError(
            422,
            "inputs-count",
            f"expected 1 to {limits.request_inputs} inputs; found {len(texts)}",
            "Send them in several requests." if texts else "Send at least one text.",
            param=field,
        )
    problems = list(_problems(texts, limits.text_characters, field))
    if problems:
        more = len(problems) - SHOWN
        tail = [f"and {more} more"] if more > 0 else []
        raise ApiError(
            422,
            "inputs-invalid",
            "; ".join(problems[:SHOWN] + tail),
            f"Send texts of 1 to {limits.text_characters} characters without NUL.",
            param=field,
        )
    return texts


def _problems(texts: Sequence[str], longest: int, field: str) -> Iterator[str]:
    for i, text in enumerate(texts):
        at = f"{field}[{i}]"
        if not text.strip():
            yield f"{at} is empty"
        elif len(text) > longest:
            yield f"{at} has {len(text)} characters, more than {longest}"
        elif "\0" in text:
            yield f"{at} holds a NUL character"
