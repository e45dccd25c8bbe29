"""JSON records to tagged sentences or texts with spans: one shape a tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.keys import (
    SPANS,
    TAGS,
    TEXTS,
    TOKEN_SPANS,
    TOKENS,
    plain_key,
)
from undercut.tasks.token_classification.reading.label_studio import (
    empty_export,
    is_task,
    read_task,
)
from undercut.tasks.token_classification.reading.marks import Mark, Marked
from undercut.tasks.token_classification.reading.spans import marks_of, two
from undercut.tasks.token_classification.reading.tagged import Sentence
from undercut.tasks.token_classification.reading.token_spans import Counted, counted, settle


def keys_of(value: dict[str, Any]) -> dict[str, Any]:
    """Return a record's values by plain key."""
    return {plain_key(k): v for k, v in value.items()}


def record_of(value: Any) -> dict[str, Any] | None:
    """Return a record as an object; ``[text, {"entities": ...}]``, as spaCy writes, too."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        if isinstance(value[1], dict):
            return {"text": value[0], **value[1]}
        if isinstance(value[1], list) and all(isinstance(x, list) for x in value[1]):
            return {"text": value[0], "entities": value[1]}
    return None


def shape(value: Any) -> str:
    """Return ``studio``, ``tagged``, ``token-spans``, ``spans``, or ``""`` for a record of none."""
    record = record_of(value)
    if record is None:
        return ""
    if is_task(record):
        return "studio"
    keys = keys_of(record)
    if _tagged(keys) is not None:
        return "tagged"
    if _token_spans(keys) is not None:
        return "token-spans"
    return "spans" if _text(keys) is not None and _span_key(keys) else ""


def sure(value: Any) -> bool:
    """Whether a record has at least one tag or span: what is empty may be of any task."""
    kind, record = shape(value), record_of(value)
    if not kind or record is None:
        return False
    keys = keys_of(record)
    if kind == "spans":
        found = _marks(keys[_span_key(keys)])
        return bool(found) and not isinstance(found, str)
    return True


def read_records(
    records: Sequence[tuple[int, Any]], to: Gathered
) -> tuple[list[Sentence], list[Marked]]:
    """Return the tagged sentences, or the texts with spans, of a file's records.

    Args:
        records: (line, value).
        to: told what is wrong.
    """
    sentences: list[Sentence] = []
    texts: list[Marked] = []
    by_tokens: list[Counted] = []
    unlabelled = rejected = 0
    for line, value in records:
        kind, record = shape(value), record_of(value)
        keys = keys_of(record or {})
        if keys.get("answer") in ("reject", "ignore"):
            rejected += 1
            continue
        if not kind and empty_export(keys):
            kind, keys["label"] = "spans", []
        if not kind or record is None:
            to.refuse(line, "a text with entities, or tokens with tags", _told(value))
            continue
        if kind == "studio":
            marked = read_task(record, line, to)
            unlabelled += marked is None
            texts += [marked] if marked is not None else []
        elif kind == "tagged":
            _add_tagged(keys, line, sentences, to)
        elif kind == "token-spans":
            tokens, spans = _token_spans(keys) or ([], [])
            by_tokens.append(counted(tokens, spans, line, to))
        else:
            text = _text(keys)
            found = _marks(keys[_span_key(keys)])
            if text is None or isinstance(found, str):
                to.refuse(line, "spans with start, end and type", str(found))
            elif not text.strip():
                to.refuse(line, "a text", "an empty one", "Delete the record.")
            else:
                texts.append(Marked(line, text, found))
    if rejected:
        to.say(f"{rejected:,} records whose answer is reject or ignore left out")
    if unlabelled:
        to.say(f"{unlabelled:,} tasks without an annotation left out")
    sentences += settle(by_tokens, to)
    if sentences and texts:
        for t in texts:
            to.refuse(t.line, "tokens with tags, as other records have", "a text with spans")
    return sentences, texts


def _told(value: Any) -> str:
    if isinstance(value, dict):
        shown = [f"{k!r}{' (null)' if v is None else ''}" for k, v in list(value.items())[:6]]
        return f"an object with {', '.join(shown) or 'nothing'}"
    return "a list" if isinstance(value, list) else repr(value)[:40]


def _strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(x, str) for x in value)


def _tagged(keys: dict[str, Any]) -> tuple[list[str], list[Any]] | None:
    """Return tokens and tags of a record that has both, one of each a token or nearly."""
    for t in TOKENS:
        tokens: Any = keys.get(t)
        if not _strings(tokens):
            continue
        for k in TAGS:
            tags = keys.get(k)
            if k == t or not isinstance(tags, list) or (tokens and not tags):
                continue
            if all(isinstance(x, str | int) for x in tags):
                return tokens, tags
    return None


def _add_tagged(keys: dict[str, Any], line: int, sentences: list[Sentence], to: Gathered) -> None:
    tokens, tags = _tagged(keys) or ([], [])
    if len(tokens) != len(tags):
        to.refuse(line, f"{len(tokens)} tags, one a token", f"{len(tags)}", "Mend the record.")
        return
    s = Sentence()
    for token, tag in zip(tokens, tags, strict=True):
        if token.strip():
            s.tokens.append(token.strip())
            s.tags.append(str(tag))
            s.lines.append(line)
        elif str(tag) not in ("O", "0"):
            to.refuse(line, f"a token of {tag}", "an empty one")
    sentences.append(s)


def _token_spans(keys: dict[str, Any]) -> tuple[list[list[str]], list[Any]] | None:
    """Return sentences of tokens and spans over tokens, of a record that has them."""
    for t in TOKENS:
        tokens: Any = keys.get(t)
        nested = isinstance(tokens, list) and bool(tokens) and all(map(_strings, tokens))
        if not nested and not (_strings(tokens) and tokens):
            continue
        for k in TOKEN_SPANS:
            spans = keys.get(k)
            if k == t or not isinstance(spans, list):
                continue
            if _text(keys) is not None and k == "spans":
                continue
            if nested and spans and all(isinstance(s, list) for s in spans):
                spans = [x for s in spans for x in s] if _deep(spans) else spans
            if all(isinstance(x, list | dict) for x in spans):
                return (tokens if nested else [tokens]), spans
    return None


def _deep(spans: list[Any]) -> bool:
    return all(isinstance(x, list | dict) for s in spans for x in s)


def _text(keys: dict[str, Any]) -> str | None:
    for k in TEXTS:
        if isinstance(keys.get(k), str):
            return str(keys[k])
    return None


def _span_key(keys: dict[str, Any]) -> str:
    """Return the key whose value holds spans; ``""`` when there is none."""
    for k in SPANS:
        value = keys.get(k)
        if isinstance(value, dict) or (isinstance(value, list) and _spans_like(value)):
            found = _marks(value)
            if not isinstance(found, str) or _near(value):
                return k
    return ""


def _spans_like(value: list[Any]) -> bool:
    return all(isinstance(x, dict | list) for x in value)


def _near(value: Any) -> bool:
    """Whether most of a value's parts are spans, so that what is not is a mistake."""
    if not isinstance(value, list):
        return False
    good = sum(not isinstance(marks_of(x), str) for x in value)
    return good > 0 or any(
        isinstance(x, dict) and {plain_key(k) for k in x} & {"start", "end", "startoffset", "begin"}
        for x in value
    ) or any(isinstance(x, list) and len(x) == 3 for x in value)  # fmt: skip


def _marks(value: Any) -> list[Mark] | str:
    """Return all spans a value holds, or what is wrong with the first that is none."""
    if isinstance(value, dict):
        for k in value:
            if plain_key(k) in ("entities", "spans", "labels") and isinstance(value[k], list):
                return _marks(value[k])
        return _by_type(value)
    found: list[Mark] = []
    for one in value:
        part = marks_of(one)
        if isinstance(part, str):
            return part
        found += part
    return found


def _by_type(value: dict[str, Any]) -> list[Mark] | str:
    """Return the spans of ``{type: {text: [[start, end]]}}``, or ``{type: [[start, end]]}``."""
    found: list[Mark] = []
    for kind, inside in value.items():
        if isinstance(inside, dict):
            for surface, places in inside.items():
                pairs = [places] if two(places) and not isinstance(places[0], list) else places
                for place in pairs if isinstance(pairs, list) else [None]:
                    pair = two(place)
                    if pair is None:
                        return f"{str({kind: inside})[:60]}"
                    found.append(Mark(*pair, str(kind), str(surface)))
        elif isinstance(inside, list):
            for one in inside:
                part = marks_of(one, str(kind))
                if isinstance(part, str):
                    return part
                found += part
        else:
            return f"{str({kind: inside})[:60]}"
    return found
