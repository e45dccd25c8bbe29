"""A walk over suspected rows: decisions kept as they are made, undone, resumed, written out."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, ValidationError

from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.specs_data import RelabelSpec
from undercut.core.types import Record
from undercut.data.reader import Source
from undercut.data.task_files import own_reader, task_for
from undercut.data.usable import read_sets
from undercut.ledger.book import Book
from undercut.pipeline.checking.labels import search
from undercut.store.files import sha256_file, whole_files, write_json

STATE, COPY = ".relabel.json", ".relabelled.csv"
CHOICES = 5
IDLE_SECONDS = 300.0
"""A row counts at most this long: whoever went to lunch was not labelling."""


class Item(Record):
    """A row to look at, and the labels worth offering for it."""

    at: int = Field(description="position in the table")
    row: str = Field(description="file:line")
    given: str
    choices: list[tuple[str, float]] = Field(description="label and probability, likeliest first")


class Decision(Record):
    """What was decided on the item of the same place; ``label`` is None when it was skipped."""

    label: str | None
    seconds: float


class State(Record):
    """Everything a later session needs."""

    file_sha256: str
    labels: list[str]
    items: list[Item]
    decisions: list[Decision] = Field(default_factory=list)
    sessions: int = 0


class Relabelled(Record):
    """The result of ``relabel``."""

    file: str
    copy_file: str
    rows_listed: int
    decided: int
    changed: int
    skipped: int
    hours_this_session: float
    state: str


@dataclass
class Walk:
    """One session: the state, where it is kept, the file, and the texts of the items."""

    source: Source
    path: Path
    state: State
    before: int
    texts: dict[int, str]
    lost: float = 0.0

    @property
    def place(self) -> int:
        """Return which item comes next; as many as there are when all are decided."""
        return len(self.state.decisions)

    @property
    def item(self) -> Item | None:
        """The item to decide on, None at the end."""
        return self.state.items[self.place] if self.place < len(self.state.items) else None

    def text(self, item: Item) -> str:
        """Return the text of an item."""
        return self.texts[item.at]

    def decide(self, label: str | None, seconds: float) -> None:
        """Set the label of the present item (None skips it) and keep it on the disk at once.

        Raises:
            ValueError: a label the file does not have, or nothing left to decide.
        """
        if self.item is None:
            raise ValueError("nothing left to decide")
        if label is not None and label not in self.state.labels:
            raise ValueError(f"no label '{label}'")
        decision = Decision(label=label, seconds=round(min(max(seconds, 0.0), IDLE_SECONDS), 3))
        self._keep([*self.state.decisions, decision])

    def undo(self) -> bool:
        """Take the last decision back, an earlier session's too; tell whether there was one.

        The seconds it took stay counted: they were spent.
        """
        if not self.state.decisions:
            return False
        *kept, last = self.state.decisions
        self.lost += last.seconds
        self._keep(kept)
        self.before = min(self.before, len(kept))
        return True

    def _keep(self, decisions: list[Decision]) -> None:
        self.state = self.state.model_copy(update={"decisions": decisions})
        write_json(self.path, self.state.model_dump(mode="json"))


def open_walk(spec: RelabelSpec, listener: Any) -> Walk:
    """Read the file and its state, or look for suspected labels and start a state.

    Raises:
        UndercutError: no or several files, nothing to look for, or a state of another file.
    """
    if len(spec.train) != 1:
        found = str(len(spec.train) or "none")
        raise fail("relabel-file", expected="one labelled file", found=found)
    path = spec.train[0]
    name, _ = task_for(spec.task, spec.train)
    task = plugins.attr(plugins.get("task", name).load)()
    if own_reader(task) is not None:
        raise fail(
            "relabel-task",
            expected="a table of texts and labels",
            found=f"a file of {name}",
            where=str(path),
            fix="undercut evaluate and the report list its most confident mistakes.",
        )
    columns = (spec.text_column, spec.label_column)
    used = read_sets([path], [], [], task, *columns, spill=True, keep=True, tick=listener.tick)
    if len(used.read) != 1 or used.valid is not None or used.test is not None:
        found = "a folder" if path.is_dir() else "rows with splits of their own"
        raise fail("relabel-file", expected="one labelled file", found=found, where=str(path))
    source, digest = used.read[0], sha256_file(used.read[0].path)
    kept = path.with_name(path.name + STATE)
    if kept.is_file():
        state = _read(kept)
        if state.file_sha256 != digest:
            raise fail(
                "relabel-state",
                expected="the file this walk was begun on",
                found="a file that has changed since",
                where=str(kept),
                fix=f"Delete {kept.name} to begin again, or bring the old file back.",
            )
        listener.say(f"Going on at {len(state.decisions) + 1} of {len(state.items)}.")
    else:
        listener.announce("label errors")
        rows = used.train.examples()
        got = search(rows, task, spec.seed, listener.tick)
        if isinstance(got, str):
            raise fail(
                "relabel-few", expected="rows enough to suspect labels", found=got, where=str(path)
            )
        labels = list(task.label_space(rows.targets))
        records = np.array([row.at for row in source.records() if not row.faults], np.int64)
        items = []
        for i in got.found.rows[: spec.most].tolist():
            best = np.argsort(-got.probabilities[i], kind="stable")[:CHOICES]
            where = int(got.at[i])
            items.append(
                Item(
                    at=int(records[where]),
                    row=rows.rows[where],
                    given=str(rows.targets[where]),
                    choices=[(labels[k], round(float(got.probabilities[i, k]), 4)) for k in best],
                )
            )
        state = State(file_sha256=digest, labels=labels, items=items)
    state = state.model_copy(update={"sessions": state.sessions + 1})
    write_json(kept, state.model_dump(mode="json"))
    wanted = {item.at for item in state.items}
    texts = {
        row.at: str(row.cells[source.choice.text])
        for row in source.records()
        if row.cells is not None and row.at in wanted
    }
    return Walk(source, kept, state, len(state.decisions), texts)


def _read(path: Path) -> State:
    try:
        return State.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, ValidationError) as e:
        raise fail(
            "relabel-state",
            expected="the state of a walk",
            found=f"a file that cannot be read ({type(e).__name__})",
            where=str(path),
            fix="Delete it to begin again.",
        ) from None


def finish(walk: Walk, spec: RelabelSpec) -> Relabelled:
    """Write the corrected copy, whole, and this session's person-hours into the ledger."""
    source, y = walk.source, walk.source.choice.label
    done = list(zip(walk.state.items, walk.state.decisions, strict=False))
    becomes = {
        item.at: decision.label
        for item, decision in done
        if decision.label is not None and decision.label != item.given
    }
    path = source.path
    copy = path.with_name(path.stem + COPY)
    with whole_files([copy]) as (out,):
        writer = csv.writer(out, lineterminator="\n")
        if source.header:
            writer.writerow(source.columns)
        for row in source.records():
            if row.cells is not None:
                cells = ["" if c is None else str(c) for c in row.cells]
                cells[y] = becomes.get(row.at, cells[y])
                writer.writerow(cells)
    spent = sum(d.seconds for d in walk.state.decisions[walk.before :]) + walk.lost
    hours = Decimal(str(round(spent, 3))) / 3600
    if hours:
        subject = f"entered:relabel:{walk.state.file_sha256[:12]}:{walk.state.sessions}"
        note = f"{path.name}, {len(walk.state.decisions) - walk.before} rows"
        Book(spec.workspace / "ledger.sqlite").record(subject, "person_hour", hours, note=note)
    return Relabelled(
        file=str(path),
        copy_file=str(copy),
        rows_listed=len(walk.state.items),
        decided=len(done),
        changed=len(becomes),
        skipped=sum(d.label is None for _, d in done),
        hours_this_session=round(float(hours), 6),
        state=str(walk.path),
    )
