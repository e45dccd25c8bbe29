"""Every answer paid for, one JSON line each, flushed to the disk before the next is asked for.

The folder is named by the content of the request: address, model, prompt and parameters. A row
is named by its text. So a killed run goes on, the same text is never paid for twice, and another
prompt is another journal.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from undercut.core.errors import IntegrityError, Problem
from undercut.store.files import content_hash, write_json

ANSWERS = "answers.jsonl"
REQUEST = "request.json"


@dataclass(frozen=True)
class Answer:
    """One answered row.

    Attributes:
        row: what the row is named by, see :func:`row_key`.
        text: what the API wrote.
        refused, cut: said by the API: it refuses; the answer met its longest length.
        input_tokens, output_tokens: billed tokens; output holds hidden reasoning.
        reasoning_tokens, cached_tokens: of these, hidden reasoning and input read from a cache.
        counted: the API named no usage, so tokens were counted offline.
        usd: what it cost at the price of that moment, as decimal text.
        latency_ms: of the try that was answered, milliseconds.
        tries: requests sent, this one included.
        lost: of these, sent but not answered: nobody knows whether they were billed.
        at: ISO time of the answer.
    """

    row: str
    text: str
    refused: bool
    cut: bool
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    counted: bool
    usd: str
    latency_ms: float
    tries: int
    lost: int
    at: str


def row_key(text: str) -> str:
    """Return what a row is named by: the hash of its text."""
    return content_hash(text)[:16]


class Journal:
    """Answers to one request in one workspace.

    Args:
        workspace: root of the workspace.
        request: address, model, prompt and parameters; JSON values, no key among them.

    Attributes:
        key: the request's name.
        answers: by row, in the order they came.

    Raises:
        IntegrityError: the journal was edited.
    """

    def __init__(self, workspace: Path, request: dict[str, Any]) -> None:
        self.key = content_hash(request)[:16]
        self.folder = workspace / "rivals" / self.key
        self.path = self.folder / ANSWERS
        self.answers: dict[str, Answer] = {}
        self._request = request
        if self.path.is_file():
            self._read()

    def _read(self) -> None:
        data = self.path.read_bytes()
        whole, _, torn = data.rpartition(b"\n")
        if torn:  # a kill in the middle of a line: the line was not finished, so it goes
            with self.path.open("r+b") as f:
                f.truncate(len(data) - len(torn))
        for number, line in enumerate(whole.split(b"\n") if whole else [], 1):
            try:
                answer = Answer(**json.loads(line))
            except (ValueError, TypeError) as e:
                raise IntegrityError(
                    "rival-journal",
                    Problem(
                        "an answer as it was written",
                        f"something else ({type(e).__name__})",
                        f"{self.path}:{number}",
                        "Delete that line; its row is asked again.",
                    ),
                ) from None
            self.answers.setdefault(answer.row, answer)

    def append(self, answer: Answer) -> None:
        """Keep an answer; on return it is on the disk, whole, or on an error not at all."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True)
            write_json(self.folder / REQUEST, self._request)
        line = (json.dumps(asdict(answer), ensure_ascii=False) + "\n").encode()
        with self.path.open("ab", buffering=0) as f:
            before = os.fstat(f.fileno()).st_size
            try:
                while line:
                    line = line[f.write(line) :]
                os.fsync(f.fileno())
            except BaseException:
                f.truncate(before)
                raise
        self.answers[answer.row] = answer
