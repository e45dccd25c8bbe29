"""Tagged tokens to entities: the scheme is told from the whole file, and followed strictly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from undercut.data.table import count
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.prefixes import Form, fix_for, form_of

Found = tuple[int, int, str]
MEND = "Mend the tags of this entity."


@dataclass
class Sentence:
    """One sentence of a file.

    Attributes:
        tokens: its tokens.
        tags: the tag of each.
        lines: the line of each.
        document: number of its document; -1 where the file marks none.
    """

    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    document: int = -1


Bad = tuple[int, str, str, str]

MENDED = 0.01
"""Largest share of tagged tokens that may break the scheme and still be read by convention."""


def entities(sentences: Sequence[Sentence], to: Gathered) -> list[list[Found]]:
    """Return the entities of each sentence: first token, token after the last, and type.

    What scheme it is, is noted. Tags that break it are refused with their lines; but where they
    are at most one in a hundred, as in many published sets, they are read as the CoNLL scorer
    reads them (an entity starts where its first tag is), and said.

    Raises:
        UndercutError: tags that are numbers, or no tags.
    """
    form = form_of(Counter(tag for s in sentences for tag in s.tags), to.name)
    for s in sentences:
        for tag, line in zip(s.tags, s.lines, strict=True):
            if tag in form.unknown:
                to.refuse(line, "a tag like the others", f"'{tag}'", fix_for(tag, form))
    bad: list[Bad] = []
    if form.name == "IOB":
        found = _iob(sentences, form, to, bad)
    elif form.name in ("IO", "IOE", "IOS"):
        to.say(_WORDS[form.name])
        found = [list(_runs(s, form)) for s in sentences]
    else:
        to.say(f"{form.name} tags, kept as IOB2 entities")
        found = [list(_whole(s, form, bad)) for s in sentences]
    tagged = sum(tag in form.parts for s in sentences for tag in s.tags)
    if bad and len(bad) <= MENDED * tagged:
        lines = ", ".join(str(line) for line, *_ in bad[:5]) + (" ..." if len(bad) > 5 else "")
        to.say(
            f"{count(len(bad), 'tag breaks', 'tags break')} the scheme (line {lines}), read as the "
            "CoNLL scorer does: an entity starts where its first tag is"
        )
    else:
        for one in bad:
            to.refuse(*one)
    return found


_WORDS = {
    "IO": "tags are bare types (IO): tokens of one type that touch are one entity",
    "IOE": "IOE tags, kept as IOB2 entities",
    "IOS": "tags without B-: tokens of one type that touch are one entity",
}


def _parts(s: Sentence, form: Form) -> list[tuple[str, str]]:
    return [form.parts.get(tag, ("O", "")) for tag in s.tags]


def _iob(
    sentences: Sequence[Sentence], form: Form, to: Gathered, bad: list[Bad]
) -> list[list[Found]]:
    """Tell IOB1 from IOB2 and return the entities; what is of neither is refused."""
    bare: list[tuple[int, str, str]] = []  # I- where an entity starts
    odd: list[tuple[int, str, str]] = []  # B- that IOB1 would not write
    found: list[list[Found]] = []
    begins = 0
    for s in sentences:
        spans: list[Found] = []
        before = ("O", "")
        for i, now in enumerate(_parts(s, form)):
            role, kind = now
            goes_on = before[0] != "O" and before[1] == kind
            if role == "B":
                begins += 1
                if not goes_on:
                    odd.append((s.lines[i], s.tags[i], s.tags[i - 1] if i else ""))
            elif role == "I" and not goes_on:
                bare.append((s.lines[i], s.tags[i], s.tags[i - 1] if i else ""))
            if role == "B" or (role == "I" and not goes_on):
                spans.append((i, i + 1, kind))
            elif role == "I":
                spans[-1] = (spans[-1][0], i + 1, kind)
            before = now
        found.append(spans)
    if not bare:
        to.say("IOB2 tags")
    elif not odd:
        touch = "" if begins else " (no B- at all: entities of one type that touch are one)"
        to.say(f"IOB1 tags{touch}, converted to IOB2")
    else:
        good, scheme = ("B", "IOB2") if len(bare) <= len(odd) else ("I", "IOB1")
        to.say(f"{scheme} tags")
        for line, tag, last in bare if good == "B" else odd:
            after = f"after {last}" if last else "at the start of a sentence"
            wanted = f"{good}-{form.parts[tag][1]}"
            bad.append((line, f"{wanted} where an entity starts ({scheme})", f"{tag} {after}",
                        f"Write {wanted}, or O."))  # fmt: skip
    return found


def _runs(s: Sentence, form: Form) -> Iterator[Found]:
    """Yield runs of one type; ``E`` ends one, ``S`` is one."""
    start, kind = -1, ""
    for i, (role, now) in enumerate([*_parts(s, form), ("O", "")]):
        if start >= 0 and (role in ("O", "S") or now != kind):
            yield start, i, kind
            start = -1
        if role == "S":
            yield i, i + 1, now
            continue
        if role != "O" and start < 0:
            start, kind = i, now
        if role == "E":
            yield start, i + 1, kind
            start = -1


def _whole(s: Sentence, form: Form, bad: list[Bad]) -> Iterator[Found]:
    """Yield the entities of BIOES and its kin; strict in the roles that the file uses."""
    start, kind = -1, ""
    need_end = "E" in form.roles
    alone_by_s = "S" in form.roles

    def closed(i: int) -> bool:
        """Whether the open entity may end before token ``i`` without an E-."""
        alone = i - start == 1
        return not need_end if not alone else not alone_by_s

    for i, (role, now) in enumerate([*_parts(s, form), ("O", "")]):
        if start >= 0 and role in "BSO":
            if not closed(i):
                then = s.tags[i] if i < len(s.tags) else "the end of the sentence"
                bad.append((s.lines[i - 1], f"an entity of {kind} that ends (E-, or S- for one)",
                            f"{s.tags[i - 1]} before {then}", MEND))  # fmt: skip
            yield start, i, kind
            start = -1
        if role == "S":
            yield i, i + 1, now
        elif role == "B":
            start, kind = i, now
        elif role in "IE":
            if start < 0 or now != kind:
                last = f"after {s.tags[i - 1]}" if i else "at the start of a sentence"
                bad.append((s.lines[i], f"B-{now} before it", f"{s.tags[i]} {last}", MEND))
                if start >= 0:
                    yield start, i, kind
                start, kind = i, now
            if role == "E":
                yield start, i + 1, kind
                start = -1
