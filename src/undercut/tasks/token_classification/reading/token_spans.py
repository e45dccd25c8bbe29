"""Spans that count tokens, not characters, as GLiNER, DyGIE and W2NER files have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.keys import plain_key
from undercut.tasks.token_classification.reading.marks import Mark
from undercut.tasks.token_classification.reading.spans import marks_of
from undercut.tasks.token_classification.reading.tagged import Sentence


@dataclass
class Counted:
    """A record: sentences of tokens, and spans over the tokens of all of them.

    Attributes:
        listed: its spans list their tokens, so their ends are inclusive.
    """

    line: int
    tokens: Sequence[Sequence[str]]
    marks: list[Mark]
    listed: bool = False


def counted(
    tokens: Sequence[Sequence[str]], spans: Sequence[Any], line: int, to: Gathered
) -> Counted:
    """Return a record's spans; what is none is refused."""
    marks: list[Mark] = []
    for span in spans:
        found = _by_index(span) or marks_of(span)
        if isinstance(found, str):
            to.refuse(line, "spans with start, end and type", found)
        else:
            marks += found
    return Counted(line, tokens, marks, any(_by_index(span) for span in spans))


def _by_index(span: Any) -> list[Mark] | None:
    """Return the span of ``{"index": [3, 4, 5], "type": "X"}``, which lists its tokens."""
    if not isinstance(span, dict):
        return None
    keys = {plain_key(k): v for k, v in span.items()}
    index, kind = keys.get("index"), keys.get("type", keys.get("label"))
    if not isinstance(index, list) or not index or not isinstance(kind, str):
        return None
    if index != list(range(index[0], index[0] + len(index))):
        return None
    return [Mark(index[0], index[-1], kind)]


def settle(records: Sequence[Counted], to: Gathered) -> list[Sentence]:
    """Return the sentences with IOB2 tags; spans that nest or overlap are refused.

    Ends are inclusive where any span starts and ends on one token, for exclusive ones never do.
    """
    inclusive = any(r.listed or any(m.start == m.end for m in r.marks) for r in records)
    if any(r.marks for r in records):
        to.say(f"spans count tokens, ends are {'inclusive' if inclusive else 'exclusive'}")
    found = []
    for number, r in enumerate(records):
        size = sum(map(len, r.tokens))
        flat = [t for s in r.tokens for t in s]
        tags = ["O"] * size
        last = 0
        for m in sorted(set(r.marks), key=lambda m: (m.start, m.end)):
            end = m.end + inclusive
            if not 0 <= m.start < end <= size:
                to.refuse(r.line, f"offsets in {size} tokens", f"{m.kind} at {m.start}-{m.end}")
            elif m.start < last:
                to.refuse(
                    r.line, "entities that neither nest nor overlap",
                    f"{m.kind} {' '.join(flat[m.start:end])[:40]!r} ({m.start}-{m.end}) inside or "
                    "across another", "Keep one of them.",
                )  # fmt: skip
            else:
                tags[m.start : end] = [f"B-{m.kind}"] + [f"I-{m.kind}"] * (end - m.start - 1)
                last = end
        at = 0
        document = number if len(r.tokens) > 1 else -1
        for s in r.tokens:
            part = tags[at : at + len(s)]
            if part and part[0].startswith("I-"):
                to.refuse(r.line, "entities within one sentence", f"{part[0][2:]} across two")
            found.append(Sentence(list(s), part, [r.line] * len(s), document))
            at += len(s)
    return found
