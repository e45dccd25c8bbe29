"""The expert's table of rules: CSV (or TSV) or TOML, read strictly, every mistake by file and row.

A CSV has the columns ``pattern`` and ``label``, and ``kind`` where a rule is not of whole words. A
TOML file has ``[[rule]]`` tables with the same names; ``terms`` there is a lexicon written out. The
pattern of a lexicon in a CSV is a file of terms, one a line, beside the table.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.data.decode import decode
from undercut.data.normal import same_key
from undercut.models.rules.rule import KINDS, Rule

COLUMNS = ("pattern", "label", "kind")
MOST = 2_000
"""Rules of one table: more is a lexicon, or a model."""
MOST_TERMS = 100_000
SHOWN = 20


def read_rules(path: Path, labels: Sequence[str]) -> list[Rule]:
    """Read a table of rules.

    Args:
        path: the table.
        labels: those a rule may name.

    Raises:
        UndercutError: code ``rules-table``; every mistake, by file and row.
        MissingExtra: a regular expression, and no RE2 to read it.
    """
    problems: list[Problem] = []
    rules: list[Rule] = []
    seen: dict[tuple[str, str], str] = {}
    for where, cells in _rows(path):
        rule = _rule(cells, where, path, labels, problems)
        if rule is None:
            continue
        form = rule.pattern if rule.kind in ("regex", "lexicon") else same_key(rule.pattern)
        first = seen.setdefault((rule.kind, form), where)
        if first != where and not rule.terms:
            problems.append(Problem("each pattern once", f"'{rule.pattern}' as in {first}", where))
        rules.append(rule)
    if not rules and not problems:
        problems.append(Problem("at least one rule", "none", str(path)))
    if len(rules) > MOST:
        found, mend = f"{len(rules):,}", "Put words of one label into a lexicon."
        problems.append(Problem(f"at most {MOST:,} rules", found, str(path), mend))
    if problems:
        rest = len(problems) - SHOWN
        more = [Problem("no further mistakes", f"{rest:,} more", str(path))] if rest > 0 else []
        raise UndercutError("rules-table", [*problems[:SHOWN], *more])
    return rules


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each rule's place and its fields."""
    text = _text(path, str(path))
    if path.suffix.lower() == ".toml":
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as e:
            raise UndercutError(
                "rules-table", Problem("a TOML file of [[rule]] tables", str(e), str(path))
            ) from None
        rules = table.get("rule")
        if set(table) != {"rule"} or not isinstance(rules, list):
            found = ", ".join(sorted(table)) or "nothing"
            raise UndercutError(
                "rules-table", Problem("[[rule]] tables and nothing else", found, str(path))
            )
        for i, one in enumerate(rules, 1):
            yield f"{path}: rule {i}", one if isinstance(one, dict) else {"pattern": one}
        return
    mark = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    head = [name.strip().lower() for name in next(reader, [])]
    if not {"pattern", "label"} <= set(head) or set(head) - set(COLUMNS):
        mend = "The first line names the columns."
        raise UndercutError(
            "rules-table",
            Problem("columns pattern, label[, kind]", ", ".join(head) or "none", f"{path}:1", mend),
        )
    line = reader.line_num + 1
    for cells in reader:
        where, line = f"{path}:{line}", reader.line_num + 1
        if not any(c.strip() for c in cells):
            continue
        row: dict[str, Any] = dict(zip(head, cells, strict=False))
        if len(cells) != len(head):
            row["cells"] = f"{len(cells)} cells in a table of {len(head)} columns"
        yield where, row


def _text(path: Path, name: str) -> str:
    try:
        return decode(path.read_bytes(), name)[0]
    except OSError as e:
        raise UndercutError(
            "rules-table", Problem("a file of rules", e.strerror or str(e), name)
        ) from None


def _rule(
    row: dict[str, Any], where: str, path: Path, labels: Sequence[str], problems: list[Problem]
) -> Rule | None:
    """Return the rule of one row, or ``None`` with what is wrong added to ``problems``."""
    before = len(problems)
    if "cells" in row:
        mend = "A pattern with a comma in it stands in double quotes."
        problems.append(Problem("a cell for each column", row["cells"], where, mend))
        return None
    if unknown := sorted(set(row) - {*COLUMNS, "terms"}):
        known = {*COLUMNS, "terms"}
        problems.append(
            Problem(
                "pattern, label, kind, terms",
                f"'{unknown[0]}'",
                where,
                did_you_mean(unknown[0], known),
            )
        )
    terms = row.get("terms")
    kind = row.get("kind") or ("lexicon" if terms is not None else "word")
    pattern, label = row.get("pattern", ""), row.get("label", "")
    if not isinstance(pattern, str) or not isinstance(label, str) or not isinstance(kind, str):
        problems.append(Problem("pattern, label and kind as text", "something else", where))
        return None
    pattern, label, kind = pattern.strip(), label.strip(), kind.strip().lower()
    if kind not in KINDS:
        problems.append(
            Problem(f"kind {', '.join(KINDS)}", f"'{kind}'", where, did_you_mean(kind, KINDS))
        )
        return None
    if label not in labels:
        problems.append(
            Problem("a label of the models", f"'{label}'", where, did_you_mean(label, labels))
        )
    found: tuple[str, ...] = ()
    if kind == "lexicon":
        found = _terms(terms, pattern, where, path, problems)
        pattern = pattern or f"{len(found)} terms"
    elif terms is not None:
        problems.append(Problem("terms in a rule of kind lexicon only", f"kind {kind}", where))
    elif not same_key(pattern):
        problems.append(Problem("a pattern", "an empty one", where))
    if len(problems) > before:
        return None
    rule = Rule(pattern, label, kind, where, found)  # type: ignore[arg-type]
    try:
        find = rule.finder()
    except ValueError as e:
        mend = "RE2 has no backreferences and no look-around." if "invalid" in str(e) else ""
        problems.append(Problem("a regular expression of RE2", f"'{pattern}': {e}", where, mend))
        return None
    if kind == "regex" and next(find(""), None) is not None:
        problems.append(
            Problem("a pattern that an empty text does not match", f"'{pattern}'", where)
        )
        return None
    return rule


def _terms(
    given: Any, pattern: str, where: str, path: Path, problems: list[Problem]
) -> tuple[str, ...]:
    """Return the terms of a lexicon, written out or in a file beside the table."""
    if given is None:
        folder, name = path.parent.resolve(), path.parent / pattern
        if not pattern or not name.resolve().is_relative_to(folder):
            problems.append(Problem("a file of terms beside the table", f"'{pattern}'", where))
            return ()
        try:
            lines = _text(name, str(name)).splitlines()
        except UndercutError as e:
            problems.append(Problem("a file of terms, one a line", e.problems[0].found, where))
            return ()
        given = [line for line in lines if not line.startswith("#")]
    if not isinstance(given, list) or not all(isinstance(t, str) for t in given):
        problems.append(Problem("terms as a list of texts", "something else", where))
        return ()
    found = tuple(dict.fromkeys(t.strip() for t in given if same_key(t)))
    if not 0 < len(found) <= MOST_TERMS:
        problems.append(Problem(f"1 to {MOST_TERMS:,} terms", f"{len(found):,}", where))
    return found
