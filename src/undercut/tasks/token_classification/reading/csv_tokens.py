"""CSV of tokens and tags, a token a row; or a sentence a row with a list of tags."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from undercut.core.errors import did_you_mean, fail
from undercut.tasks.token_classification.reading.gathered import Gathered
from undercut.tasks.token_classification.reading.prefixes import OUTSIDE, tag_like
from undercut.tasks.token_classification.reading.stops import divided
from undercut.tasks.token_classification.reading.tagged import Sentence

Rows = list[tuple[int, list[str]]]
TOKENS = "word words token tokens char character characters form text sentence 字 词 字符 文本 句子"
TAGS = "tag tags ner ner_tag ner_tags label labels bio iob entity entities ner_label 标签 标注 实体"
SENTENCES = "sentence sent sentence_id sent_id sentence_idx sentence_no sid sentence_number 句子"
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"\[\]]+))\s*,?""")


def key(name: str) -> str:
    """Return a column's name without case, spaces and ``#``."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def delimiter_of(text: str) -> str:
    """Return the delimiter of a table with a heading: the commonest mark of its first line."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    return max("\t,;|", key=lambda c: (head.count(c), c == ","))


def rows_of(text: str, delimiter: str) -> Rows:
    """Return (line, cells) of every record, empty ones as []."""
    found: Rows = []
    stream = io.StringIO(text, newline="")
    # A quote alone is a token, so only quotes that close are quotes.
    reader = csv.reader(stream, delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            found.append((before + 1, cells if any(c.strip() for c in cells) else []))
            before = reader.line_num
    except csv.Error:
        pass
    plain = [line.rstrip("\r").split(delimiter) for line in text.split("\n")]
    even = len({len(c) for c in plain if any(map(str.strip, c))}) == 1
    across = any("\n" in c for _, cells in found for c in cells)
    if len(plain) > 2 * len(found) + 2 or (even and across):
        return [(i, c if any(x.strip() for x in c) else []) for i, c in enumerate(plain, 1)]
    return found


def named(name: str | None, columns: Sequence[str], words: str, to: Gathered, flag: str) -> int:
    """Return a column's position: the one given, else the first known name; -1 when none.

    Raises:
        UndercutError: the one given is not there.
    """
    keys = [key(c) for c in columns]
    if name is not None:
        if name in columns or key(name) in keys:
            return columns.index(name) if name in columns else keys.index(key(name))
        if name.isdecimal() and 1 <= int(name) <= len(columns):
            return int(name) - 1
        raise fail(
            "data-columns",
            expected=f"a column of the file for {flag}",
            found=f"'{name}'",
            where=to.name,
            fix=did_you_mean(name, columns),
        )
    return next((keys.index(word) for word in words.split() if word in keys), -1)


def read_token_rows(
    rows: Rows, to: Gathered, text_column: str | None, label_column: str | None
) -> list[Sentence]:
    """Return the sentences of a table.

    Args:
        rows: the heading, and the records.
        to: told what is wrong and what was decided.
        text_column: name or number of the token's column.
        label_column: the same for the tag's.

    Raises:
        UndercutError: the columns cannot be told.
    """
    columns = [c.strip() for c in rows[0][1]]
    body = rows[1:]
    if not heading(columns):
        columns, body = [str(j + 1) for j in range(len(columns))], rows
    full = [cells for _, cells in body if len(cells) == len(columns)]
    values = [Counter(cells[j].strip() for cells in full[:20_000]) for j in range(len(columns))]
    at_sentence = named(None, columns, SENTENCES, to, "")
    at_tag = named(label_column, columns, "", to, "--label-column")
    if at_tag < 0:
        at_tag = _tag_column(columns, values)
    whole = at_tag >= 0 and _lists(full, at_tag)
    at_token = named(text_column, columns, TOKENS, to, "--text-column")
    if whole and text_column is None:
        at_token = _words_column(full, at_tag)
    if not whole and at_token in (at_tag, at_sentence) and text_column is None:
        at_token = next(
            (named(None, columns, w, to, "") for w in TOKENS.split()
             if named(None, columns, w, to, "") not in (-1, at_tag, at_sentence)), -1
        )  # fmt: skip
    if at_token < 0 and not whole:
        rest = [j for j in range(len(columns)) if j not in (at_tag, at_sentence)]
        at_token = rest[0] if rest else -1
    if at_tag < 0 or at_token < 0:
        raise fail(
            "data-columns",
            expected="a column of tokens and one of tags",
            found=f"the columns {', '.join(map(repr, columns))}",
            where=to.name,
            fix="Name them: --text-column NAME --label-column NAME.",
        )
    said = f"column '{columns[at_token]}' is the token and column '{columns[at_tag]}' its tag"
    if whole:
        to.say(f"a sentence a row; {said}")
        return _sentence_rows(body, len(columns), at_token, at_tag, to)
    mark = f", column '{columns[at_sentence]}' its sentence" if at_sentence >= 0 else ""
    to.say(said + mark)
    return divided(_token_rows(body, len(columns), at_token, at_tag, at_sentence, to), to)


def heading(columns: Sequence[str]) -> bool:
    """Whether the cells of a first row are names of columns, as of tokens or tags."""
    known = {w for words in (TOKENS, TAGS, SENTENCES) for w in words.split()}
    return any(key(c) in known for c in columns) and not any(tag_like(c) for c in columns)


def _tag_column(columns: Sequence[str], values: Sequence[Counter[str]]) -> int:
    def share(j: int) -> float:
        total = sum(n for v, n in values[j].items() if v)
        fit = sum(n for v, n in values[j].items() if v and (tag_like(v) or v in OUTSIDE))
        return fit / total if total else 0.0

    good = [j for j in range(len(columns)) if share(j) > 0.9 and any(map(tag_like, values[j]))]
    keys = [key(c) for c in columns]
    for word in TAGS.split():
        if word in keys and keys.index(word) in good:
            return keys.index(word)
    if good:
        return good[-1]
    return next((keys.index(word) for word in TAGS.split() if word in keys), -1)


def list_of(cell: str) -> list[str] | None:
    """Return the items of a cell that is a list: JSON, Python or NumPy, or words."""
    cell = cell.strip()
    if not cell.startswith("["):
        return cell.split()
    if not cell.endswith("]"):
        return None
    try:
        found: Any = json.loads(cell)
        return [str(x) for x in found] if isinstance(found, list) else None
    except ValueError:
        pass
    items = []
    at, inside = 0, cell[1:-1]
    while inside[at:].strip():
        m = _QUOTED.match(inside, at)
        if m is None:
            return None
        items.append(next(g for g in m.groups() if g is not None))
        at = m.end()
    return items


def _lists(full: Sequence[Sequence[str]], at_tag: int) -> bool:
    """Whether the tags of a row are those of a whole sentence."""
    tags = [list_of(c[at_tag]) for c in full[:200]]
    many = sum(t is not None and len(t) > 1 for t in tags)
    return bool(tags) and 2 * many > len(tags)


def _words_column(full: Sequence[Sequence[str]], at_tag: int) -> int:
    """Return the column with as many words as there are tags in most rows; -1 when none has."""
    some = full[:200]
    for j in range(len(some[0])):
        fits = sum(len(list_of(c[j]) or ()) == len(list_of(c[at_tag]) or ()) for c in some)
        if j != at_tag and 2 * fits > len(some) and not _tags_only(some, j):
            return j
    return -1


def _tags_only(rows: Sequence[Sequence[str]], j: int) -> bool:
    """Whether a column holds lists of signs such as parts of speech: in brackets, all capitals."""
    return all(c[j].strip().startswith("[") and c[j] == c[j].upper() for c in rows)


def _sentence_rows(
    body: Rows, width: int, at_token: int, at_tag: int, to: Gathered
) -> list[Sentence]:
    found = []
    for line, cells in body:
        if not cells:
            continue
        if len(cells) != width:
            to.refuse(line, f"{width} columns, as in the heading", f"{len(cells)}")
            continue
        words, tags = list_of(cells[at_token]), list_of(cells[at_tag])
        if words is None or tags is None:
            to.refuse(line, "a list of words and one of tags", f"{cells[at_tag][:48]!r}")
        elif len(words) != len(tags):
            to.refuse(line, f"{len(words)} tags, one a word", f"{len(tags)}", "Mend the row.")
        else:
            found.append(Sentence(words, tags, [line] * len(words)))
    return found


def _token_rows(
    body: Rows, width: int, at_token: int, at_tag: int, at_sentence: int, to: Gathered
) -> list[Sentence]:
    found, current, dropped = [Sentence()], "", 0
    for line, cells in body:
        if not cells:
            found.append(Sentence())
            continue
        if len(cells) != width:
            to.refuse(line, f"{width} columns, as in the heading", f"{len(cells)}")
            continue
        name = cells[at_sentence].strip() if at_sentence >= 0 else ""
        if name and name != current:
            found.append(Sentence())
            current = name
        word, tag = cells[at_token].strip(), cells[at_tag].strip()
        if "\n" in word + tag:
            to.refuse(line, "a token and its tag", "a quote that closes some lines below",
                      'Write a token that is a quote as """".')  # fmt: skip
        elif not tag:
            to.refuse(line, "a tag", "none", "Write O where there is no entity.")
        elif not word and tag not in OUTSIDE:
            to.refuse(line, f"a token of {tag}", "none", "Delete the row.")
        elif not word:
            dropped += 1
        else:
            found[-1].tokens.append(word)
            found[-1].tags.append(tag)
            found[-1].lines.append(line)
    if dropped:
        to.say(f"{dropped:,} empty tokens left out")
    return found
