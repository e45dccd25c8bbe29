"""What an administrator may do with a served name: try a candidate, promote, roll back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from undercut.core.errors import fail
from undercut.core.types import Record
from undercut.pipeline.places import find_artefact
from undercut.serving.feedback import FeedbackStore
from undercut.serving.releasing.compare import MAX_DROP, Comparison, compare
from undercut.serving.releasing.follow import Follower
from undercut.serving.releasing.record import Mode, Release, Variant, no_trial
from undercut.serving.releasing.store import ReleaseStore
from undercut.serving.releasing.trials import Trials
from undercut.store import artefacts


class ReleaseState(Record):
    """A served name and how its trial stands."""

    release: Release
    comparison: Comparison | None = Field(None, description="of the trial, when there is one")
    promoted_on: Comparison | None = Field(
        None, description="what the trial had shown when its candidate was promoted just now"
    )


class Releases:
    """The acts, each on the store first and then on this server; others follow within seconds.

    Args:
        store: the releases.
        follower: what makes this server answer so.
        trials: the background of trials.
        feedback: what callers corrected.
        workspace: where runs lie that an act may name.
        places: folders that an artefact may lie in, at any depth, besides the workspace.
    """

    def __init__(
        self,
        store: ReleaseStore,
        follower: Follower,
        trials: Trials,
        feedback: FeedbackStore,
        workspace: Path,
        places: Sequence[Path] = (),
    ) -> None:
        self._store, self.follower, self.trials = store, follower, trials
        self._feedback, self._workspace = feedback, workspace
        self._places = [p.resolve() for p in (workspace, *places)]

    def states(self) -> list[ReleaseState]:
        """Return every name's state."""
        return [self.state(name) for name in sorted(self._store.changes())]

    def state(self, name: str, max_drop: float = MAX_DROP) -> ReleaseState:
        """Return a name's state.

        Raises:
            UndercutError: no such name.
        """
        release = self._store.find(name)
        if release.candidate is None:
            return ReleaseState(release=release)
        self.trials.flush()
        return ReleaseState(release=release, comparison=compare(release, self._feedback, max_drop))

    def attempt(
        self, name: str, mode: Mode, artefact: str | None, percent: float, actor: str
    ) -> ReleaseState:
        """Put a candidate on trial, or change how the one on trial is tried.

        Args:
            name: the served name.
            mode: canary or shadow.
            artefact: folder or run; the candidate on trial when ``None``.
            percent: share of the requests.
            actor: who asks.

        Raises:
            UndercutError: no such name or artefact, or it cannot be opened; nothing is changed.
        """
        before = self._store.find(name)
        candidate = self._variant(before, artefact)
        before.tried(candidate, mode, percent)
        self.follower.prepare(name, candidate)
        after = self._changed(
            candidate, before, lambda r: r.tried(candidate, mode, percent), actor, mode
        )
        return self.state(after.name)

    def promote(
        self, name: str, artefact: str | None, force: bool, max_drop: float, actor: str
    ) -> ReleaseState:
        """Serve the candidate from now on.

        Args:
            name: the served name.
            artefact: folder or run; the candidate on trial when ``None``.
            force: promote also what the trial has not proven to be no worse.
            max_drop: drop of accuracy that the candidate must stay within, as a share.
            actor: who asks.

        Raises:
            UndercutError: not proven no worse and not forced, no such name or artefact, or it
                cannot be opened; nothing is changed.
        """
        before = self._store.find(name)
        candidate = self._variant(before, artefact)
        shown = None
        if before.candidate is not None and before.candidate.version == candidate.version:
            self.trials.flush()
            shown = compare(before, self._feedback, max_drop)
        if not force and (shown is None or shown.verdict != "no-worse"):
            raise fail(
                "release-unproven",
                expected=f"a trial that has shown the candidate of '{name}' to be no worse",
                found="no trial of it" if shown is None else f"'{shown.verdict}'. {shown.reason}",
                where=name,
                fix=f"Try it first (undercut release shadow {name} ARTEFACT), wait, or --force.",
            )
        self.follower.prepare(name, candidate)
        detail: dict[str, Any] = {"forced": force}
        if shown is not None:
            detail |= {"verdict": shown.verdict, "shown": shown.reason}
        self._changed(candidate, before, lambda r: r.promoted(candidate), actor, "promote", detail)
        return self.state(name).model_copy(update={"promoted_on": shown})

    def roll_back(self, name: str, actor: str) -> ReleaseState:
        """Serve what was served before; a trial ends.

        Raises:
            UndercutError: no such name, or nothing was served before, or it cannot be opened.
        """
        before = self._store.find(name)
        target = before.rolled_back().live
        self.follower.prepare(name, target)
        self._changed(target, before, lambda r: r.rolled_back(), actor, "rollback")
        return self.state(name)

    def stop(self, name: str, actor: str) -> ReleaseState:
        """End a trial; what is served stays.

        Raises:
            UndercutError: no such name, or no trial.
        """
        self.follower.apply(self._store.change(name, lambda r: r.stopped(), actor, "stop"))
        return self.state(name)

    def _changed(
        self,
        prepared: Variant,
        before: Release,
        step: Callable[[Release], Release],
        actor: str,
        act: str,
        detail: dict[str, Any] | None = None,
    ) -> Release:
        try:
            after = self._store.change(before.name, step, actor, act, detail, seen=before.change)
        except BaseException:
            self.follower.drop(prepared)
            raise
        self.follower.apply(after)
        return after

    def _variant(self, release: Release, artefact: str | None) -> Variant:
        """Return the artefact an act names, of the same task, in a place it may lie in."""
        if artefact is None:
            if release.candidate is None:
                raise no_trial(release.name)
            return release.candidate
        folder = find_artefact(self._workspace, Path(artefact)).resolve()
        if not any(folder.is_relative_to(place) for place in self._places):
            raise fail(
                "release-place",
                expected="an artefact in the server's workspace, or beside those it serves",
                found="one elsewhere",
                where="artefact",
                fix="Copy it there, or name its folder at the start: --release-folder.",
            )
        manifest = artefacts.read_manifest(folder)
        served = artefacts.read_manifest(Path(release.live.folder), verify=False)
        if manifest.task != served.task:
            raise fail(
                "release-task",
                expected=f"an artefact of the task '{served.task}', as callers expect",
                found=f"'{manifest.task}'",
                where=release.name,
                fix="Serve it under a name of its own.",
            )
        return Variant(folder=str(folder), version=artefacts.hash_of(manifest))
