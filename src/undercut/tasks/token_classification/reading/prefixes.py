"""Which tagging scheme a file follows: IOB1, IOB2, BIOES, BILOU, BMES, BMEWO, IOE, bare types."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from undercut.core.errors import did_you_mean, fail

ROLES = {"M": "I", "L": "E", "U": "S", "W": "S"}
OUTSIDE = frozenset({"O", "o", "_", "-", "0", ""})
ONE_TYPE = "ENTITY"
_PREFIX = re.compile(r"([BIESMLUW])[-_:](.+)")
_SMALL = re.compile(r"([biesmluw])[-_:](.+)")
_SUFFIX = re.compile(r"(.+)[-_:]([BIESMLUW])")
_LETTER = re.compile(r"[BIESMLUW]")
_NAMED = re.compile(r"(?:^|\|)NER?=([^|]+)", re.IGNORECASE)
MOST_TYPES = 500


def tag_like(tag: str) -> bool:
    """Whether a cell is ``O``, or a type with its prefix or suffix."""
    if tag in ("O", "o") or _PREFIX.fullmatch(tag) is not None:
        return True
    return _SUFFIX.fullmatch(tag) is not None and " " not in tag


def any_tag_like(tag: str) -> bool:
    """Whether a cell beside some ``O`` is a tag: its prefix may be a small letter."""
    return tag_like(tag) or _SMALL.fullmatch(tag) is not None


def named_tag(cell: str) -> str:
    """Return the tag of ``SpaceAfter=No|NER=B-LOC``, as CoNLL-U's last column has it, or ``""``."""
    m = _NAMED.search(cell)
    return m[1] if m and any_tag_like(m[1]) else ""


@dataclass(frozen=True)
class Form:
    """How tags are written.

    Attributes:
        name: of the scheme, as far as the letters tell.
        parts: tag -> (role, type); role is B, I, E, S, or T for a bare type; outside is absent.
        unknown: tags that do not fit the others.
        roles: the roles that occur.
    """

    name: str
    parts: dict[str, tuple[str, str]]
    unknown: frozenset[str]
    roles: frozenset[str]


def form_of(counts: Counter[str], name: str) -> Form:
    """Tell how the tags of a file are written.

    Args:
        counts: tag -> tokens.
        name: of the file, for messages.

    Raises:
        UndercutError: numbers without names (``data-tag-names``), or no tags at all
            (``data-tags``).
    """
    tags = [tag for tag in counts if tag not in OUTSIDE]
    if tags and all(tag.lstrip("-").isdecimal() for tag in tags):
        raise fail(
            "data-tag-names",
            expected="tags by name, such as B-PER",
            found=f"numbers whose names are not in the file: {', '.join(sorted(tags)[:6])}",
            where=name,
            fix="Write the names of the classes in place of the numbers (in the data set's "
            "description: ClassLabel names, id2label, label2id).",
        )
    for pattern, flip in ((_PREFIX, False), (_SMALL, False), (_SUFFIX, True)):
        fits = {tag: m for tag in tags if (m := pattern.fullmatch(tag))}
        hit, miss = sum(counts[t] for t in fits), sum(counts[t] for t in tags if t not in fits)
        if fits and hit >= miss:
            parts = {}
            for tag, m in fits.items():
                letter, kind = (m[2], m[1]) if flip else (m[1].upper(), m[2])
                parts[tag] = (letter, kind)
            unknown = frozenset(t for t in tags if t not in fits)
            return _named(parts, unknown)
    if tags and all(_LETTER.fullmatch(tag) for tag in tags):
        return _named({tag: (tag, ONE_TYPE) for tag in tags}, frozenset())
    odd = [tag for tag in tags if _PREFIX.fullmatch(tag)]
    tokens = counts.total()
    if len(tags) > MOST_TYPES or (tokens > 100 and len(tags) > tokens / 4):
        raise fail(
            "data-tags",
            expected="a tag for every token, such as O, B-PER, I-PER",
            found=f"{len(tags):,} different values in {tokens:,} tokens, such as "
            f"{', '.join(map(repr, tags[:4]))}",
            where=name,
            fix="Is it the right column? Name it with --label-column N.",
        )
    if tags and not counts.keys() & OUTSIDE:
        raise fail(
            "data-tags",
            expected="O on the tokens of no entity, or tags with prefixes such as B-PER",
            found=f"none, but {', '.join(map(repr, tags[:4]))}",
            where=name,
            fix="Is it the right column? Name it with --label-column N.",
        )
    return Form("IO", {t: ("T", t) for t in tags if t not in odd}, frozenset(odd), frozenset("T"))


def _named(parts: dict[str, tuple[str, str]], unknown: frozenset[str]) -> Form:
    letters = {letter for letter, _ in parts.values()}
    roles = frozenset(ROLES.get(letter, letter) for letter in letters)
    if not letters & set("ESMLUW"):
        name = "IOB"
    elif "B" not in letters:
        name = "IOE" if "E" in letters else "IOS"
    else:
        name = "BIOES"
        for letter, other in (("W", "BMEWO"), ("M", "BMES"), ("L", "BILOU"), ("U", "BILOU")):
            if letter in letters:
                name = other
                break
    parts = {t: (ROLES.get(letter, letter), kind) for t, (letter, kind) in parts.items()}
    return Form(name, parts, unknown, roles)


def fix_for(tag: str, form: Form) -> str:
    """Return what an unknown tag might have been meant to be."""
    return did_you_mean(tag, ["O", *sorted(form.parts)][:40])
