"""The installation: what undercut asks for, what is there, and what does not go together.

Versions are read from the metadata of installed packages; nothing heavy is imported.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from undercut.pipeline.doctor.record import Check

EXTRAS = {
    "train": "encoders: probe, partial, full; export; explaining them",
    "onnx": "answering with encoders, without torch",
    "openvino": "encoders faster still, and in 8 bits",
    "fast": "linear models in compiled code",
    "serve": "undercut serve, and the Python client",
    "postgres": "a store on PostgreSQL, for several servers",
    "encrypt": "signing artefacts, and corrections encrypted at rest",
    "rival": "asking the API you pay today the same rows",
    "rules": "rules as a first tier of a cascade, in time that grows with the text alone",
    "tune": "undercut tune: a search within a budget",
    "plots": "charts as PNG",
    "excel": "reading Excel workbooks",
    "parquet": "reading Parquet files",
    "tensorboard": "undercut export --to tensorboard",
    "mlflow": "undercut export --to mlflow",
    "wandb": "undercut export --to wandb",
}
"""Extras a user chooses, with what each is for; a test holds them to pyproject.toml."""
GATHERED = ("all", "dev")
"""Extras made of others."""
_WISH = re.compile(
    r"(?P<name>[\w.-]+)\s*(?:\[[^]]*\])?\s*(?:>=\s*(?P<least>[\w.]+))?[^;]*"
    r"(?:;.*extra\s*==\s*['\"](?P<extra>[\w-]+)['\"])?"
)


@dataclass(frozen=True)
class Wish:
    """One package that undercut asks for."""

    name: str
    least: str
    extra: str


def numbers(text: str) -> tuple[int, ...]:
    """Return the release numbers of a version, build label left out, trailing zeros dropped."""
    found = [int(n) for n in re.findall(r"\d+", re.split(r"[+a-zA-Z]", text)[0])]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def build(text: str) -> str:
    """Return a version's build label, such as ``cpu``, or ``""``."""
    return text.partition("+")[2]


def wishes(lines: list[str]) -> list[Wish]:
    """Parse the requirements in a package's metadata."""
    found = [m.groupdict() for line in lines if (m := _WISH.match(line))]
    own = [Wish(f["name"], f["least"] or "", f["extra"] or "") for f in found]
    return [w for w in own if w.name != "undercut"]  # an extra that asks for another one


@cache
def installed(name: str) -> str | None:
    """Return the installed version of a package, or ``None``."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _state(group: list[Wish]) -> tuple[list[str], list[str], list[str]]:
    """Return what is there, what is absent, and what is too old."""
    there, absent, old = [], [], []
    for wish in group:
        have = installed(wish.name)
        if have is None:
            absent.append(wish.name)
        elif wish.least and numbers(have) < numbers(wish.least):
            old.append(f"{wish.name} {have}, and {wish.least} is needed")
        else:
            there.append(f"{wish.name} {have}")
    return there, absent, old


def packages() -> list[Check]:
    """Return one check of the core and one an extra."""
    try:
        asked = wishes(requires("undercut") or [])
    except PackageNotFoundError:
        return [
            Check(
                topic="installation",
                state="note",
                found="undercut runs from its source and is not installed",
                fix="pip install .",
            )
        ]
    checks = [_check("core", "", [w for w in asked if not w.extra])]
    for extra, use in EXTRAS.items():
        checks.append(_check(extra, use, [w for w in asked if w.extra == extra]))
    return checks


def _check(topic: str, use: str, group: list[Wish]) -> Check:
    there, absent, old = _state(group)
    name = f"extra {topic}" if use else topic
    if not group:
        found = f"for {use}; this installation was made before there was such an extra"
        return Check(topic=name, state="note", found=found, fix=f'pip install "undercut[{topic}]"')
    command = f'pip install "undercut[{topic}]"' if use else "pip install undercut"
    if old or (absent and not use):
        bad = [f"no {a}" for a in absent] + old
        return Check(topic=name, state="broken", found="; ".join(bad), fix=f"{command} --upgrade")
    if absent:
        found = f"for {use}; no {', '.join(absent)}"
        return Check(topic=name, state="missing", found=found, fix=command)
    return Check(topic=name, state="ok", found=", ".join(there))


def known_bad(have: dict[str, str] | None = None) -> list[Check]:
    """Return the rows of ``known_bad.toml`` that this installation meets.

    Args:
        have: package -> version; the installed ones when ``None``.
    """
    table = tomllib.loads(Path(__file__).with_name("known_bad.toml").read_text(encoding="utf-8"))
    get = have.get if have is not None else installed
    found = []
    for row in table["bad"]:
        mine = get(row["package"])
        other = get(row["beside"]) if "beside" in row else ""
        if mine is None or other is None or not _meets(row, mine, other):
            continue
        pair = f"{row['package']} {mine}" + (f" with {row['beside']} {other}" if other else "")
        found.append(
            Check(
                topic="known bad",
                state=row["severity"],
                found=f"{pair}: {row['effect']} (known since {row['since']})",
                fix=row["fix"],
                source=row["source"],
            )
        )
    return found


def _meets(row: dict[str, Any], mine: str, other: str) -> bool:
    def within(have: str, least: str, below: str) -> bool:
        return numbers(have) >= numbers(least) and (not below or numbers(have) < numbers(below))

    return (
        within(mine, row.get("from", ""), row.get("below", ""))
        and within(other, row.get("beside_from", ""), row.get("beside_below", ""))
        and (not row.get("builds_differ") or build(mine) != build(other))
    )
