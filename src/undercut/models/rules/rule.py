"""One rule, and where it matches a text.

Texts and patterns are compared in one form: full-width letters made plain, case folded, runs of
white space one space (:func:`undercut.data.normal.same_key`). Regular expressions are those of RE2,
which reads a text once, whatever the pattern: no pattern can make an answer slow (Cox 2007, Regular
Expression Matching Can Be Simple And Fast). It has no backreferences and no look-around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from undercut.core.errors import MissingExtra, Problem
from undercut.data.normal import same_key
from undercut.models.linear.text import WORD, kind_of

Kind = Literal["word", "literal", "regex", "lexicon"]
KINDS: tuple[Kind, ...] = ("word", "literal", "regex", "lexicon")
MOST_BYTES = 8 << 20
"""Memory one regular expression may take; RE2 refuses larger ones."""


@dataclass(frozen=True)
class Rule:
    """A pattern, or the terms of a lexicon, and the label they stand for.

    Attributes:
        pattern: as written; the file's name for a lexicon.
        label: what a match means.
        kind: ``word``: whole words; ``literal``: anywhere, within words too; ``regex``: RE2;
            ``lexicon``: any of ``terms`` as whole words.
        where: ``file:row`` it was written at.
        terms: of a lexicon.
    """

    pattern: str
    label: str
    kind: Kind = "word"
    where: str = ""
    terms: tuple[str, ...] = ()

    def finder(self) -> Callable[[str], Iterator[tuple[int, int]]]:
        """Return what yields the places where the rule matches a folded text.

        Raises:
            ValueError: a regular expression that RE2 does not take.
            MissingExtra: RE2 is not installed.
        """
        if self.kind == "regex":
            return _expression(self.pattern)
        terms = [same_key(t) for t in (self.terms if self.kind == "lexicon" else (self.pattern,))]
        whole = self.kind != "literal"

        def find(text: str) -> Iterator[tuple[int, int]]:
            for term in terms:
                if term in text:
                    yield from _places(text, term, whole)

        return find


def _places(text: str, term: str, whole: bool) -> Iterator[tuple[int, int]]:
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        if not whole or not (_joined(text, at) or _joined(text, end)):
            yield at, end
        at = text.find(term, at + 1)


def _joined(text: str, at: int) -> bool:
    """Tell whether a word goes on across a place; ideographs and kana are words by themselves."""
    return 0 < at < len(text) and kind_of(text[at - 1]) == WORD == kind_of(text[at])


def _expression(pattern: str) -> Callable[[str], Iterator[tuple[int, int]]]:
    re2 = require_re2()
    options = re2.Options()
    options.log_errors, options.case_sensitive, options.max_mem = False, False, MOST_BYTES
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as e:
        reason = e.args[0] if e.args else "not a regular expression"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None

    def find(text: str) -> Iterator[tuple[int, int]]:
        safe = text.encode("utf-8", "replace").decode("utf-8")
        return (m.span() for m in compiled.finditer(safe))

    return find


class Rules:
    """Rules in their order: the first one that matches answers."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = list(rules)
        self._finders = [rule.finder() for rule in rules]

    def first(self, value: Any) -> int:
        """Return the position of the first rule that matches an input, -1 when none does."""
        text = same_key(value)
        for i, find in enumerate(self._finders):
            if next(find(text), None) is not None:
                return i
        return -1

    def matches(self, i: int, value: Any) -> bool:
        """Tell whether one rule matches an input."""
        return next(self._finders[i](same_key(value)), None) is not None

    def places(self, i: int, folded: str) -> list[tuple[int, int]]:
        """Return where a rule matches a folded text."""
        return list(self._finders[i](folded))


def require_re2() -> Any:
    """Return the package of safe regular expressions.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import re2
    except ImportError:
        raise MissingExtra(
            "extra-missing",
            Problem(
                "the package of safe regular expressions to be installed, for rules of kind regex",
                "no re2",
                fix='Run: pip install "undercut[rules]"',
            ),
        ) from None
    return re2
