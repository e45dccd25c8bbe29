"""A split data set on disk, as JSON and JSON lines, exactly as it was."""

from __future__ import annotations

import json
from pathlib import Path

from undercut.core.errors import IntegrityError, Problem
from undercut.core.types import Dataset, Examples
from undercut.data.identity import dataset_hash
from undercut.store.files import whole_folder, write_json

META = "dataset.json"
SCHEMA = 1


def _write(path: Path, split: Examples) -> None:
    targets = split.targets if len(split.targets) else [None] * len(split)
    with path.open("w", encoding="utf-8", newline="\n") as f:
        for value, target, row in zip(split.inputs, targets, split.rows, strict=True):
            f.write(json.dumps([value, target, row], ensure_ascii=False) + "\n")


def _read(path: Path, labelled: bool) -> Examples:
    with path.open(encoding="utf-8", newline="\n") as f:
        found = [json.loads(line) for line in f]
    targets = [target for _, target, _ in found] if labelled else []
    return Examples([x for x, _, _ in found], targets, [row for _, _, row in found])


def save_dataset(folder: Path, dataset: Dataset) -> None:
    """Write a data set to ``folder``, whole or not at all; an older one is replaced.

    Inputs and targets must be JSON values. One line a row: ``[input, target, "file:line"]``.
    """
    splits = {"train": dataset.train, "valid": dataset.valid, "test": dataset.test}
    meta = {
        "schema_version": SCHEMA,
        "name": dataset.name,
        "task": dataset.task,
        "hash": dataset.hash,
        "labels": list(dataset.labels),
        "sources": dict(dataset.sources),
        "licence": dataset.licence,
        "splits": {
            name: {"rows": len(split), "labelled": bool(len(split.targets))}
            for name, split in splits.items()
            if split is not None
        },
    }
    with whole_folder(folder) as temporary:
        for name, split in splits.items():
            if split is not None:
                _write(temporary / f"{name}.jsonl", split)
        write_json(temporary / META, meta)


def _torn(folder: Path, found: str) -> IntegrityError:
    problem = Problem(
        "the data set that was stored", found, str(folder), "Delete its folder and run again."
    )
    return IntegrityError("data-stored", problem)


def open_dataset(folder: Path) -> Dataset:
    """Read a data set that :func:`save_dataset` wrote, and verify its hash.

    Raises:
        IntegrityError: missing, torn, edited, or of another version.
    """
    try:
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        if meta["schema_version"] != SCHEMA:
            raise _torn(folder, f"version {meta['schema_version']}, not {SCHEMA}")
        splits = {
            name: _read(folder / f"{name}.jsonl", meta["splits"][name]["labelled"])
            for name in ("train", "valid", "test")
            if name in meta["splits"]
        }
        dataset = Dataset(
            name=meta["name"],
            task=meta["task"],
            hash=meta["hash"],
            labels=tuple(meta["labels"]),
            train=splits["train"],
            valid=splits["valid"],
            test=splits.get("test"),
            sources=meta["sources"],
            licence=meta["licence"],
        )
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise _torn(folder, f"it cannot be read ({type(e).__name__})") from e
    whole = dataset_hash(dataset.task, dataset.labels, dataset.train, dataset.valid, dataset.test)
    if whole != dataset.hash:
        raise _torn(folder, f"other rows (hash {whole[:12]}, not {dataset.hash[:12]})")
    return dataset
