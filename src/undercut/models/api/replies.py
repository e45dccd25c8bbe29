"""What a chat-completion server sends back, read without trust: answers, refusals, complaints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from undercut.core.errors import UndercutError, fail
from undercut.measures.words import one_line
from undercut.models.api.address import Address
from undercut.models.api.messages import sendable

LONGEST_TEXT = 4000
LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        text: what the model wrote, at most 4,000 characters.
        refused: the model or the vendor's filter refused.
        cut: the answer met its longest length.
        usage: input, output, reasoning and cached tokens; ``None`` when not given.
    """

    text: str
    refused: bool = False
    cut: bool = False
    usage: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Refused:
    """A filter turned the request away before a model read it, so nothing was billed."""

    message: str

    def reply(self) -> Reply:
        """Return it as an answer of no tokens."""
        return Reply(clip(self.message, LONGEST_TEXT), refused=True, usage=(0, 0, 0, 0))


def clip(text: str, most: int) -> str:
    """Return a text that can be written anywhere, cut at ``most`` characters."""
    return sendable(text[:most])


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read_reply(content: bytes, address: Address) -> Reply | int:
    """Read the body of a 200; some gateways put an error there, whose status is returned.

    Raises:
        UndercutError: it is no chat completion.
    """
    document = _object(content)
    if document is not None and isinstance(document.get("error"), dict):
        code = document["error"].get("code")
        return code if isinstance(code, int) and code >= 400 else 500
    choice = (document or {}).get("choices")
    choice = choice[0] if isinstance(choice, list) and choice else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if document is None or not isinstance(choice, dict) or not isinstance(message, dict):
        start = content[:60].decode("utf-8", "replace")
        raise fail(
            "rival-answer",
            expected="a chat completion in JSON, with choices[0].message",
            found=repr(address.hide(start)),
            where=address.url,
            fix="Most servers want an address that ends in /v1.",
        )
    finish = choice.get("finish_reason")
    refusal = message.get("refusal")
    text = refusal if isinstance(refusal, str) and refusal else _text(message.get("content"))
    return Reply(
        text=clip(address.hide(text), LONGEST_TEXT),
        refused=bool(refusal) or finish == "content_filter",
        cut=finish == "length",
        usage=_usage(document.get("usage")),
    )


def _text(content: Any) -> str:
    """Return the text of a message, which may come in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [p.get("text") for p in parts if isinstance(p, dict)]
    return "".join(t for t in texts if isinstance(t, str))


def _usage(usage: Any) -> tuple[int, int, int, int] | None:
    """Return input, output, reasoning and cached tokens when both main counts make sense.

    Output holds reasoning in OpenAI's form. A server that lists more reasoning than output counts
    it apart, and it is added.
    """
    if not isinstance(usage, dict):
        return None
    read, write = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if not read or write is None:
        return None
    hidden = _count(usage.get("completion_tokens_details"), "reasoning_tokens") or 0
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens") or 0
    return read, write if hidden <= write else write + hidden, hidden, min(cached, read)


def _count(table: Any, name: str) -> int | None:
    value = table.get(name) if isinstance(table, dict) else None
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
    return value if good else None


def message_of(content: bytes) -> tuple[str, str, str]:
    """Return message, code and parameter of an error body, as far as there are any."""
    document = _object(content) or {}
    error = document.get("error", document)
    if isinstance(error, str):
        return one_line(clip(error, LONGEST_MESSAGE)), "", ""
    if not isinstance(error, dict):
        return "", "", ""
    words = [error.get(name) for name in ("message", "code", "param")]
    message, code, parameter = (w if isinstance(w, str) else "" for w in words)
    message = one_line(clip(message or str(error.get("detail") or ""), LONGEST_MESSAGE))
    return message, code, parameter


def fatal(status: int, code: str, message: str, address: Address, model: str) -> UndercutError:
    """Return the error for an answer that no further try would change."""
    found = f"status {status}" + (f": {message.rstrip('.')}" if message else "")
    where = address.url
    if status in (401, 403):
        fix = "Check the variable named by --key-env, and that its key may use this model."
        return fail("rival-key", expected="a key it accepts", found=found, where=where, fix=fix)
    if status == 402 or code in ("insufficient_quota", "billing_hard_limit_reached"):
        fix = "Answers so far are kept; the same command goes on once there is credit."
        return fail("rival-credit", expected="credit left", found=found, where=where, fix=fix)
    if status in (404, 405) or 300 <= status < 400:
        expected = f"an address with /chat/completions below it, and the model '{model}'"
        fix = "Most servers want an address that ends in /v1; check the model id as well."
        return fail("rival-address", expected=expected, found=found, where=where, fix=fix)
    return fail("rival-request", expected="a request it accepts", found=found, where=where)
