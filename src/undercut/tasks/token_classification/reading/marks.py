"""Spans as files give them: what offsets count, whether the end is included, what overlaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from undercut.data.table import count
from undercut.tasks.token_classification.reading.from_tags import unformed
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.words import words_of


@dataclass(frozen=True)
class Mark:
    """A span with its type, and its characters where the file gives them."""

    start: int
    end: int
    kind: str
    surface: str | None = None


@dataclass
class Marked:
    """A text of a file with its spans, and the line it stands on."""

    line: int
    text: str
    marks: list[Mark]


Read = Callable[[str, Mark], tuple[int, int]]


def _utf16(text: str, at: int) -> int:
    return len(
        text.encode("utf-16-le", "surrogatepass")[: 2 * max(at, 0)].decode("utf-16-le", "ignore")
    )


def _utf8(text: str, at: int) -> int:
    return len(text.encode("utf-8", "surrogatepass")[: max(at, 0)].decode("utf-8", "ignore"))


EXCLUSIVE = "ends are exclusive"
READINGS: dict[str, Read] = {
    EXCLUSIVE: lambda _, m: (m.start, m.end),
    "ends are inclusive": lambda _, m: (m.start, m.end + 1),
    "offsets count UTF-16 units, ends are exclusive": lambda t, m: (
        _utf16(t, m.start), _utf16(t, m.end)),
    "offsets count UTF-16 units, ends are inclusive": lambda t, m: (
        _utf16(t, m.start), _utf16(t, m.end + 1)),
    "offsets count bytes, ends are exclusive": lambda t, m: (_utf8(t, m.start), _utf8(t, m.end)),
    "offsets count from 1, ends are inclusive": lambda _, m: (m.start - 1, m.end),
}  # fmt: skip


def gather(rows: Sequence[Marked], to: Gathered, how: str = "") -> None:
    """Add rows of texts with spans; refuse what does not fit, nests or overlaps.

    What the offsets mean is told from the whole file: by the spans' own texts where they are given,
    else by the edges of words.

    Args:
        rows: the texts.
        to: told what is wrong and what was decided.
        how: one of ``READINGS``, where it is known.
    """
    if not how:
        how, evidence = _reading(rows)
        to.say(f"{how} ({evidence})")
    read = READINGS[how]
    trimmed = doubled = lost = total = 0
    for row in rows:
        spans = []
        for m in row.marks:
            start, end = read(row.text, m)
            if fault := _fault(row.text, start, end, m):
                to.refuse(row.line, *fault)
                continue
            inner = row.text[start:end]
            a, b = start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())
            trimmed += (a, b) != (start, end)
            spans.append((a, b, m.kind))
        unique = sorted(set(spans))
        doubled += len(spans) - len(unique)
        if clash := _overlap(unique):
            to.refuse(
                row.line,
                "entities that neither nest nor overlap",
                " and ".join(f"{k} {row.text[a:b][:40]!r} ({a}-{b})" for a, b, k in clash),
                "Keep one of them.",
            )
            continue
        target = [[a, b, k] for a, b, k in unique]
        total += len(target)
        lost += len(unformed(words_of(row.text), target))
        to.add(row.text, target, row.line)
    kinds = {m.kind for row in rows for m in row.marks}
    if kinds and all(kind.isdecimal() for kind in kinds):
        to.say("types are numbers: their names are not in the file")
    if trimmed:
        to.say(f"white space trimmed from {count(trimmed, 'entity', 'entities')}")
    if doubled:
        to.say(f"{count(doubled, 'entity', 'entities')} listed twice, kept once")
    if lost:
        to.say(
            f"{lost:,} of {count(total, 'entity', 'entities')} begin or end inside a word, or run "
            "into the next sentence: they are learnt by whole words and counted as missed"
        )


def _fault(text: str, start: int, end: int, m: Mark) -> tuple[str, str, str] | None:
    """Return what is wrong with a span, or None."""
    where = f"{m.kind} at {m.start}-{m.end}"
    if not 0 <= start < end <= len(text):
        return f"offsets in a text of {len(text)} characters", where, "Mend the offsets."
    found = text[start:end]
    if not found.strip():
        return "an entity with characters", f"{where}: white space", "Delete it."
    if m.surface is not None and found.split() != m.surface.split():
        return (
            f"{m.surface[:60]!r} at {m.start}-{m.end}", f"{found[:60]!r}",
            "Mend the offsets or the entity's text.",
        )  # fmt: skip
    return None


def _overlap(spans: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return two spans that share characters, or nothing; spans are sorted."""
    last = None
    for span in spans:
        if last is not None and span[0] < last[1]:
            return [last, span]
        last = span
    return []


def _reading(rows: Sequence[Marked]) -> tuple[str, str]:
    """Return how offsets are to be read, and what says so."""
    named = [(r.text, m) for r in rows for m in r.marks if m.surface]
    if named:
        return _by_surface(named)
    votes = Counter[str]()
    for r in rows:
        _vote(r, votes)
    out, inside = votes["exclusive"], votes["inclusive"]
    if inside > out:
        return "ends are inclusive", f"by the edges of words, {inside:,} to {out:,}"
    if out:
        return EXCLUSIVE, f"by the edges of words, {out:,} to {inside:,}"
    first = next((f"; the first is {r.text[m.start : m.end][:40]!r}: should it be longer by one, "
                  "give each its own text" for r in rows for m in r.marks), "")  # fmt: skip
    return EXCLUSIVE, f"nothing in the file says otherwise{first}"


def _by_surface(named: Sequence[tuple[str, Mark]]) -> tuple[str, str]:
    fits = Counter[str]()
    for text, m in named:
        wanted = (m.surface or "").split()
        for how, read in READINGS.items():
            start, end = read(text, m)
            if 0 <= start <= end and text[start:end].split() == wanted:
                fits[how] += 1
    # Of equal counts the plainer reading, which stands first.
    how = max(READINGS, key=lambda name: fits[name])
    how = how if fits[how] else EXCLUSIVE
    return how, f"by the entities' own texts, {fits[how]:,} of {len(named):,}"


def _vote(row: Marked, votes: Counter[str]) -> None:
    """Count what a row's spans say about their ends."""
    text, n = row.text, len(row.text)
    spans = sorted(row.marks, key=lambda m: (m.start, m.end))
    for i, m in enumerate(spans):
        if m.end == n:
            votes["exclusive"] += 1
        elif m.start == m.end:
            votes["inclusive"] += 1
        elif 0 <= m.start < m.end < n:
            out = _edge(text, m.end)
            inside = _edge(text, m.end + 1)
            if text[m.end].isspace():
                votes["exclusive"] += 1
            elif text[m.end - 1].isspace():  # "Plan B", or a blank too many
                votes["inclusive" if inside else "exclusive"] += 1
            elif out != inside:
                votes["exclusive" if out else "inclusive"] += 1
        if i and spans[i - 1].end == m.start and spans[i - 1] != m:
            votes["exclusive"] += 1


def _edge(text: str, at: int) -> bool:
    """Whether a word, as letters and digits of spaced scripts go, ends before ``at``."""
    if at <= 0 or at >= len(text):
        return True
    return not (_plain(text[at - 1]) and _plain(text[at]))


def _plain(c: str) -> bool:
    return c.isalnum() and not "\u2e80" <= c <= "\U0003ffff"


def shifted(mark: Mark, by: int) -> Mark:
    """Return a mark moved by some characters."""
    return replace(mark, start=mark.start + by, end=mark.end + by)
