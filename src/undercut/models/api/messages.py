"""The chat messages of one text: for sending it, and for its price."""

from __future__ import annotations

from collections.abc import Sequence


def sendable(text: str) -> str:
    """Return the text as it can be sent: lone surrogates become ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def messages(instruction: str, shots: Sequence[tuple[str, str]], text: str) -> list[dict[str, str]]:
    """Return the messages that are sent for a text.

    Args:
        instruction: the system message, the task's own; left out when empty.
        shots: ``(text, answer)`` examples, shown as earlier turns of the conversation.
        text: what is asked.
    """
    turns = [("system", instruction)] if instruction else []
    for shown, answer in shots:
        turns += [("user", shown), ("assistant", answer)]
    turns.append(("user", text))
    return [{"role": role, "content": sendable(content)} for role, content in turns]
