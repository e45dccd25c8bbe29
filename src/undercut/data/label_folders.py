"""A folder per label with a text per file, as ``pos/0_9.txt``, to a table."""

from __future__ import annotations

from pathlib import Path

from undercut.core.errors import Problem, UndercutError, fail
from undercut.data.decode import decode
from undercut.data.names import name_key
from undercut.data.table import Table, count

SUFFIXES = {".txt", ""}
UNLABELLED = {"unsup", "unsupervised", "unlabeled", "unlabelled", "unknown"}


def _visible(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.name[:1] not in "._")


def texts_in(folder: Path) -> list[Path]:
    """Return the text files directly in a folder."""
    return [p for p in _visible(folder) if p.suffix.lower() in SUFFIXES and p.is_file()]


def label_folders(folder: Path) -> list[Path]:
    """Return the subfolders that hold texts of one label each; empty when there are not two."""
    found = [p for p in _visible(folder) if p.is_dir() and texts_in(p)]
    labels = [p for p in found if name_key(p.name) not in UNLABELLED]
    return labels if len(labels) >= 2 else []


def read_label_folders(folder: Path, name: str) -> Table:
    """Return a row a file: its text, and the folder's name as the label.

    Raises:
        UndercutError: no subfolders with texts, or none of the texts can be read.
    """
    labels = label_folders(folder)
    if not labels:
        raise fail(
            "data-file",
            expected="a file, or a folder with a subfolder of texts for each label",
            found="a folder without them",
            where=str(folder),
        )
    places: list[str] = []
    table = Table(name, ["text", "label"], True, [], [], places=places)
    odd: set[str] = set()
    for label in labels:
        for path in texts_in(label):
            place = f"{name}/{label.name}/{path.name}"
            try:
                text, notes = decode(path.read_bytes(), place)
            except OSError as e:
                found = e.strerror or "an error of the system"
                table.problems.append((0, Problem("a readable file", found, place)))
                continue
            except UndercutError as e:
                table.problems += [(0, p) for p in e.problems]
                continue
            odd |= {n.removeprefix(f"{place}: ") for n in notes}
            table.rows.append([text.strip(), label.name])
            table.lines.append(1)
            places.append(f"{place}:1")
    table.notes.append(
        f"{name}: a text a file, {count(len(labels), 'folder')} as labels: "
        f"{', '.join(p.name for p in labels[:5])}{' ...' if len(labels) > 5 else ''}."
    )
    table.notes += [f"{name}: in some files: {note}" for note in sorted(odd)[:5]]
    return table
