"""What is served under a name, what was before, and what is on trial; and how that may change."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.store.files import content_hash

Mode = Literal["", "canary", "shadow"]


class Variant(Record):
    """An artefact on this machine."""

    folder: str = Field(description="artefact folder, absolute")
    version: str = Field(description="hash of the artefact")


class Release(Record):
    """The state of one served name.

    ``started`` is what the command line named when the server started. A start that names the same
    again goes on with ``live``; one that names another artefact serves that.
    """

    name: str
    change: int = Field(1, description="counts the changes of this name; servers follow it")
    started: Variant
    live: Variant
    previous: Variant | None = Field(None, description="what a roll-back brings back")
    candidate: Variant | None = Field(None, description="what is on trial")
    mode: Mode = Field("", description="how it is tried: canary, shadow, or not at all")
    percent: float = Field(0.0, description="share of the requests in the trial, 0 to 100")

    @property
    def trial(self) -> str:
        """Return what the pairs of answers of this trial are kept under."""
        versions = [self.live.version, self.candidate.version if self.candidate else ""]
        return content_hash(versions)[:16]

    def tried(self, candidate: Variant, mode: Mode, percent: float) -> Release:
        """Return the state with a candidate on trial."""
        if candidate.version == self.live.version:
            raise fail(
                "release-same",
                expected="another artefact than the one being served",
                found=f"the same, version {candidate.version[:12]}",
                where=self.name,
            )
        return self._with(candidate=candidate, mode=mode, percent=percent)

    def promoted(self, candidate: Variant) -> Release:
        """Return the state in which a candidate is served."""
        return self._with(live=candidate, previous=self.live, candidate=None, mode="", percent=0.0)

    def rolled_back(self) -> Release:
        """Return the state in which what was served before is served again."""
        if self.previous is None:
            raise fail(
                "release-none",
                expected="a variant that was served before",
                found="none",
                where=self.name,
                fix="Promote the artefact you want instead.",
            )
        return self.promoted(self.previous)

    def stopped(self) -> Release:
        """Return the state without a trial."""
        if self.candidate is None:
            raise no_trial(self.name)
        return self._with(candidate=None, mode="", percent=0.0)

    def restarted(self, started: Variant) -> Release:
        """Return the state after a start that names an artefact."""
        if started.version == self.started.version:
            return self
        if started.version == self.live.version:
            return self._with(started=started)
        return self.promoted(started).model_copy(update={"started": started})

    def _with(self, **facts: object) -> Release:
        return self.model_copy(update=facts | {"change": self.change + 1})


def no_trial(name: str) -> Exception:
    """Return the error of a name that has no candidate."""
    return fail(
        "release-none",
        expected="a candidate on trial",
        found="none",
        where=name,
        fix=f"Start a trial: undercut release shadow {name} ARTEFACT.",
    )


def in_trial(trial: str, who: str, percent: float) -> bool:
    """Whether a key or a request is among ``percent`` of all: by a hash, so it stays there.

    A larger share keeps those that were in a smaller one.
    """
    digest = hashlib.sha256(f"{trial}:{who}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < percent / 100 * 2**64
