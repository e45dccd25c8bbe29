"""Sentences of files that mark none: after a token that ends one."""

from __future__ import annotations

from collections.abc import Sequence

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.prefixes import OUTSIDE
from undercut.tasks.token_classification.reading.tagged import Sentence
from undercut.tasks.token_classification.split import FINAL

LONG = 500


def divided(sentences: Sequence[Sentence], to: Gathered) -> list[Sentence]:
    """Return the sentences; one that is a whole file is cut after full stops and the like."""
    some = [s for s in sentences if s.tokens]
    if len(some) != 1 or len(some[0].tokens) <= LONG:
        return list(sentences)
    whole = some[0]
    cut: list[Sentence] = [Sentence(document=whole.document)]
    for token, tag, line in zip(whole.tokens, whole.tags, whole.lines, strict=True):
        cut[-1].tokens.append(token)
        cut[-1].tags.append(tag)
        cut[-1].lines.append(line)
        if tag in OUTSIDE and FINAL.fullmatch(token):
            cut.append(Sentence(document=whole.document))
    to.say("nothing marks sentences: they end after '.', '!', '?' or '。'")
    return cut
