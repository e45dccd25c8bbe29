"""The verb: rows, rules, thresholds, the artefact, its measurement, the report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from undercut.core import plugins
from undercut.core.specs_cascade import CascadeSpec
from undercut.ledger.place import keep_in
from undercut.models.rules.table import read_rules
from undercut.pipeline.cascade.asked import checked, goal_of, names_of
from undercut.pipeline.cascade.facts import CascadeFacts
from undercut.pipeline.cascade.making import Job, make
from undercut.pipeline.cascade.outside import ask_outside
from undercut.pipeline.cascade.page import write_page
from undercut.pipeline.cascade.rows import held_out
from undercut.pipeline.run import Listener, Silent
from undercut.pipeline.verbs import find_artefact
from undercut.pipeline.workspace import open_workspace


def cascade(
    spec: CascadeSpec,
    listener: Listener | None = None,
    confirm: Callable[[str], bool] | None = None,
) -> CascadeFacts:
    """Join models into a cascade, and say whether it pays.

    Args:
        spec: which models, which rows, and for what goal.
        listener: told about progress.
        confirm: asked before an outside API is, unless ``spec.yes``.

    Raises:
        UndercutError: models that do not fit together, no rows that they have not learnt, bad
            rules, or a goal that nothing reaches; nothing half-written is left.
    """
    listener = listener or Silent()
    goal = goal_of(spec)
    keep_in(spec.workspace)
    with open_workspace(spec.workspace, listener.announce) as workspace:
        folders = [find_artefact(spec.workspace, f) for f in spec.artefacts]
        manifests = checked(folders, (spec.rules is not None) + spec.api)
        names = names_of(folders)
        task = plugins.attr(plugins.get("task", manifests[0].task).load)()
        held = held_out(spec, task, folders)
        table = [] if spec.rules is None else read_rules(spec.rules, manifests[0].labels)
        bought = None
        if spec.api:
            bought = ask_outside(spec, task, manifests[0], held, workspace, listener, confirm)
            held.rows = bought.rows
        name = spec.name or "-".join(names)
        out = spec.out or workspace.root / "cascades" / name
        with (
            workspace.book.measure(f"step:cascade:{name}"),
            tempfile.TemporaryDirectory(dir=workspace.root, prefix=".cascade-") as place,
        ):
            job = Job(spec, goal, task, folders, names, manifests[0], held, table, bought)
            facts = make(job, name, out, Path(place), listener)
        return write_page(facts, out, listener.say)
