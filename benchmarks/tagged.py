"""Files of words and tags in columns, and strict entity F1, counted apart from the product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FILES = {
    "conll2003": ("eng.train", "eng.testa", "eng.testb"),
    "resume_ner_zh": ("train.char.bmes", "dev.char.bmes", "test.char.bmes"),
}
DRAWS = 2000
Span = tuple[int, int, str]


@dataclass(frozen=True)
class Document:
    """Sentences of words, and the entities of each: first word, last (exclusive), type."""

    sentences: list[list[str]]
    entities: list[list[Span]]


def spans(tags: list[str]) -> list[Span]:
    """Return the entities of a sentence's tags, in IOB1, IOB2 or BMES."""
    found: list[Span] = []
    start, kind = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        role, name = tag[0], tag[2:]
        if kind and (role in "OBS" or name != kind):
            found.append((start, i, kind))
            kind = ""
        if role != "O" and not kind:
            start, kind = i, name
    return found


def read(path: Path) -> list[Document]:
    """Return the documents of a file; without -DOCSTART- lines every sentence is one."""
    text = path.read_text(encoding="utf-8")
    whole = "-DOCSTART-" in text
    documents: list[Document] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        cells = [line.split() for line in block.splitlines() if line.strip()]
        if cells and cells[0][0] == "-DOCSTART-":
            documents.append(Document([], []))
            cells = cells[1:]
        if not cells:
            continue
        if not whole or not documents:
            documents.append(Document([], []))
        documents[-1].sentences.append([c[0] for c in cells])
        documents[-1].entities.append(spans([c[-1] for c in cells]))
    return documents


def splits(name: str, data: Path) -> list[list[Document]]:
    """Return the training, validation and test documents of a data set.

    Raises:
        SystemExit: the folder of public data sets is not there.
    """
    folder = Path(data) / name
    if not folder.is_dir():
        raise SystemExit(f"{name}: expected its folder below the data folder, found none.")
    return [read(folder / file) for file in FILES[name]]


def strict_f1(gold: list[Document], found: list[list[list[Span]]], seed: int = 0) -> dict[str, Any]:
    """Return precision, recall and F1 in percent; 95 % interval by resampling documents.

    Args:
        gold: the documents.
        found: for each its sentences' entities.
        seed: of the resampling.
    """
    counts = np.array(
        [
            [
                sum(len(set(a) & set(b)) for a, b in zip(d.entities, own, strict=True)),
                sum(map(len, d.entities)),
                sum(map(len, own)),
            ]
            for d, own in zip(gold, found, strict=True)
        ]
    )
    right, there, said = counts.sum(axis=0)
    rng = np.random.default_rng(seed)
    drawn = counts[rng.integers(0, len(counts), (DRAWS, len(counts)))].sum(axis=1)
    low, high = np.quantile(200 * drawn[:, 0] / (drawn[:, 1] + drawn[:, 2]), [0.025, 0.975])
    return {
        "precision": float(100 * right / max(said, 1)),
        "recall": float(100 * right / max(there, 1)),
        "f1": float(200 * right / (there + said)),
        "f1_low": float(low),
        "f1_high": float(high),
        "entities": int(there),
    }
