"""The ``feedback`` verb: show, export or delete what callers corrected."""

from __future__ import annotations

import csv

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.core.specs_serving import FeedbackSpec
from undercut.core.types import Record
from undercut.serving.audit import note, whoami
from undercut.serving.feedback import Feedback, open_feedback
from undercut.serving.keys_verb import there
from undercut.serving.opening import open_store
from undercut.store.files import whole_files

ACTIONS = ("list", "export", "delete")


class FeedbackReport(Record):
    """Corrections, or what was done with them."""

    action: str
    rows: tuple[Feedback, ...] = ()
    count: int = 0
    out: str | None = None


def feedback(spec: FeedbackSpec) -> FeedbackReport:
    """Do what the spec's action says.

    Raises:
        UndercutError: an unknown action, no file or customer where one is needed, no store, or
            sealed rows without their key; nothing is changed then.
    """
    problems = []
    if spec.action not in ACTIONS:
        fix = did_you_mean(spec.action, ACTIONS)
        problems.append(Problem("list, export or delete", f"'{spec.action}'", fix=fix))
    if spec.action == "export" and spec.out is None:
        problems.append(Problem("a file to write", "none", "--out"))
    if spec.action == "delete" and not spec.customer:
        problems.append(Problem("whose corrections to delete", "none", "--customer"))
    if problems:
        raise UndercutError("feedback-action", problems)
    there(spec)
    database = open_store(spec)
    try:
        store = open_feedback(database)
        if spec.action == "delete":
            return FeedbackReport(action="delete", count=store.delete(str(spec.customer)))
        if spec.action == "list" or spec.out is None:
            rows = store.list(None, spec.customer)
            return FeedbackReport(action="list", rows=tuple(rows), count=len(rows))
        examples = store.examples(spec.customer)
        if not examples:
            raise fail(
                "feedback-texts",
                expected="corrections that carry the text they are about",
                found=f"none of {len(store.list(None, spec.customer))}",
                fix="Callers send it in the field `text` of POST /v1/feedback.",
            )
        with whole_files([spec.out]) as (f,):
            writer = csv.writer(f, lineterminator="\n")
            writer.writerow(["text", "label"])
            writer.writerows(examples)
        with database.begin() as db:
            told = {"rows": len(examples)}
            note(db, whoami(), "feedback.export", spec.customer or "everyone", told)
        return FeedbackReport(action="export", count=len(examples), out=str(spec.out))
    finally:
        database.dispose()
