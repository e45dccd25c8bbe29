"""A rival's answers beside ours on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from undercut.core.types import Examples
from undercut.economics.api_price import ApiPrice
from undercut.measures.paired import paired_test
from undercut.pipeline.facts import RivalFacts
from undercut.pipeline.rival.answers import Parsed, parse
from undercut.pipeline.rival.journal import Answer
from undercut.predict.predictor import Predictor

SHOWN = 3
SHOWN_LETTERS = 60


@dataclass(frozen=True)
class Answered:
    """The rows that were answered, with their answers, in the order of the sample."""

    rows: Examples
    answers: Sequence[Answer]


def certain(parsed: Sequence[Parsed], labels: int) -> np.ndarray:
    """Return log-probabilities of units that are all but certain of what was answered, ``(U, K)``.

    Args:
        parsed: the answers, in the order of the rows.
        labels: K.
    """
    units = np.concatenate([np.zeros(0, np.int64), *(p.units for p in parsed)])
    scores = np.full((len(units), labels), -60.0, np.float32)
    scores[np.arange(len(units)), units] = 0.0
    return scores


def compare(
    answered: Answered,
    task: Any,
    predictor: Predictor,
    price: ApiPrice,
    *,
    base_url: str,
    prompt: str,
    split: str,
    drawn: int,
    concurrency: int,
    notes: Sequence[str],
) -> RivalFacts:
    """Compare a rival with our model on the rows that were answered.

    An answer that the task cannot read, a refusal and a cut answer are wrong answers. The test is
    :func:`undercut.measures.paired.paired_test` over items, such as texts or sentences, with the
    rival as A and our model as B.

    Args:
        answered: at least one row.
        task: the task, which says which of our answers are right.
        predictor: our model, which has not learnt from these rows.
        price: of the rival.
        base_url: where it was asked.
        prompt: name of the prompt.
        split: where the rows are from.
        drawn: rows drawn; those not answered are left out of everything but this count.
        concurrency: requests that were under way at a time.
        notes: remarks made on the way.
    """
    rows, answers, labels = answered.rows, answered.answers, predictor.labels
    parsed = [
        parse(a.text, value, target, labels, task, refused=a.refused, cut=a.cut)
        for a, value, target in zip(answers, rows.inputs, rows.targets, strict=True)
    ]
    rival = task.judge(certain(parsed, len(labels)), rows, labels)
    own = task.judge(predictor.score(rows.inputs).log_probs, rows, labels)
    # An item without anything to be found is not right because nothing could be read.
    readable = np.repeat([p.kind == "answer" for p in parsed], [len(p.units) for p in parsed])
    rival_right = rival.right.copy()
    rival_right[rival.items[~readable]] = False
    usd = [
        price.usd(a.input_tokens, a.output_tokens, a.cached_tokens, datetime.fromisoformat(a.at))
        for a in answers
    ]
    latency = np.quantile([a.latency_ms for a in answers], [0.5, 0.95])

    def mean(name: str) -> float:
        return float(np.mean([getattr(a, name) for a in answers]))

    return RivalFacts(
        provider=price.provider,
        model=price.model,
        base_url=base_url,
        asked_at=max(a.at for a in answers)[:10],
        prompt=prompt,
        split=split,
        rows=len(rows),
        accuracy=rival.quality,
        quality_name=task.quality_name,
        own=predictor.manifest.name,
        own_accuracy=own.quality,
        versus=paired_test(rival_right, own.right),
        unparsed=sum(p.kind == "unparsed" for p in parsed),
        refused=sum(p.kind == "refused" for p in parsed),
        cut=sum(p.kind == "cut" for p in parsed),
        unanswered=drawn - len(rows),
        p50_ms=float(latency[0]),
        p95_ms=float(latency[1]),
        concurrency=concurrency,
        input_tokens=mean("input_tokens"),
        output_tokens=mean("output_tokens"),
        reasoning_tokens=mean("reasoning_tokens"),
        tokens_counted=sum(a.counted for a in answers),
        usd_per_1k=float(1000 * sum(usd, Decimal(0)) / len(usd)),
        spent_usd=float(sum((Decimal(a.usd) for a in _once(answers)), Decimal(0))),
        price=price.source,
        notes=[*notes, *_remarks(answers, parsed)],
    )


def _once(answers: Sequence[Answer]) -> list[Answer]:
    """Return each answer once: rows with the same text share one."""
    return list({a.row: a for a in answers}.values())


def _remarks(answers: Sequence[Answer], parsed: Sequence[Parsed]) -> list[str]:
    """Return what a reader of the figures should know about the answers."""
    found = []
    odd = [a.text for a, p in zip(answers, parsed, strict=True) if p.kind == "unparsed"]
    if odd:
        shown = ", ".join(repr(text[:SHOWN_LETTERS]) for text in odd[:SHOWN])
        found.append(f"Answers that are none, such as {shown}.")
    if any(p.kind == "cut" for p in parsed):
        found.append("Some answers were cut: raise --max-output-tokens.")
    counted = sum(a.counted for a in answers)
    if counted:
        found.append(
            f"The API named no usage for {counted:,} rows; their tokens are counted with o200k, "
            "hidden reasoning is not in them."
        )
    if cached := sum(a.cached_tokens for a in answers):
        part = cached / max(1, sum(a.input_tokens for a in answers))
        found.append(f"{part:.0%} of the input was read from the vendor's cache.")
    if lost := sum(a.lost for a in _once(answers)):
        found.append(f"{lost:,} tries were never answered; they may have been billed.")
    return found
