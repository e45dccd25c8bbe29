"""Which column is the text and which is the label: by name, else by what the cells look like."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.data.content import Content, content
from undercut.data.names import match, name_key
from undercut.data.own_splits import is_part_column
from undercut.data.table import Table, shown

_FLAG = {"text": "--text-column", "label": "--label-column"}


@dataclass(frozen=True)
class Choice:
    """Positions of the chosen columns; ``label`` is -1 when only the text was asked for."""

    text: int
    label: int
    note: str


@dataclass(frozen=True)
class _Found:
    """A column and why, or the columns it could be; with ``guess`` the first is likeliest."""

    column: int = -1
    reason: str = ""
    candidates: tuple[int, ...] = ()
    guess: bool = False


def column_at(table: Table, wanted: str, role: str) -> int:
    """Return the position of the column the user named.

    Raises:
        UndercutError: code ``data-columns``; there is none of that name.
    """
    found = _given(table, wanted, role)
    if isinstance(found, Problem):
        raise UndercutError("data-columns", found)
    return found


def _given(table: Table, wanted: str, role: str) -> int | Problem:
    """Return what :func:`column_at` does, a mistake as a value."""
    if wanted in table.columns:
        return table.columns.index(wanted)
    folded = [name_key(c) for c in table.columns]
    if folded.count(name_key(wanted)) == 1:
        return folded.index(name_key(wanted))
    if wanted.isdecimal() and 1 <= int(wanted) <= len(table.columns):
        return int(wanted) - 1
    fix = did_you_mean(wanted, table.columns)
    if not table.header:
        fix = f"The file names no columns; give a number, 1 to {len(table.columns)}."
    return Problem(f"a column for {_FLAG[role]}", f"no '{wanted}'", table.name, fix)


def _unfit(looks: Content, role: str) -> bool:
    """Tell whether the cells speak against a column that its name speaks for."""
    if looks.filled < 0.5:
        return True
    if role == "text":
        return looks.numeric > 0.5 or (looks.n >= 20 and looks.label_like)
    measured = looks.numeric > 0.9 and looks.distinct > 20
    return looks.length > 100 or measured or (looks.n >= 20 and looks.distinct > 0.9 * looks.n)


def _rivals(table: Table, looks: list[Content], but: set[int]) -> list[int]:
    """Return columns that might as well be the label: some words, not flags or measures."""
    return [
        j
        for j in _ranked(looks, set(range(len(looks))) - but)
        if looks[j].label_like
        and not looks[j].truth
        and looks[j].numeric < 0.5
        and looks[j].distinct <= 50
    ]


def _ranked(looks: list[Content], columns: Iterable[int]) -> list[int]:
    """Return columns by how likely they are the label."""

    def worse(j: int) -> tuple[bool, bool, float, int, int]:
        look = looks[j]
        return look.truth, look.numeric > 0.5, -round(look.filled, 1), look.distinct, j

    return sorted(columns, key=worse)


def _longest(looks: list[Content], fit: Sequence[int], table: Table) -> _Found | None:
    """Return the text that is at least twice as long as every other."""
    first, second = sorted(fit, key=lambda j: -looks[j].reading)[:2]
    if looks[first].reading < 2 * looks[second].reading:
        return None
    others = ", ".join(f"'{table.columns[j]}'" for j in fit if j != first)
    long = f"{looks[first].length:.0f} characters on average; not {others}"
    return _Found(first, f"the longest of {len(fit)} with words: {long}")


def _by_name(table: Table, looks: list[Content], role: str, taken: set[int]) -> _Found:
    found: dict[tuple[int, int], list[int]] = {}
    if table.header:
        for j, name in enumerate(table.columns):
            rank = match(name, role)
            fits = rank is not None and (rank[0] == 0 or not _unfit(looks[j], role))
            if rank is not None and fits and j not in taken:
                found.setdefault(rank, []).append(j)
    for rank in sorted(found):
        group = found[rank]
        fit = [j for j in group if not _unfit(looks[j], role)] or group
        if len(fit) > 1:
            longest = _longest(looks, fit, table) if role == "text" else None
            return longest or _Found(candidates=tuple(fit))
        rivals = _rivals(table, looks, taken | {fit[0]}) if role == "label" else []
        # A name that only contains the word, or a rating, proves nothing beside other classes.
        if rivals and (rank[0] > 0 or rank[1] > 2):
            return _Found(candidates=(fit[0], *rivals), guess=True)
        others = ", ".join(f"'{table.columns[j]}'" for j in rivals[:3])
        return _Found(fit[0], f"by its name; not {others}" if others else "by its name")
    return _Found()


def _without_codes(table: Table, looks: list[Content], fit: list[int]) -> list[int]:
    """Drop columns that say the same as another one in numbers, as ``102`` beside ``culture``."""
    step = -(-len(table.rows) // 5000) or 1
    rows = table.rows[::step]
    kept: list[int] = []
    for j in sorted(fit, key=lambda j: (looks[j].numeric > 0.5, j)):
        pairs = {k: len({(row[j], row[k]) for row in rows}) for k in kept}
        size = len({row[j] for row in rows})
        if not any(n == size == len({row[k] for row in rows}) for k, n in pairs.items()):
            kept.append(j)
    return kept


def _by_content(table: Table, looks: list[Content], role: str, taken: set[int]) -> _Found:
    free = [j for j in range(len(looks)) if j not in taken]
    if role == "text":
        fit = [j for j in free if looks[j].text_like]
        if not fit and len(free) == 1 and taken:
            return _Found(free[0], "the only other column")
        reason = "the only one with words that vary"
        if len(fit) > 1:
            return _longest(looks, fit, table) or _Found(candidates=tuple(fit))
    else:
        fit = _ranked(looks, [j for j in free if looks[j].label_like])
        small = [j for j in free if looks[j].n < 20 and looks[j].distinct >= 2]
        if not fit and len(free) == 1 and taken and small:
            return _Found(free[0], "the only other column")
        reason = "the only one with few different values"
        if len(fit) > 1:
            several = len(fit)
            fit = _ranked(looks, _without_codes(table, looks, fit))
            if len(fit) == 1:
                reason = f"the likeliest of {several} with few different values"
    if len(fit) == 1:
        seen = looks[fit[0]]
        return _Found(fit[0], f"{reason}: {seen.distinct:,} different in {seen.n:,} rows looked at")
    return _Found(candidates=tuple(fit))


def _two_short(looks: list[Content]) -> tuple[_Found, _Found] | None:
    """Tell text from label in two columns of repeated short values: the text varies more."""
    if len(looks) != 2:
        return None
    few, many = sorted((0, 1), key=lambda j: looks[j].distinct)
    if looks[many].wordy < 0.5 or looks[many].distinct < 2 * looks[few].distinct:
        return None
    if not looks[few].label_like:
        return None
    return _Found(many, "it varies more"), _Found(few, "it varies less")


def _unclear(table: Table, role: str, found: _Found, taken: set[int]) -> Problem:
    """Return the problem that lists what the column could be and the flag to type."""
    flag = _FLAG[role]
    pool = found.candidates or tuple(j for j in range(len(table.columns)) if j not in taken)
    parts = []
    for j in pool[:6]:
        cells = [c for c in table.cells(j) if c and c.strip()]
        samples = list(dict.fromkeys(cells[:50]))[:2]
        parts.append(f"{table.columns[j]} ({', '.join(shown(c, 36) for c in samples) or 'empty'})")
    several = f"{len(pool)} that are equally likely" if found.candidates else "none that stands out"
    if found.guess:
        several = f"{len(pool)} that look like labels, the likeliest first"
    flags = " or ".join(f"{flag} {shlex.quote(table.columns[j])}" for j in pool[:6])
    found_text = f"{several}: {'; '.join(parts)}"
    fix = f"Add {flags}."
    if role == "label" and len(pool) > 1 and all(content(table.cells(j)).truth for j in pool):
        fix += " Each says yes or no to a question of its own: a model for each."
    return Problem(f"one {role} column", found_text, table.name, fix)


def _note(table: Table, role: str, found: _Found) -> str:
    kind = "column" if table.header else "column number"
    return f"{role} is {kind} '{table.columns[found.column]}' ({found.reason})"


def choose(
    table: Table,
    text_column: str | None,
    label_column: str | None,
    like: tuple[list[str], Choice] | None = None,
    want_label: bool = True,
) -> Choice:
    """Return the positions of text and label.

    Args:
        table: the file.
        text_column: name, or number from 1, given by the user.
        label_column: the same for the label.
        like: columns and choice of an earlier file of the same data; followed when they agree.
        want_label: False when only the text is needed.

    Raises:
        UndercutError: code ``data-columns``; a column is missing, or several are equally likely:
            they are listed with samples and the flag to type.
    """
    if not table.columns:
        raise fail("data-columns", expected="columns", found="empty records", where=table.name)
    if want_label and len(table.columns) < 2:
        name = shown(table.columns[0]) if table.header else "without a name"
        raise fail(
            "data-columns",
            expected="a text column and a label column",
            found=f"a single column, {name}",
            where=table.name,
            fix="Write text and label in two columns, divided by a comma or a tab; or put the "
            "texts of each label into a folder of its name, a file a text.",
        )
    looks = [content(table.cells(j)) for j in range(len(table.columns))]
    asked = {"text": text_column, "label": label_column if want_label else None}
    problems: list[Problem] = []
    chosen: dict[str, _Found] = {}
    for role, wanted in asked.items():
        if wanted is not None:
            given = _given(table, wanted, role)
            if isinstance(given, Problem):
                problems.append(given)
            else:
                chosen[role] = _Found(given, "as you said")
    if problems:
        raise UndercutError("data-columns", problems)
    if like is not None and not chosen and want_label:
        names = like[0][like[1].text], like[0][like[1].label]
        same = like[0] == table.columns
        if same or (table.header and set(names) <= set(table.columns)):
            text_at, label_at = map(table.columns.index, names)
            return Choice(text_at, label_at, "")
    if table.unclear is not None and text_column is None:
        raise UndercutError("data-columns", table.unclear)
    parts = {
        j
        for j, name in enumerate(table.columns)
        if table.header and looks[j].distinct <= 4 and is_part_column(name, table.cells(j))
    }
    missing = [r for r in ("text", "label") if r not in chosen and (want_label or r == "text")]
    unclear: dict[str, _Found] = {}
    for finder in ("name", "content"):
        for role in missing:
            if role in chosen or role in unclear:
                continue
            taken = {f.column for f in chosen.values()} | parts
            by_name = finder == "name"
            found = (
                _by_name(table, looks, role, taken)
                if by_name
                else _by_content(table, looks, role, taken)
            )
            if found.column >= 0:
                chosen[role] = found
            elif found.candidates or not by_name:
                unclear[role] = found
    if len(missing) == 2 and unclear:
        pair = _two_short(looks)
        if pair:
            chosen, unclear = {"text": pair[0], "label": pair[1]}, {}
    if unclear and len(table.columns) == 1 and not want_label:
        chosen, unclear = {"text": _Found(0, "the only column")}, {}
    taken = {f.column for f in chosen.values()}
    if unclear:
        listed = [_unclear(table, role, found, taken) for role, found in unclear.items()]
        raise UndercutError("data-columns", listed)
    notes = [_note(table, role, chosen[role]) for role in ("text", "label") if role in chosen]
    if want_label and chosen["text"].column == chosen["label"].column:
        problem = Problem("two different columns", "one for both", table.name)
        raise UndercutError("data-columns", problem)
    label = chosen["label"].column if want_label else -1
    return Choice(chosen["text"].column, label, f"{table.name}: {'; '.join(notes)}.")
