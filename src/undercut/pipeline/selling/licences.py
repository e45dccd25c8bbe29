"""Whether what a model stands on may be sold: its base model and the data it learnt from.

A licence that is not known is said to be unknown, never taken for allowed. Words such as
"non-commercial" or "research only" forbid whatever the name of the licence is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from undercut.core.errors import Problem, UndercutError, fail
from undercut.core.specs_selling import LicencesSpec
from undercut.core.types import Manifest, Record
from undercut.models.encoder.base import ALIASES
from undercut.pipeline.places import find_artefact
from undercut.store import artefacts

FORBIDS = re.compile(
    r"(?<![a-z])(nc|nd-nc)(?![a-z])|non[- _]?commercial|(research|academic|educational)"
    r"([- _](use|purposes))?[- _]only|非商[业用]|仅[供限].{0,4}(研究|学术)",
    re.IGNORECASE,
)
Verdict = Literal["yes", "conditions", "no", "unknown"]


class Licence(Record):
    """One licence that a model stands on."""

    of: Literal["base model", "data"]
    name: str = Field(description="of the base model, or the hash of the data")
    part: str = Field("", description="part of a stack or cascade; empty for the whole")
    licence: str = Field(description="as stated; empty when nobody did")
    selling: Verdict
    note: str = Field("", description="conditions, or why it is not known")
    source: str = Field("", description="where the licence, or what it allows, is written")


class Licences(Record):
    """Every licence of an artefact, parts included."""

    artefact: str
    licences: tuple[Licence, ...]

    @property
    def forbidden(self) -> list[Licence]:
        """Those that forbid selling."""
        return [x for x in self.licences if x.selling == "no"]

    @property
    def unknown(self) -> list[Licence]:
        """Those nobody stated, or that are in no table."""
        return [x for x in self.licences if x.selling == "unknown"]


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    text = Path(__file__).with_name("licences.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def selling(licence: str) -> tuple[Verdict, str, str]:
    """Return whether a licence lets a model be sold, a note, and the source of that."""
    row: Any = _tables()["licence"].get(re.sub(r"[\s_]+", "-", licence.strip().lower()))
    if row is not None:
        return row["selling"], row.get("note", ""), row["source"]
    if not licence.strip():
        return "unknown", "nobody stated it", ""
    if FORBIDS.search(licence):
        return "no", "by its own words", ""
    return "unknown", "in no table here; read it", ""


def _base(manifest: Manifest, stated: str) -> tuple[str, str]:
    """Return the licence of the base model and where it is written."""
    assert manifest.base is not None
    name = manifest.base.name
    if name in ALIASES and ALIASES[name].sha256 == manifest.base.sha256:
        return ALIASES[name].licence, f"https://huggingface.co/{ALIASES[name].hub}"
    row = _tables()["base"].get(name)
    if row is not None:
        return row["licence"], row["source"]
    return (manifest.base.licence, "manifest.json") if manifest.base.licence else (stated, "")


def _of(folder: Path, part: str, spec: LicencesSpec) -> Iterator[Licence]:
    manifest = artefacts.read_manifest(folder, verify=False)
    if manifest.base is not None:
        licence, where = _base(manifest, spec.base_licence)
        verdict, note, source = selling(licence)
        yield Licence(
            of="base model", name=manifest.base.name, part=part, licence=licence,
            selling=verdict, note=note, source=where or source,
        )  # fmt: skip
    licence = manifest.data_licence or spec.data_licence
    verdict, note, source = selling(licence)
    name = f"sha256:{manifest.dataset[:12]}" if manifest.dataset else "unknown"
    yield Licence(
        of="data", name=name, part=part, licence=licence,
        selling=verdict, note=note, source=source,
    )  # fmt: skip
    for child in manifest.children:
        yield from _of(folder / child.folder, f"{part}/{child.name}".strip("/"), spec)


def licences_of(folder: Path, spec: LicencesSpec | None = None) -> Licences:
    """Return the licences of an artefact; the same base or data is named once.

    Args:
        folder: artefact folder.
        spec: what its user states where the artefact says nothing.

    Raises:
        UndercutError: not an artefact.
    """
    found: dict[tuple[str, str, str], Licence] = {}
    for one in _of(folder, "", spec or LicencesSpec()):
        found.setdefault((one.of, one.name, one.licence), one)
    return Licences(artefact=str(folder), licences=tuple(found.values()))


def licences(spec: LicencesSpec) -> Licences:
    """Return the licences of the spec's artefact.

    Raises:
        UndercutError: none was named, or it is not there.
    """
    if spec.artefact is None:
        raise fail("licences-what", expected="ARTEFACT on the command line", found="none")
    return licences_of(find_artefact(spec.workspace, spec.artefact), spec)


def refuse_selling(found: Licences) -> None:
    """Refuse what may not be sold.

    Raises:
        UndercutError: every licence that forbids it.
    """
    if found.forbidden:
        raise UndercutError(
            "licence-forbids",
            [
                Problem(
                    f"a licence of the {x.of} that lets the model be sold",
                    f"{x.licence} ({x.name})",
                    found.artefact,
                    "Serve it without --plans, take another, or, with leave of its owner, add "
                    "--licences-acknowledged.",
                )
                for x in found.forbidden
            ],
        )
