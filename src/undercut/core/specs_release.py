"""Specs of the verbs that put another variant under a served name: release, gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from undercut.core.specs import NotNegative, PlaceSpec, RatesSpec, Share
from undercut.core.specs_serving import StoreSpec

Points = Annotated[float, Field(gt=0, le=50)]


class ReleaseSpec(PlaceSpec):
    """Try, promote and roll back what a running server answers with; no request fails meanwhile.

    `shadow` lets a candidate answer beside, unseen and unbilled; `canary` lets it answer a share of
    the requests; `promote` serves it when the trial has shown it to be no worse; `rollback` serves
    what was served before. Every server on the same store follows within seconds, and a restart
    keeps it. Needs an API key with the scope admin.
    """

    action: str = Field(
        "show", description="show, shadow, canary, promote, rollback, or stop: end the trial."
    )
    name: str | None = Field(None, description="Name of the served model; the only one by default.")
    artefact: str | None = Field(
        None,
        description="Candidate: artefact folder on the server, or the name of a run there; the one "
        "on trial by default.",
    )
    url: str = Field("http://127.0.0.1:8000", description="Address of the server.")
    key_env: str = Field(
        "UNDERCUT_ADMIN_KEY", description="Environment variable that holds the admin's API key."
    )
    percent: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="Share of the requests in the trial; canary 5, shadow 100 by default."
    )
    force: bool = Field(False, description="Promote also what no trial has shown to be no worse.")
    max_drop: Points = Field(
        1.0, description="Drop of accuracy a candidate must be shown to stay within, points."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        600, description="Longest wait for the server to open the candidate, seconds."
    )


class GateVerbSpec(StoreSpec, RatesSpec):
    """Compare a new artefact with the served one on fixed rows: quality, latency, cost.

    For a user's CI: exit status 0 when it passes, 1 when it does not, 2 for bad input. Quality
    passes when held-out rows prove the drop of accuracy to be at most --max-drop, at 95 %; latency
    and cost when they are at most so much higher. Both are measured here, one after the other.
    """

    candidate: Path = Field(description="Artefact folder, or the name of a run.")
    against: Path = Field(
        description="What is served: its name in the store, an artefact folder, or a run."
    )
    data: list[Path] = Field(
        default_factory=list, description="Labelled rows that neither has learned from."
    )
    text_column: str | None = Field(None, description="Column of the text.")
    label_column: str | None = Field(None, description="Column of the label.")
    max_drop: Points = Field(1.0, description="Largest drop of accuracy allowed, points.")
    max_class_drop: Points = Field(
        5.0, description="Largest drop of one class's recall allowed, points."
    )
    min_agreement: Share = Field(
        0.0, description="Share of rows on which both must answer alike; not asked by default."
    )
    max_slower: NotNegative = Field(
        100.0, description="Percent that the median latency of one request may grow."
    )
    max_dearer: NotNegative = Field(
        100.0, description="Percent that the cost of 1,000 requests may grow."
    )
    summary: Path | None = Field(
        None,
        description="Markdown file the verdict is appended to; GITHUB_STEP_SUMMARY where it is "
        "set.",
    )
    backend: str | None = Field(None, description="Runtime of both; each one's best by default.")
    threads: int | None = Field(
        None, ge=1, description="Cores to use; all this process may use by default."
    )
