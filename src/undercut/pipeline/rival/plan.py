"""What is to be asked: the request, the answers kept from before, the rest and its estimate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from undercut.core.specs_rival import RivalSpec
from undercut.economics.api_price import ApiPrice
from undercut.models.api.messages import sendable
from undercut.pipeline.rival.ask import Row
from undercut.pipeline.rival.bill import Bill
from undercut.pipeline.rival.budget import Estimate, estimate, token_ratio
from undercut.pipeline.rival.compare import Answered
from undercut.pipeline.rival.journal import Journal, row_key
from undercut.pipeline.rival.prompt import Prompt
from undercut.pipeline.rival.sample import Sample
from undercut.pipeline.workspace import Workspace


@dataclass
class Work:
    """What is to be done: the rows, the journal, what is paid, and what is left."""

    sample: Sample
    prompt: Prompt
    price: ApiPrice
    journal: Journal
    bill: Bill
    body: dict[str, Any]
    rows: list[Row]
    left: Estimate
    spent: Decimal
    ratio: float
    asked_now: int = 0

    def answered(self) -> Answered:
        """Return the answered rows of the sample, in its order."""
        answers = self.journal.answers
        keys = [row_key(text) for text in self.sample.texts]
        at = [i for i, key in enumerate(keys) if key in answers]
        return Answered(self.sample.rows.take(at), [answers[keys[i]] for i in at])


def plan(
    spec: RivalSpec,
    price: ApiPrice,
    url: str,
    sample: Sample,
    prompt: Prompt,
    workspace: Workspace,
    answer_tokens: float,
) -> Work:
    """Find what has been answered, catch the ledger up with it, and estimate the rest.

    Args:
        spec: the verb's spec.
        price: of the model.
        url: checked address of the API.
        sample: the rows drawn.
        prompt: what is sent with each.
        workspace: where answers are kept and billed.
        answer_tokens: mean tokens of an answer that is nothing else.
    """
    body: dict[str, Any] = {
        "model": sendable(spec.model),
        "temperature": 0,
        "max_tokens": spec.max_output_tokens,
    }
    if spec.reasoning_effort:
        body["reasoning_effort"] = sendable(spec.reasoning_effort)
    request = {
        "base_url": url,
        "instruction": prompt.instruction,
        "examples": [list(shot) for shot in prompt.shots],
        "body": body,
    }
    journal = Journal(spec.workspace, request)
    bill = Bill(workspace.book, journal.key, f"{price.model}; {price.source}")
    for answer in journal.answers.values():
        bill.add(answer)
    texts = sample.texts
    rows = {
        row_key(text): Row(row_key(text), text, int(n))
        for text, n in zip(texts, prompt.tokens(texts), strict=True)
    }
    known = [(row.tokens, journal.answers[k]) for k, row in rows.items() if k in journal.answers]
    todo = [row for key, row in rows.items() if key not in journal.answers]
    left = estimate(price, [row.tokens for row in todo], answer_tokens, known, datetime.now(UTC))
    spent = sum((Decimal(a.usd) for _, a in known), Decimal(0))
    return Work(sample, prompt, price, journal, bill, body, todo, left, spent, token_ratio(known))
