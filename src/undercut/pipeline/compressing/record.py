"""What a search for a cheaper form found."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import GateResult, Measurement, Metric, Record


class Form(Record):
    """One form of the model: what was done to it, what it is worth, why it won or lost."""

    name: str = Field(description="the steps joined by +, such as vocabulary + openvino-int8")
    steps: list[str]
    status: str = Field(description="reference | chosen | passed | refused | needs-rows | skipped")
    why: str = Field(description="why it was chosen or lost, in words")
    folder: str = ""
    hash: str = ""
    quality: Metric | None = Field(None, description="on the held-out rows")
    gate: GateResult | None = None
    tries: list[str] = Field(
        default_factory=list, description="what was kept in float after a refusal, try by try"
    )
    measured: Measurement | None = None
    usd_per_1k: float | None = Field(None, description="USD per 1,000 requests, fully used")
    best: bool = Field(False, description="no passed form is better in one way and worse in none")
    cpu_seconds: float = Field(0.0, description="spent on making, judging and measuring it")


class CompressFacts(Record):
    """The result of ``compress``."""

    artefact: str
    name: str
    task: str
    quality_name: str
    optimise: str
    max_drop: float = Field(description="largest drop allowed, as a share")
    rows: int = Field(description="held-out rows")
    rows_learned: int = Field(description="training rows the forms could learn from")
    notes: list[str]
    forms: list[Form] = Field(description="the reference first, then in the order they were tried")
    chosen: str = Field(description="name of the chosen form")
    out: str = Field(description="folder of the chosen form; empty when nothing beat the reference")
    times_cheaper: float | None = Field(description="cost of the reference over that of the chosen")
    cpu_seconds: float
    usd: float = Field(description="what the search cost")
    processor: str
    instructions: list[str]
    page: str = ""
    plot: str = ""
    did_work: bool = True

    def form(self, name: str) -> Form:
        """Return a form by its name."""
        return next(f for f in self.forms if f.name == name)
