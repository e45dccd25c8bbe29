"""What is wrong with labelled rows, told before money is spent on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Literal

import numpy as np
from pydantic import Field

from undercut.core.types import Examples, Record
from undercut.data.kept import Places
from undercut.data.normal import first_alike, same_hashes, same_key
from undercut.data.rows import LISTED
from undercut.data.table import count

FEW = 5
SKEW = 20
_NOTHING = {"nan", "null", "n/a", "#n/a", "na", "undefined", "#ref!", "#value!"}


class Finding(Record):
    """One thing the checks found."""

    severity: Literal["error", "warning"]
    code: str = Field(description="stable short code, such as duplicates")
    message: str = Field(description="how many, an example, and how to mend it")
    rows: list[str] = Field(description="file:line of the first rows concerned, at most 100")


def finding(severity: str, code: str, message: str, rows: Sequence[str]) -> Finding:
    """Make a finding of ``what was found | how to mend it`` and its rows, of which 100 are kept."""
    at = f" (first: {', '.join(rows[:3])})" if rows else ""
    head, _, mend = message.rpartition(" | ")
    text = f"{head}{at}. {mend}"
    return Finding(severity=severity, code=code, message=text, rows=list(rows[:LISTED]))  # type: ignore[arg-type]


def _names(labels: Sequence[str], n: int = 5) -> str:
    return ", ".join(f"'{x}'" for x in labels[:n]) + (" ..." if len(labels) > n else "")


def _in_file_order(part: Examples) -> Examples:
    """Return the rows as they stand in the files: a split has shuffled them."""
    if len(part.targets) != len(part):
        return part
    if isinstance(part.rows, Places):
        by_line = part.rows.order()
        sorted_already = bool((np.diff(by_line) > 0).all())
        return part if sorted_already else part.take(by_line)
    file: dict[str, int] = {}
    order = []
    for i, row in enumerate(part.rows):
        name, _, line = row.rpartition(":")
        order.append((file.setdefault(name, len(file)), int(line) if line.isdecimal() else i, i))
    return part.take([i for _, _, i in sorted(order)])


def _empty(train: Examples, test: Examples | None) -> list[Finding]:
    rows = [
        part.rows[i]
        for part in (train, test)
        if part is not None
        for i, x in enumerate(part.inputs)
        if isinstance(x, str) and not x.strip()
    ]
    total = len(train) + (len(test) if test else 0)
    if not total:
        return [finding("error", "empty", "There are no rows | Give a labelled file.", [])]
    if not rows:
        return []
    severity = "error" if len(rows) == total else "warning"
    message = f"{len(rows):,} of {count(total, 'text')} are empty | Delete these rows."
    return [finding(severity, "empty", message, rows)]


def _repeats(train: Examples, keys: np.ndarray) -> list[Finding]:
    """Find texts that stand more than once, with one label or with several.

    Args:
        train: the rows.
        keys: hash of each text.
    """
    first = first_alike(keys)
    again = np.flatnonzero(first != np.arange(len(first)))
    again = again[np.argsort(first[again], kind="stable")]
    found = []
    if len(again):
        message = (
            f"{count(len(again), 'row repeats', 'rows repeat')} the text of an earlier row | "
            "They count twice in training and teach nothing new; delete them if they are copies."
        )
        rows = [train.rows[i] for i in again[:LISTED].tolist()]
        found.append(finding("warning", "duplicates", message, rows))
    ahead = first[again]
    pairs = zip(again.tolist(), ahead.tolist(), strict=True)
    differ = [train.targets[i] != train.targets[j] for i, j in pairs]
    torn = ahead[np.array(differ, bool)]
    torn = torn[np.diff(torn, prepend=-1) != 0].tolist()

    def members(one: int) -> list[int]:
        begin, end = np.searchsorted(ahead, [one, one + 1])
        return [one, *again[begin:end].tolist()]

    if torn:
        labels = list(dict.fromkeys(str(train.targets[i]) for i in members(torn[0])))
        where = islice((train.rows[i] for one in torn for i in members(one)), LISTED)
        have = count(len(torn), "text has", "texts have")
        message = (
            f"{have} more than one label, such as {_names(labels)} | "
            "No model can get all of these right; keep one label for each."
        )
        found.append(finding("warning", "conflicts", message, list(where)))
    return found


def _shared(keys: np.ndarray, test: Examples) -> list[Finding]:
    shared = np.flatnonzero(np.isin(same_hashes(test.inputs), keys))
    if not len(shared):
        return []
    message = (
        f"{count(len(shared), 'test row is', 'test rows are')} also in training, "
        f"{100 * len(shared) / len(test):.1f} % of the test | "
        "The test figure would flatter the model; remove them from training."
    )
    rows = [test.rows[i] for i in shared[:LISTED].tolist()]
    return [finding("warning", "shared", message, rows)]


def _first_rows(part: Examples, wanted: Callable[[str], bool]) -> list[str]:
    found = (part.rows[i] for i, t in enumerate(part.targets) if wanted(str(t)))
    return list(islice(found, LISTED))


def _variants(train: Examples, sizes: Counter[str]) -> list[Finding]:
    alike: dict[str, list[str]] = defaultdict(list)
    for label in sizes:
        alike[same_key(label)].append(label)
    found = []
    for group in alike.values():
        if len(group) > 1:
            group.sort(key=lambda x: (-sizes[x], x))
            listed = ", ".join(f"'{x}' ({count(sizes[x], 'row')})" for x in group)
            rare = set(group[1:])
            message = (
                f"{len(group)} labels differ only in case, space or width: {listed} | "
                f"They are learnt as different answers; write '{group[0]}' everywhere."
            )
            rows = _first_rows(train, rare.__contains__)
            found.append(finding("warning", "label-variants", message, rows))
    return found


def _sizes(train: Examples, sizes: Counter[str]) -> list[Finding]:
    """Find classes that are missing, tiny, or dwarfed by another."""
    if len(sizes) < 2:
        only = f": '{next(iter(sizes))}'" if sizes else ""
        message = (
            f"There {'is 1 label' if sizes else 'are no labels'}{only} | "
            "At least two are needed; is it the right column (--label-column)?"
        )
        return [finding("error", "classes", message, list(train.rows[:3]))]
    found = []
    ranked = sorted(sizes, key=lambda x: (sizes[x], x))
    few = [x for x in ranked if sizes[x] < FEW]
    if len(train) >= 20 and len(sizes) > len(train) / 2:
        message = (
            f"{len(sizes):,} different labels in {len(train):,} rows | "
            "Nearly every row has its own; is it the right column (--label-column)?"
        )
        found.append(finding("warning", "many-labels", message, []))
    elif few:
        message = (
            f"{count(len(few), 'class has', 'classes have')} fewer than {FEW} rows: {_names(few)} "
            "| They will hardly be learnt; label more, or merge them into another class."
        )
        few_set = set(few)
        rows = _first_rows(train, few_set.__contains__)
        found.append(finding("warning", "few-rows", message, rows))
    small, large = ranked[0], ranked[-1]
    if sizes[large] >= SKEW * sizes[small] or sizes[large] >= 0.9 * len(train):
        message = (
            f"'{large}' has {sizes[large]:,} rows, {100 * sizes[large] / len(train):.1f} % of all, "
            f"and '{small}' has {sizes[small]:,} | "
            "Read macro-F1 beside accuracy, and label more of the rare classes."
        )
        found.append(finding("warning", "imbalance", message, []))
    return found


def _nothing(train: Examples, sizes: Counter[str]) -> list[Finding]:
    odd = sorted(x for x in sizes if x.strip().casefold() in _NOTHING)
    if not odd:
        return []
    n = sum(sizes[x] for x in odd)
    message = (
        f"{count(n, 'row is', 'rows are')} labelled {_names(odd)}, which looks like a missing value"
        " | Delete these rows, or ignore this if it is a class of yours."
    )
    rows = _first_rows(train, set(odd).__contains__)
    return [finding("warning", "missing-label", message, rows)]


def _unseen(sizes: Counter[str], test: Examples) -> list[Finding]:
    strange = sorted({str(t) for t in test.targets} - set(sizes))
    if not strange:
        return []
    known = {same_key(x): x for x in sizes}
    hints = [f"'{known[same_key(x)]}' for '{x}'" for x in strange if same_key(x) in known]
    mend = f"Write {', '.join(hints[:3])}." if hints else "Add training rows of them, or drop them."
    message = (
        f"{count(len(strange), 'test label never occurs', 'test labels never occur')} in training: "
        f"{_names(strange)} | {mend}"
    )
    rows = _first_rows(test, set(strange).__contains__)
    return [finding("error", "unseen-labels", message, rows)]


def check(train: Examples, test: Examples | None) -> list[Finding]:
    """Return what is wrong with labelled rows, errors first.

    Texts are compared without regard to white space, case and width.

    Args:
        train: every row to learn from, validation rows included.
        test: rows held out, if any.
    """
    train = _in_file_order(train)
    sizes = Counter(str(t) for t in train.targets)
    found = _empty(train, test)
    if len(train):
        keys = same_hashes(train.inputs)
        found += _sizes(train, sizes) + _nothing(train, sizes) + _variants(train, sizes)
        found += _repeats(train, keys)
        if test is not None and len(test):
            found += _unseen(sizes, test) + _shared(keys, test)
    return sorted(found, key=lambda f: f.severity != "error")
