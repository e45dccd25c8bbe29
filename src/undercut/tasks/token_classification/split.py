"""Raw text to words and sentences: the one splitter of training and serving.

White space separates; a CJK character stands alone; punctuation at the edge of a word is a word of
its own. Inside a word it stays: ``AL-AIN``, ``1996-08-22``, ``3.5``, ``example.com``, and ``U.S.``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from undercut.tasks.token_classification.scripts import CJK, UNSPACED, marks_and_signs

ABBREVIATIONS = (
    "Mr|Mrs|Ms|Messrs|Dr|Prof|St|Jr|Sr|Inc|Corp|Co|Ltd|Bros|Gen|Col|Capt|Cmdr|Lt|Sgt|Maj|Adm|Rev"
    "|Hon|Gov|Sen|Rep|Pres|Sec|Ft|Mt|No|Nos|vs|etc|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec"
)
FINAL = re.compile("[.!?…]+|[。！？．｡]+|[।۔؟]")
CLOSING = frozenset("\"'”’)]}»」』》）")
UNSPACED_FINAL = frozenset("。！？．｡")


@lru_cache
def _word() -> re.Pattern[str]:
    marks, signs = marks_and_signs()
    plain = rf"[^\s{signs}{CJK}{UNSPACED}]"  # letters, digits, marks of spaced scripts
    letter = r"[^\W\d_]"
    inner = r"(?:[-\u2010\u2011'’&_+]|\.(?!(?<=[a-z][a-z]\.)[A-Z])|(?<=\d)[,:/](?=\d))"
    return re.compile(
        rf"[{CJK}][{marks}]*"
        rf"|[{UNSPACED}][{marks}]*"
        r"|https?://[^\s<>\"'{}|\\^`" + CJK + r"]*[^\s<>\"'{}|\\^`.,;:!?)\]" + CJK + "]"
        rf"|{plain}+(?:[.+_-]{plain}+)*@{plain}+(?:[.-]{plain}+)+"
        rf"|[@#]{plain}+(?:_{plain}+)*"
        rf"|(?:{letter}\.){{2,}}"
        rf"|[A-Z]\.(?=\s)"
        rf"|(?:{ABBREVIATIONS})\.(?!\w)"
        r"|['’](?:s|S|ll|LL|re|RE|ve|VE|d|D|m|M)(?!\w)"
        r"|n['’]t(?!\w)|N['’]T(?!\w)"
        rf"|(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|dell|all|nell|sull|dall)['’](?={letter}{{2}})"
        rf"|(?:(?!n['’]t(?!\w)|N['’]T(?!\w)){plain})+"
        rf"(?:(?!['’](?:s|S|ll|LL|re|RE|ve|VE|d|D|m|M)(?!\w)){inner}"
        rf"(?:(?!n['’]t(?!\w)|N['’]T(?!\w)){plain})+)*"
        r"|([^\w\s])\1+"
        r"|\S"
    )


def spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of every word of a raw text, in order.

    Words do not overlap, and together they hold every character that is not white space.
    """
    return [m.span() for m in _word().finditer(text)]


def sentence_starts(text: str, words: list[tuple[int, int]]) -> list[int]:
    """Return the positions in ``words`` where a sentence starts; the first is 0, if any.

    A sentence ends at a line break, after ``。！？`` and the like, and after ``.``, ``!`` or ``?``
    where white space and no small letter follow.
    """
    starts = [0] if words else []
    closed = False  # a sentence-final mark was seen, and only closing quotes since
    for i in range(1, len(words)):
        start, end = words[i - 1]
        following = words[i][0]
        word = text[start:end]
        if FINAL.fullmatch(word):
            closed = True
        elif not (closed and word in CLOSING):
            closed = False
        gap = text[end:following]
        if not gap:
            final = closed and word[-1] in UNSPACED_FINAL and text[following] not in CLOSING
            final = final or (closed and word in CLOSING and _unspaced_before(text, words, i))
        else:
            final = closed and not text[following].islower()
        if final or len(gap.splitlines()) > 1 or gap.endswith(("\n", "\r", "\u2028", "\u2029")):
            starts.append(i)
            closed = False
    return starts


def _unspaced_before(text: str, words: list[tuple[int, int]], i: int) -> bool:
    """Whether the closing marks before word ``i`` follow a CJK full stop and no more follow."""
    j = i - 1
    while j >= 0 and text[words[j][0]] in CLOSING:
        j -= 1
    ended = j >= 0 and text[words[j][1] - 1] in UNSPACED_FINAL
    return ended and text[words[i][0]] not in CLOSING and not FINAL.match(text[words[i][0]])
