"""The public data sets the benchmarks use, read from ``--data`` or ``UNDERCUT_DATA``."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SPLIT_SEED = 0
TEST_SHARE = 0.2
VALID_SHARE = 0.1


@dataclass(frozen=True)
class Rows:
    """Texts and their labels, in file order."""

    texts: list[str]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, index: Sequence[int] | np.ndarray) -> Rows:
        """Return the rows at ``index``."""
        return Rows([self.texts[i] for i in index], [self.labels[i] for i in index])

    def write(self, path: Path) -> Path:
        """Write the rows as a CSV file with the columns ``text`` and ``label``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            writer.writerows(zip(self.texts, self.labels, strict=True))
        return path


@dataclass(frozen=True)
class Split:
    """A data set with its fixed train and test rows; nothing is ever chosen on ``test``."""

    name: str
    train: Rows
    test: Rows

    @property
    def classes(self) -> list[str]:
        """The label space, sorted."""
        return sorted(set(self.train.labels) | set(self.test.labels))


def stratified(labels: Sequence[str], share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (rest, held-out) row numbers, ``share`` of every class held out, both sorted."""
    rng = np.random.default_rng(seed)
    groups: dict[str, list[int]] = defaultdict(list)
    for i, label in enumerate(labels):
        groups[label].append(i)
    held: list[int] = []
    for label in sorted(groups):
        members = rng.permutation(groups[label])
        held.extend(int(i) for i in members[: round(share * len(members))])
    mask = np.zeros(len(labels), bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _read_csv(path: Path, text: str, label: str) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    return Rows([r[text] for r in table], [r[label] for r in table])


def banking77(data: Path) -> Split:
    """Return Banking77 (Casanueva et al. 2020): the published train and test files."""
    folder = data / "banking77"
    parts = [_read_csv(folder / f"{s}.csv", "text", "category") for s in ("train", "test")]
    return Split("banking77", *parts)


def waimai_10k(data: Path) -> Split:
    """Return waimai_10k without repeated texts, a fifth of each class held out as test."""
    rows = _read_csv(data / "waimai_10k" / "waimai_10k.csv", "review", "label")
    first = sorted({text: i for i, text in reversed(list(enumerate(rows.texts)))}.values())
    names = {"0": "negative", "1": "positive"}
    rows = rows.take(first)
    rows = Rows(rows.texts, [names[x] for x in rows.labels])
    train, test = stratified(rows.labels, TEST_SHARE, SPLIT_SEED)
    return Split("waimai_10k", rows.take(train), rows.take(test))


def thucnews_titles(data: Path) -> Split:
    """Return THUCNews titles: trained on the 10,000 of ``dev.txt``, tested on ``test.txt``."""
    folder = data / "thucnews_titles"
    names = folder.joinpath("class.txt").read_text(encoding="utf-8").split()
    parts = []
    for file in ("dev.txt", "test.txt"):
        lines = folder.joinpath(file).read_text(encoding="utf-8").splitlines()
        cells = [line.rpartition("\t") for line in lines if line.strip()]
        parts.append(Rows([c[0] for c in cells], [names[int(c[2])] for c in cells]))
    return Split("thucnews_titles", *parts)


def sst2(data: Path) -> Split:
    """Return SST-2 (Socher et al. 2013): the published training and test sentences."""
    parts = []
    for name in ("train", "test"):
        lines = (data / "sst2" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        cells = [line.rpartition("\t") for line in lines if line.strip()]
        parts.append(Rows([c[0] for c in cells], [c[2] for c in cells]))
    return Split("sst2", *parts)


READERS: dict[str, Callable[[Path], Split]] = {
    "banking77": banking77,
    "waimai_10k": waimai_10k,
    "thucnews_titles": thucnews_titles,
    "sst2": sst2,
}
CHINESE = ("waimai_10k", "thucnews_titles")
COMPARED = ("banking77", *CHINESE)
"""Sets on which linear peers with settings of their own take part."""


def read(name: str, data: Path | str) -> Split:
    """Return a data set.

    Raises:
        SystemExit: the folder of public data sets is not there.
    """
    folder = Path(data)
    if not (folder / name).is_dir():
        raise SystemExit(
            f"{name}: expected its folder below the data folder, found none. Say where the public "
            "data sets are with --data DIR or UNDERCUT_DATA; benchmarks/README.md lists them."
        )
    return READERS[name](folder)
