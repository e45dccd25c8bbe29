"""A run as trackers see it: settings, figures, and curves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from undercut.pipeline.facts import RunFacts
from undercut.pipeline.gather import MODEL
from undercut.pipeline.tuning.record import COMPLETE
from undercut.store import artefacts

Curve = list[tuple[int, dict[str, float]]]
"""Points of a curve: where along it, and the figures there by name."""


@dataclass(frozen=True)
class Tracked:
    """A run, in the terms all trackers have.

    Attributes:
        name: the run's name.
        id: the run's id: the same run exported twice is one run.
        at: when it was made, seconds since 1970.
        settings: what decided it.
        figures: what came out, by ``group/name``; money in USD.
        curves: by group: ``train/RUNG`` along epochs, ``search`` along trials, ``labels`` along
            rows.
        files: to be kept beside the figures, where a tracker keeps files.
    """

    name: str
    id: str
    at: float
    settings: dict[str, str]
    figures: dict[str, float]
    curves: dict[str, Curve]
    files: list[Path]

    @property
    def points(self) -> int:
        """Return how many figures all curves have."""
        return sum(len(values) for curve in self.curves.values() for _, values in curve)


def tracked(facts: RunFacts) -> Tracked:
    """Return a finished run in trackers' terms."""
    folder = Path(facts.report).parent
    return Tracked(
        name=facts.name or folder.name,
        id=facts.id,
        at=datetime.fromisoformat(facts.created_at).timestamp(),
        settings=_settings(facts, folder),
        figures=_figures(facts),
        curves=_curves(facts),
        files=[p for p in (Path(facts.report), folder / "facts.json") if p.is_file()],
    )


def _settings(facts: RunFacts, folder: Path) -> dict[str, str]:
    data = facts.data
    found: dict[str, Any] = {
        "task": facts.task,
        "data": data.name,
        "data_hash": data.hash,
        "rows_train": data.rows_train,
        "rows_valid": data.rows_valid,
        "rows_test": data.rows_test,
        "labels": len(data.labels),
        "licence": data.licence,
        "promoted": facts.promoted,
        "undercut": facts.undercut,
        "processor": facts.processor,
    }
    if (folder / MODEL / artefacts.MANIFEST).is_file():
        manifest = artefacts.read_manifest(folder / MODEL, verify=False)
        found |= {"method": manifest.method, "architecture": manifest.architecture}
        found |= {"base": manifest.base.name if manifest.base else ""}
        found |= {f"model.{k}": v for k, v in manifest.config.items()}
    for method, options in (facts.search.options if facts.search else {}).items():
        found |= {f"options.{method}.{k}": v for k, v in options.items()}
    return {k: str(v) for k, v in found.items() if v not in ("", None)}


def _figures(facts: RunFacts) -> dict[str, float]:
    found: dict[str, float] = {}
    for split, scored in (("valid", facts.valid), ("test", facts.test)):
        if scored is not None:
            name = scored.quality_name.replace(" ", "_")
            ends = {f"{name}_low": scored.quality.low, f"{name}_high": scored.quality.high}
            for key, value in {
                name: scored.quality.value, **ends, "macro_f1": scored.macro_f1.value,
                "log_loss": scored.log_loss, "calibration_error": scored.ece,
            }.items():  # fmt: skip
                if value is not None:
                    found[f"{split}/{key}"] = value
    found |= {"cost/usd": facts.cost_usd, "cost/cpu_seconds": facts.cpu_seconds}
    for cost in facts.costs:
        key = f"cost/{cost.step}"
        found[f"{key}/cpu_seconds"] = found.get(f"{key}/cpu_seconds", 0.0) + cost.cpu_seconds
        if cost.usd is not None:
            found[f"{key}/usd"] = found.get(f"{key}/usd", 0.0) + cost.usd
    found["serving/usd_per_1k"] = facts.price.usd_per_1k
    for v in facts.variants:
        found[f"variant/{v.name}/valid_quality"] = v.valid_quality.value
        found[f"variant/{v.name}/usd_per_1k"] = v.usd_per_1k
        if v.measured is not None:
            found[f"variant/{v.name}/p95_ms"] = v.measured.p95_ms
            found[f"variant/{v.name}/texts_per_second"] = v.measured.texts_per_second
    if facts.search:
        found["search/usd"] = facts.search.usd
    return found


def _curves(facts: RunFacts) -> dict[str, Curve]:
    found: dict[str, Curve] = {}
    for curve in facts.training:
        # A fit that a deadline cuts ends within an epoch, so epochs are counted, not rounded.
        found[f"train/{curve.rung}"] = [(i, p) for i, p in enumerate(curve.epochs, 1)]
    if facts.curve:
        found["labels"] = [(p.rows, {"quality": p.quality.value}) for p in facts.curve.points]
    if facts.search:
        best, along = 0.0, []
        for i, t in enumerate(facts.search.trials):
            values = {"usd_so_far": t.usd_so_far}
            if t.state == COMPLETE and t.quality is not None:
                best = max(best, t.quality)
                values |= {"quality": t.quality, "best": best}
            along.append((i, values))
        found["search"] = along
    return found
