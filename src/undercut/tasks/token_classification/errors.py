"""Where entities are wrong: missed, made up, of another type, or with other borders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from undercut.measures.record import Confusion, Mistake
from undercut.tasks.token_classification.align import Batch, Spans
from undercut.tasks.token_classification.found import Found, Matched

NOTHING = "(nothing)"
BORDERS = "{}, other borders"
MOST_CONFUSIONS = 50
MOST_MISTAKES = 200
AROUND = 120

Pair = tuple[int | None, int | None]


def pair(matched: Matched) -> list[Pair]:
    """Return wrong entities: missed ones beside the answer that overlaps most, if any.

    Each entity, missed or made up, is in one pair; ``None`` stands for nothing on that side.
    """
    wrong: dict[int, list[int]] = defaultdict(list)
    for j in np.flatnonzero(~matched.hit_answered).tolist():
        wrong[int(matched.answered.owner[j])].append(j)
    pairs: list[Pair] = []
    used: set[int] = set()
    for i in np.flatnonzero(~matched.hit_gold).tolist():
        near = [
            (_overlap(matched.gold, i, matched.answered, j), -j)
            for j in wrong[int(matched.gold.owner[i])]
            if j not in used
        ]
        most, at = max(near, default=(0, 0))
        pairs.append((i, -at if most > 0 else None))
        if most > 0:
            used.add(-at)
    spurious = [j for rows in wrong.values() for j in rows if j not in used]
    return pairs + [(None, j) for j in spurious]


def _overlap(a: Spans, i: int, b: Spans, j: int) -> int:
    return int(min(a.ends[i], b.ends[j]) - max(a.starts[i], b.starts[j]))


def confusions(pairs: Sequence[Pair], matched: Matched, types: Sequence[str]) -> list[Confusion]:
    """Return how often entities of one type were answered as what, largest first."""
    counts: Counter[tuple[str, str]] = Counter()
    for i, j in pairs:
        target = NOTHING if i is None else types[matched.gold.kinds[i]]
        answer = NOTHING if j is None else types[matched.answered.kinds[j]]
        counts[target, BORDERS.format(answer) if target == answer else answer] += 1
    ranked = sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:MOST_CONFUSIONS]
    return [Confusion(target=t, answer=a, count=n) for (t, a), n in ranked]


def mistakes(
    pairs: Sequence[Pair],
    matched: Matched,
    batch: Batch,
    found: Found,
    scores: np.ndarray,
    sure: np.ndarray,
    types: Sequence[str],
    rows: Sequence[str],
) -> list[Mistake]:
    """Return wrong entities, the most confident first.

    The confidence in having found nothing is that of the least certain word of what was missed.

    Args:
        pairs: from :func:`pair`.
        matched: the entities.
        batch: the words.
        found: what the model says.
        scores: log-probabilities ``(U, K)``.
        sure: probability of each entity answered.
        types: their names.
        rows: ``file:line`` of each input, or empty.
    """
    listed = []
    for i, j in pairs:
        if j is not None:
            p = float(sure[j])
        else:
            assert i is not None
            p = _missed(matched.gold, i, batch, found, scores)
        listed.append((p, i, j))
    listed.sort(key=lambda m: -m[0])
    told = []
    for p, i, j in listed[:MOST_MISTAKES]:
        spans, k = (matched.gold, i) if i is not None else (matched.answered, j)
        assert k is not None
        owner = int(spans.owner[k])
        text = batch.words[owner].text
        told.append(
            Mistake(
                row=str(rows[owner]) if len(rows) else "",
                text=_context(text, int(spans.starts[k]), int(spans.ends[k])),
                target=_named(text, matched.gold, i, types),
                answer=_named(text, matched.answered, j, types),
                probability=p,
            )
        )
    return told


def _missed(gold: Spans, i: int, batch: Batch, found: Found, scores: np.ndarray) -> float:
    owner = int(gold.owner[i])
    words, at = batch.words[owner], int(batch.firsts[owner])
    first = at + int(np.searchsorted(words.ends, gold.starts[i], side="right"))
    last = at + int(np.searchsorted(words.starts, gold.ends[i], side="left"))
    if last <= first:
        return 0.0
    units = np.arange(first, last)
    return float(np.exp(min(0.0, float(scores[units, found.tags[units]].min()))))


def _named(text: str, spans: Spans, k: int | None, types: Sequence[str]) -> str:
    if k is None:
        return NOTHING
    return f"{types[spans.kinds[k]]}: {text[spans.starts[k] : spans.ends[k]]}"


def _context(text: str, start: int, end: int) -> str:
    """Return the line an entity stands on, cut to what is around it."""
    first = max(text.rfind("\n", 0, start) + 1, start - AROUND)
    stop = text.find("\n", end)
    last = min(len(text) if stop < 0 else stop, end + AROUND)
    before = "…" if first and text[first - 1] != "\n" else ""
    after = "…" if last < len(text) and text[last] != "\n" else ""
    return f"{before}{text[first:last]}{after}"
