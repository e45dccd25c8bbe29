"""What a claim's judgement is, and how rows of results are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Results = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """``met`` is ``None`` when something needed was not measured."""

    claim: str
    target: str
    measured: str
    met: bool | None


def rows(results: Results, benchmark: str, /, **wanted: Any) -> list[dict[str, Any]]:
    """Return the rows of a result whose fields are as wanted."""
    found = results.get(benchmark, {}).get("rows", [])
    return [r for r in found if all(r.get(k) == v for k, v in wanted.items())]


def missing(claim: str, target: str) -> Verdict:
    """Return the verdict of a claim that was not measured."""
    return Verdict(claim, target, "not measured", None)
