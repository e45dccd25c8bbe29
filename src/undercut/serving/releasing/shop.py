"""Open what a server of artefact folders answers with: them, or what was promoted over them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from undercut.core.errors import Problem, UndercutError
from undercut.serving.audit import whoami
from undercut.serving.feedback import FeedbackStore
from undercut.serving.keeper import Keeper
from undercut.serving.lane import Lane
from undercut.serving.opened import Opened
from undercut.serving.options import ServeOptions
from undercut.serving.releasing.acts import Releases
from undercut.serving.releasing.follow import Follower
from undercut.serving.releasing.record import Variant
from undercut.serving.releasing.store import ReleaseStore
from undercut.serving.releasing.trials import Trials
from undercut.serving.shelf import Shelf
from undercut.store import artefacts

RUN_MODEL = "model"
"""What the artefact's folder is called inside a run's."""


def names_of(folders: Sequence[Path]) -> list[tuple[str, Variant]]:
    """Return artefacts by the name each is served as: one by its own, several by folder or run.

    Raises:
        UndercutError: not an artefact, or two of one name.
    """
    found = []
    for folder in folders:
        manifest = artefacts.read_manifest(folder, verify=False)
        place = folder.resolve()
        called = place.parent.name if place.name == RUN_MODEL else place.name
        variant = Variant(folder=str(place), version=artefacts.hash_of(manifest))
        found.append((manifest.name if len(folders) == 1 else called, variant))
    names = [name for name, _ in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        problem = Problem(
            "models of different names",
            f"{', '.join(twice)} more than once",
            fix="Serve folders or runs of different names.",
        )
        raise UndercutError("serve-names", problem)
    return found


def open_shop(
    wanted: Sequence[tuple[str, Variant]],
    database: sa.Engine,
    feedback: FeedbackStore,
    keeper: Keeper,
    options: ServeOptions,
) -> tuple[Shelf, Releases]:
    """Open what is to be served; the store is changed only when everything has answered.

    Args:
        wanted: what the command line names.
        database: the store.
        feedback: what callers corrected.
        keeper: opens variants.
        options: where they may lie, and what is accepted.

    Raises:
        UndercutError: one cannot be opened, cannot answer, or does not fit into the memory.
    """
    store, limits = ReleaseStore(database), options.limits
    for name, variant in wanted:
        planned = store.plan(name, variant, fresh=options.fresh).live
        keeper.lanes.append(Lane(keeper.open(Path(planned.folder), name, planned.version)))
    shelf = Shelf(keeper.lanes, limits)
    trials = Trials(database, shelf.idle)
    follower = Follower(store, shelf, keeper, trials, limits.deadline_seconds)

    def retire(opened: Opened) -> None:
        trials.forget(opened)
        shelf.retire(opened, limits.deadline_seconds)

    keeper.retire, shelf.reload = retire, keeper.load_again
    for name, variant in wanted:
        store.start(name, variant, whoami(), fresh=options.fresh)
    follower.poll()
    follower.start()
    places = [Path(v.folder).parent for _, v in wanted]
    places += [p.parent for p in places if p.parent.name == "runs"]
    places = [p for p in places if p != p.parent]  # never the whole disk
    releases = Releases(
        store, follower, trials, feedback, options.workspace, [*places, *options.release_folder]
    )
    return shelf, releases
