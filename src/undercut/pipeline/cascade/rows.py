"""Rows to choose thresholds on that no tier has learnt, and the tiers to choose with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from undercut.core.errors import fail
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.types import Examples
from undercut.data.load import load_examples
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.run import FACTS
from undercut.pipeline.unseen import dataset_of, unseen
from undercut.store import artefacts

VALIDATION = "the runs' validation rows"


@dataclass
class HeldOut:
    """The rows, and the tiers they are held out from.

    Attributes:
        rows: labelled rows.
        split: where they are from.
        folders: artefacts to choose thresholds with, one a tier; those that are served unless
            these have been refitted on the rows.
        notes: what was decided.
    """

    rows: Examples
    split: str
    folders: list[Path]
    notes: list[str] = field(default_factory=list)


def held_out(spec: CascadeSpec, task: Any, folders: list[Path]) -> HeldOut:
    """Return rows that no tier has learnt: of the files named, else the runs' validation rows.

    Raises:
        UndercutError: code ``cascade-rows`` or ``rows-learned``; there are none, or too few.
    """
    labels = artefacts.read_manifest(folders[0], verify=False).labels
    if not spec.data:
        return _validation(spec, folders)
    pool, notes = load_examples(spec.data, task, spec.text_column, spec.label_column, held_out=True)
    task.encode(pool, labels)
    found = HeldOut(pool, ", ".join(p.name for p in spec.data), folders, notes)
    found.rows, said = unseen(pool, folders, spec.workspace, found.split)
    found.notes += said
    return found


def _validation(spec: CascadeSpec, folders: list[Path]) -> HeldOut:
    """Return the validation rows all tiers' runs share, and the tiers as fitted without them."""
    before, hashes = [], set()
    for folder in folders:
        manifest = artefacts.read_manifest(folder, verify=False)
        hashes.add(manifest.dataset)
        before.append(_before_refit(folder))
    data = dataset_of(spec.workspace, hashes.pop()) if len(hashes) == 1 else None
    if data is None or not all(before):
        raise _none(
            "models that are not all runs on the same data in this workspace", str(spec.workspace)
        )
    chosen = [f for f in before if f is not None]
    notes = []
    if chosen != folders:
        notes.append(
            "Thresholds are chosen with the models as they were before they were refitted on the "
            "validation rows; the refitted ones are served."
        )
    return HeldOut(data.valid, VALIDATION, chosen, notes)


def _before_refit(folder: Path) -> Path | None:
    """Return the artefact of a run as it was fitted without the validation rows."""
    path = folder.parent / FACTS
    if not path.is_file():
        return None
    facts = RunFacts.model_validate(json.loads(path.read_text(encoding="utf-8")))
    promoted = next(v for v in facts.variants if v.promoted)
    if "refitted on" not in promoted.note:
        return folder
    place = Path(promoted.chosen_folder)
    return place if promoted.chosen_folder and place.is_dir() else None


def _none(found: str, where: str) -> Exception:
    return fail(
        "cascade-rows",
        expected="labelled rows that no model has learnt, to choose thresholds on",
        found=found,
        where=where,
        fix="Give held-out rows: --data FILE.",
    )
