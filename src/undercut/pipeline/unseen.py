"""Rows to judge models on, without those that the models have learned from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from undercut.core.errors import fail
from undercut.core.types import Dataset, Examples, Manifest
from undercut.data.normal import same_hashes
from undercut.data.stored import open_dataset
from undercut.measures.words import count
from undercut.store import artefacts, learned

LEAST_ROWS = 30
"""Rows that must be left once learned ones have gone."""


def unseen(
    rows: Examples, folders: Sequence[Path], workspace: Path, where: str
) -> tuple[Examples, list[str]]:
    """Leave out rows that a model has learned from: the same text but for case and white space.

    Args:
        rows: labelled rows.
        folders: the models' artefacts.
        workspace: where the rows of a model that keeps no record of them may still lie.
        where: what the rows are called in an error.

    Returns:
        The rows left, and notes: how many were left out, and of which models it cannot be known.

    Raises:
        UndercutError: code ``rows-learned``; fewer than 30 are left.
    """
    known, notes = learned_by(folders, workspace)
    gone = np.isin(same_hashes(rows.inputs), known)
    if gone.any():
        left = len(rows) - int(gone.sum())
        if left < LEAST_ROWS:
            raise fail(
                "rows-learned",
                expected=f"{LEAST_ROWS} labelled rows or more that no model has learned from",
                found=f"{count(left)} of {count(len(rows))} rows; the others were learned from",
                where=where,
                fix="Give rows that were no part of training, such as a test file.",
            )
        said = _rows(int(gone.sum()), len(rows))
        notes.append(f"{said} left out: a model has learned from them.")
        rows = rows.take(np.flatnonzero(~gone).tolist())
    return rows, notes


def learned_by(folders: Sequence[Path], workspace: Path) -> tuple[np.ndarray, list[str]]:
    """Return the hashes of rows models have learned from, and of which models they are unknown."""
    known, unknown = [np.zeros(0, np.uint64)], []
    for folder in dict.fromkeys(folders):
        manifest = artefacts.read_manifest(folder, verify=False)
        found = learned.read(folder, manifest)
        if found is None:
            data = dataset_of(workspace, manifest.dataset)
            found = None if data is None else same_hashes([*data.train.inputs, *data.valid.inputs])
        if found is None:
            unknown.append(manifest.name)
        else:
            known.append(found)
    notes = [
        f"Whether '{name}' has learned from these rows cannot be checked: it keeps no record of "
        "what it learned from."
        for name in dict.fromkeys(unknown)
    ]
    return np.unique(np.concatenate(known)), notes


def dataset_of(workspace: Path, wanted: str) -> Dataset | None:
    """Return the data set with a hash, if the workspace still has it."""
    if not wanted:
        return None
    for path in sorted(workspace.glob("steps/data-*/result.json")):
        if json.loads(path.read_text(encoding="utf-8")).get("hash") == wanted:
            return open_dataset(path.parent / "data")
    return None


def flattered(rows: Examples, folder: Path, manifest: Manifest) -> str:
    """Say that a model has learned from rows it is scored on; empty where it has from none."""
    known = learned.read(folder, manifest)
    gone = 0 if known is None else int(np.isin(same_hashes(rows.inputs), known).sum())
    if not gone:
        return ""
    return f"{_rows(gone, len(rows))} learned from by the model: its score is flattered."


def _rows(some: int, all_of_them: int) -> str:
    verb = "was" if some == 1 else "were"
    return f"{count(some)} of {count(all_of_them)} rows {verb}"
