"""The request a rival API would need: built once, for its price and for sending it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from undercut.core.contracts import Task
from undercut.core.types import Examples
from undercut.economics.records import RequestSize
from undercut.economics.tokens import prompt_tokens, request_size
from undercut.models.api.messages import messages, sendable

NO_EXAMPLES = Examples([], [], [])


@dataclass(frozen=True)
class Prompt:
    """What is said to a language model, but for the text itself.

    Attributes:
        instruction: the system message, the task's own.
        shots: ``(text, answer)`` examples, shown as earlier turns of the conversation.
    """

    instruction: str
    shots: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Return ``zero-shot`` or ``8 examples``."""
        n = len(self.shots)
        return "zero-shot" if not n else f"{n} example" if n == 1 else f"{n} examples"

    def messages(self, text: str) -> list[dict[str, str]]:
        """Return the chat messages that are sent for a text."""
        return messages(self.instruction, self.shots, text)

    def tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Return the input tokens of each request by the o200k vocabulary, ``int64 (n,)``."""
        return prompt_tokens(self.instruction, texts, self.shots)

    def size(
        self,
        texts: Sequence[str],
        answers: Sequence[str],
    ) -> RequestSize:
        """Return the mean size of a request and of its answer; see :func:`request_size`."""
        counts = Counter(answers)
        return request_size(self.instruction, texts, counts, counts, self.shots)

    def shown(self, text: str) -> str:
        """Return the request as a page shows it: the messages, one after the other."""
        return "\n\n".join(message["content"] for message in self.messages(text))


def build(task: Task | Any, labels: Sequence[str], examples: Examples = NO_EXAMPLES) -> Prompt:
    """Return the prompt of a task.

    Args:
        task: the task, whose ``rival_prompt`` is the instruction.
        labels: the label space.
        examples: labelled rows to show; none for zero-shot.
    """
    shots = tuple(
        (sendable(task.text(value)), task.rival_answer(value, target))
        for value, target in zip(examples.inputs, examples.targets, strict=True)
    )
    return Prompt(sendable(task.rival_prompt(labels)), shots)
