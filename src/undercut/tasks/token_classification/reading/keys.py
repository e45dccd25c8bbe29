"""What tools call texts, tokens, tags, spans and their parts; read without case and marks."""

from __future__ import annotations

import re


def plain_key(name: object) -> str:
    """Return a key in small letters, without marks."""
    return re.sub(r"[\W_]+", "", str(name)).lower()


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


# A record's parts, the likelier first.
TEXTS = _names(
    "text sentence content originaltext rawtext raw body context document chars data paragraph "
    "query input title fulltext"
)
TOKENS = _names("tokens words token word tokenizedtext chars characters sentence text sentences")
TAGS = _names(
    "nertags ner nertag nerlabels finenertags bio iob bioes tags labels label tag entities targets"
)
SPANS = _names(
    "entities spans label labels annotations annotation ents entity entitylist mentions ner "
    "entitymentions nertags namedentities results target"
)
TOKEN_SPANS = _names("ner entities entitymentions spans labels")
# A span's parts.
START = _names(
    "start startoffset startidx startindex startpos startposition startchar charstart begin "
    "beginoffset beginidx beginindex beginpos from b s"
)
END = _names("end endoffset endidx endindex endpos endposition endchar charend stop to finish e")
PAIR = _names(
    "span pos position positions offset offsets indices range loc location index charspan"
)
KIND = _names(
    "label labels type entitytype entitylabel labeltype nertype nerlabel tag category class "
    "entitygroup ner entity kind typename"
)
SURFACE = _names(
    "text surface mention word value entityname entitytext string phrase span entity name content "
    "entityvalue"
)
