"""What load tests found: latency against request rate, and the knee, kept in the workspace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from undercut.core.errors import did_you_mean, fail
from undercut.core.types import Record
from undercut.store.files import write_json

FOLDER = "loadtests"


class LoadPoint(Record):
    """One request rate, held for a while."""

    per_second: float = Field(description="requests due a second")
    answered_per_second: float
    sent: int
    failed: int = Field(description="refused, cut off or too late")
    p50_ms: float | None = Field(description="None when nothing was answered")
    p95_ms: float | None
    p99_ms: float | None
    p95_low_ms: float | None = Field(description="95 % interval of the p95, by order statistics")
    p95_high_ms: float | None
    late_share: float = Field(description="requests this program itself sent over 5 ms late")

    def keeps(self, slo_ms: float) -> bool:
        """Whether everything was answered and the p95 is within the promise."""
        return not self.failed and self.p95_ms is not None and self.p95_ms <= slo_ms


class LoadTest(Record):
    """A saturation curve."""

    name: str
    url: str
    model: str = Field(description="name of the served model")
    version: str = Field(description="hash of the artefact")
    at: str = Field(description="ISO time of the test")
    slo_ms: float
    step_seconds: float
    seed: int
    cores: float | None = Field(description="cores the server holds; None: not told")
    points: list[LoadPoint] = Field(description="by rate")
    knee_per_second: float | None = Field(
        description="highest rate that keeps the promise; None when even the lowest breaks it"
    )
    breaks_per_second: float | None = Field(
        description="lowest rate that breaks it; None when none tried does"
    )
    note: str = ""


def knee(points: Sequence[LoadPoint], slo_ms: float) -> tuple[float | None, float | None]:
    """Return the highest rate up to which every rate keeps the promise, and the lowest that fails.

    A rate that keeps it above one that does not is luck, and counts for nothing.
    """
    good: float | None = None
    for point in sorted(points, key=lambda p: p.per_second):
        if not point.keeps(slo_ms):
            return good, point.per_second
        good = point.per_second
    return good, None


def keep(workspace: Path, test: LoadTest) -> Path:
    """Write a load test into the workspace."""
    path = workspace / FOLDER / f"{test.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, test.model_dump(mode="json"))
    return path


def read(workspace: Path, name: str) -> LoadTest:
    """Return a load test of the workspace.

    Raises:
        UndercutError: there is none of that name, or its file is damaged.
    """
    folder = workspace / FOLDER
    known = sorted(p.stem for p in folder.glob("*.json"))
    if name not in known:
        raise fail(
            "loadtest-missing", expected="a load test of that name", found=f"'{name}'",
            where=str(folder), fix=f"{did_you_mean(name, known)} Make one: undercut loadtest URL",
        )  # fmt: skip
    path = folder / f"{name}.json"
    try:
        return LoadTest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, ValueError):
        raise fail(
            "loadtest-missing", expected="a load test", found="a damaged file", where=str(path),
            fix="Delete it and run undercut loadtest again.",
        ) from None  # fmt: skip
