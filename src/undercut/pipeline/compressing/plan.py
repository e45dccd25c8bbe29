"""What is tried, in which order: what changes the network first, the numbers it computes with last.

Any order would do for the result of one chain; this one keeps the number of chains small. A word
table is cut first, because nothing later brings pieces back. Fewer layers, heads and units are
alternatives to each other. Formats and 8-bit numbers come last: a network in 8 bits cannot be
trained by the same loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError, did_you_mean
from undercut.core.registry import CompressorInfo, Recipe
from undercut.pipeline.compressing.parts import parts_of
from undercut.pipeline.forms import recipes
from undercut.store import artefacts

LAST = 90
"""First stage of what changes numbers and formats only."""


@dataclass(frozen=True)
class Change:
    """One step of a chain: an export (``info`` is None) or a recipe of a compressor."""

    name: str
    info: CompressorInfo | None = None
    recipe: Recipe | None = None

    @property
    def learns(self) -> bool:
        """Whether it reads training rows."""
        return self.recipe is not None and self.recipe.rows

    @property
    def whole(self) -> bool:
        """Whether it takes a composite as a whole, not part by part."""
        return self.info is not None and "composite" in self.info.architectures


def check_only(only: Sequence[str]) -> None:
    """Check that forms that are asked for by name exist.

    Raises:
        UndercutError: code ``compress-only``; each that does not.
    """
    models = [plugins.get("model", name) for name in plugins.names("model")]
    infos = [plugins.get("compressor", name) for name in plugins.names("compressor")]
    known = {fmt for m in models for fmt in m.export} | {r.name for i in infos for r in i.recipes}
    if unknown := [name for name in only if name not in known]:
        wanted = f"a form: {', '.join(sorted(known))}"
        raise UndercutError(
            "compress-only",
            [Problem(wanted, f"'{n}'", "--only", did_you_mean(n, known)) for n in unknown],
        )


def architectures(folder: Path) -> list[str]:
    """Return the architectures of an artefact's parts, and its own."""
    own = artefacts.read_manifest(folder, verify=False).architecture
    inner = [
        artefacts.read_manifest(p, verify=False).architecture for p in parts_of(folder).values()
    ]
    return list(dict.fromkeys([*inner, own]))


def stages(folder: Path) -> Iterator[list[Change]]:
    """Yield the alternatives of each stage that changes the network, in order of work."""
    found: dict[int, list[Change]] = {}
    for change in _recipes(folder):
        assert change.info is not None
        if change.info.stage < LAST:
            found.setdefault(change.info.stage, []).append(change)
    for stage in sorted(found):
        yield found[stage]


def endings(folder: Path) -> list[Change]:
    """Return the formats and number formats an artefact may be served in."""
    exports = {fmt: None for a in architectures(folder) for fmt in plugins.get("model", a).export}
    last = [c for c in _recipes(folder) if c.info is not None and c.info.stage >= LAST]
    return [*(Change(fmt) for fmt in exports), *last]


def _recipes(folder: Path) -> Iterator[Change]:
    seen = set()
    task = artefacts.read_manifest(folder, verify=False).task
    for architecture in architectures(folder):
        for info, recipe in recipes(architecture, task):
            if recipe.name not in seen:
                seen.add(recipe.name)
                yield Change(recipe.name, info, recipe)
