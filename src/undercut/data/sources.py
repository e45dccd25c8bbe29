"""What the user names, to files: standard input, several files, folders with their own splits."""

from __future__ import annotations

import atexit
import hashlib
import re
import shutil
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

from undercut.core.errors import Problem, UndercutError, fail
from undercut.data import excel, parquet
from undercut.data.label_folders import label_folders
from undercut.data.own_splits import WORDS, part_in, part_of
from undercut.data.table import count
from undercut.store.files import sha256_file

STDIN = (Path("-"), Path("/dev/stdin"))
FORMATS = {
    ".csv": "CSV",
    ".tsv": "TSV",
    ".tab": "TSV",
    ".txt": "text",
    ".json": "JSON",
    ".jsonl": "JSON lines",
    ".ndjson": "JSON lines",
    ".jl": "JSON lines",
    **dict.fromkeys(
        (".conll", ".conllu", ".bio", ".iob", ".iob2", ".bioes", ".bieos", ".bmes", ".ner"), "CoNLL"
    ),
    **dict.fromkeys(parquet.SUFFIXES, "Parquet"),
    **dict.fromkeys(excel.SUFFIXES, "Excel"),
}
_ASIDE = re.compile(
    r"readme|licen[cs]e|notice|changelog|citation|class(es)?|labels?|categories|requirements|"
    r"dataset_infos?|metadata|说明",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sources:
    """The files behind what was named.

    Attributes:
        train, valid, test: files and label folders, in order.
        name: what the data set is called.
        names: how each file is called in messages.
        notes: what was decided.
    """

    train: list[Path]
    valid: list[Path]
    test: list[Path]
    name: str
    names: dict[Path, str]
    notes: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        """Every file once."""
        return list(dict.fromkeys([*self.train, *self.valid, *self.test]))


@cache
def _place() -> Path:
    """Return a temporary folder that goes away when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="undercut-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _kept(stream: IO[bytes], name: str) -> Path:
    """Copy what can be read only once to a file, in blocks."""
    path = _place() / name
    with path.open("wb") as f:
        shutil.copyfileobj(stream, f)
    return path


@cache
def _stdin() -> Path:
    """Return a file with all of standard input.

    Raises:
        UndercutError: it is a terminal.
    """
    stream = sys.stdin
    if stream is None or stream.isatty():
        raise fail(
            "data-file",
            expected="rows on standard input",
            found="a terminal",
            where="-",
            fix="Pipe a file in: cat rows.csv | undercut check -",
        )
    return _kept(stream.buffer, "stdin")


@cache
def _pipe(path: Path) -> Path:
    with path.open("rb") as f:
        return _kept(f, f"pipe-{path.name}")


def format_of(path: Path) -> str:
    """Return the format a file's name speaks of; ``""`` when none.

    ``eng.train``, ``eng.testa`` and a plain ``dev`` are named as CoNLL's own files are.
    """
    known = FORMATS.get(path.suffix.lower(), "")
    part = part_of(path.suffix[1:] if path.suffix else path.name)
    return known or ("CoNLL" if part else "")


def _part(path: Path) -> str | None:
    """Return the part a file's name speaks of."""
    return part_of(path.suffix[1:]) or part_in(path.stem)


def _file(path: Path) -> Path:
    """Return a regular file for what was named; a missing one is left to the reader.

    Raises:
        UndercutError: a device or a socket, which may never end.
    """
    if path in STDIN:
        return _stdin()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return path
    if stat.S_ISFIFO(mode):
        return _pipe(path)
    if not stat.S_ISREG(mode):
        kind = "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise fail("data-file", expected="a file", found=kind, where=str(path))
    return path


def sha256_source(path: Path) -> str:
    """Return the SHA-256 of a file, or of a folder's files with their names."""
    if not path.is_dir():
        return sha256_file(path)
    digest = hashlib.sha256()
    for p in sorted(path.rglob("*")):
        if p.is_file() and p.name[:1] not in "._":
            digest.update(f"{p.relative_to(path).as_posix()}\0{sha256_file(p)}\n".encode())
    return digest.hexdigest()


def _listed(paths: Sequence[Path]) -> str:
    names = [p.name for p in paths]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _of_one_format(folder: Path, files: list[Path]) -> list[Path]:
    formats = {format_of(p) for p in files}
    if len(formats) > 1:
        problem = Problem(
            "files of one format in a folder",
            f"{' and '.join(sorted(formats))} ({_listed(files)})",
            str(folder),
            f"Name the file: {files[0]}",
        )
        raise UndercutError("data-folder", problem)
    return files


def _folder(folder: Path, notes: list[str]) -> dict[str, list[Path]]:
    """Return the files of a folder by part; all under ``train`` when it has no splits.

    Raises:
        UndercutError: nothing readable in it, or files of several formats without splits.
    """
    try:
        inside = sorted(p for p in folder.iterdir() if p.name[:1] not in "._")
    except OSError as e:
        found = e.strerror or "an error of the system"
        raise fail("data-file", expected="a readable folder", found=found, where=str(folder)) from e
    readable = [p for p in inside if p.is_file() and format_of(p)]
    if any(p.suffix.lower() == ".ann" for p in inside):
        return {"train": [folder]}
    rows = [p for p in readable if not _ASIDE.fullmatch(p.stem)]
    if label_folders(folder) and not any(_part(p) for p in rows):
        names = {part_in(p.name) for p in label_folders(folder)}
        if None in names or len(names) < 2:
            return {"train": [folder]}
    parts: dict[str, list[Path]] = {}
    folders = [p for p in inside if p.is_dir()]
    for p in folders:
        part = part_in(p.name)
        if part and (label_folders(p) or _any_rows(p)):
            parts.setdefault(part, []).extend(_flat(p, notes))
    if not parts:
        for p in rows:
            part = _part(p)
            if part:
                parts.setdefault(part, []).append(p)
    used = {p for found in parts.values() for p in found}
    if not rows and not parts and len(folders) == 1:
        return _folder(folders[0], notes)
    if not parts:
        if not rows:
            found = f"{_listed(inside) or 'nothing'}"
            raise fail(
                "data-folder",
                expected="a folder with CSV, TSV, JSON, JSON lines, Parquet, Excel or text files, "
                "or with a subfolder of texts for each label",
                found=found,
                where=str(folder),
            )
        parts, used = {"train": _of_one_format(folder, rows)}, set(rows)
    elif "train" not in parts:
        instead = "valid" if "valid" in parts else "test"
        parts["train"] = parts.pop(instead)
        notes.append(
            f"{folder.name}: no file for training; {_listed(parts['train'])} is used for it."
        )
    if len(parts) > 1:
        said = "; ".join(f"{WORDS[k]} {_listed(parts[k])}" for k in WORDS if k in parts)
        notes.append(f"{folder.name}: a set with its own splits: {said}.")
    elif len(parts["train"]) > 1:
        notes.append(f"{folder.name}: {count(len(parts['train']), 'file')} joined in name order.")
    aside = [p for p in readable if p not in used]
    if aside:
        notes.append(f"{folder.name}: not used: {_listed(aside)}.")
    return parts


def _any_rows(folder: Path) -> bool:
    return any(p.is_file() and (format_of(p) or p.suffix == ".ann") for p in folder.iterdir())


def _flat(folder: Path, notes: list[str]) -> list[Path]:
    """Return a part's folder as one source: texts by label, or its files in name order."""
    if label_folders(folder) or any(folder.glob("*.ann")):
        return [folder]
    files = [p for p in sorted(folder.iterdir()) if p.is_file() and format_of(p)]
    return _of_one_format(folder, [p for p in files if not _ASIDE.fullmatch(p.stem)])


def _by_suffix(asked: dict[str, list[Path]], notes: list[str]) -> dict[str, list[Path]]:
    """Sort files named together, ``eng.train eng.testa eng.testb``, by what their suffix says."""
    parts = {p: part_of(p.suffix[1:]) for p in asked["train"]}
    if None in parts.values() or "train" not in parts.values() or len(set(parts.values())) < 2:
        return asked
    for role in ("valid", "test"):
        if not asked[role]:
            asked[role] = [p for p, part in parts.items() if part == role]
    asked["train"] = [p for p, part in parts.items() if part == "train"]
    said = "; ".join(f"{WORDS[k]} {_listed(v)}" for k, v in asked.items() if v)
    notes.append(f"files by their suffixes: {said}.")
    return asked


def _called(paths: Sequence[Path]) -> dict[Path, str]:
    """Return short names, whole paths where two files share a name."""
    short = {p: p.name or p.resolve().name or str(p) for p in paths}
    often = Counter(short.values())
    return {p: n if often[n] == 1 else str(p) for p, n in short.items()}


def resolve(
    train: Sequence[Path], valid: Sequence[Path] = (), test: Sequence[Path] = ()
) -> Sources:
    """Return the files behind what was named; files are given back as they are.

    ``-`` is standard input. A folder with files or subfolders named train, valid (dev, val) and
    test is a set with its own splits; another folder is its files of one format in name order, or
    the texts of its label folders. Splits that are given as well win over a folder's own.

    Raises:
        UndercutError: files that are not there, ``-`` twice, a terminal behind it, or a folder that
            cannot be used.
    """
    notes: list[str] = []
    asked = _by_suffix({"train": list(train), "valid": list(valid), "test": list(test)}, notes)
    if sum(p in STDIN for paths in asked.values() for p in paths) > 1:
        raise fail("data-file", expected="'-' (standard input) once", found="it twice", where="-")
    found: dict[str, list[Path]] = {"train": [], "valid": [], "test": []}
    own: dict[str, list[Path]] = {"train": [], "valid": [], "test": []}
    for role, paths in asked.items():
        for path in paths:
            if path.is_dir():
                parts = _folder(path, notes)
                if role == "train":
                    for part, files in parts.items():
                        (found if part == "train" else own)[part] += files
                else:
                    found[role] += parts.get(role, parts["train"])
            else:
                found[role].append(_file(path))
    for role in ("valid", "test"):
        if found[role] and own[role]:
            notes.append(
                f"own {WORDS[role]} files not used, others are given: {_listed(own[role])}."
            )
        found[role] = found[role] or own[role]
    files = list(dict.fromkeys(p for paths in found.values() for p in paths))
    missing = [p for p in files if not p.exists()]
    if missing:
        problems = [Problem("a readable file", "no such file", str(p)) for p in missing]
        raise UndercutError("data-file", problems)
    names = _called(files)
    first = found["train"][0] if found["train"] else Path("data")
    name = train[0].resolve().name if train and train[0].is_dir() else first.stem
    return Sources(found["train"], found["valid"], found["test"], name or "data", names, notes)
