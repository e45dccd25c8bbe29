"""The verbs that look at a labelled file; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from undercut.core.specs import DataSpec, PlaceSpec, Seed


class CheckSpec(DataSpec):
    """Read a labelled file and say what is wrong with it, before money is spent on it."""

    fix: bool = Field(
        False,
        description="Write NAME.fixed.csv beside each file with the safe mends made, and "
        "NAME.fixed.log.jsonl with every change; the file itself is never touched.",
    )
    page: Path | None = Field(None, description="Also write the findings to this HTML page.")
    label_errors: bool = Field(
        True, description="Look for probable label errors (fits the linear rung five times)."
    )
    base: str = Field(
        "minilm", description="Base model whose tokenizer tells which texts would be cut."
    )


class RelabelSpec(DataSpec):
    """Walk over the rows whose labels are most suspected, and write a corrected copy.

    Every decision is kept at once in FILE.relabel.json, so a walk can be left and gone on with.
    The time spent goes into the ledger as person-hours.
    """

    most: int = Field(100, ge=1, description="Rows to walk at most.")


class CoresetSpec(PlaceSpec):
    """Pick the rows of a file most worth labelling, and write them to a file to be labelled.

    Rows with a label, in the same file or in others, tell what is known already: what they cover
    is not picked, and what a model of them is unsure of is picked first.
    """

    data: list[Path] = Field(
        default_factory=list, description="File or files with the texts; labels may be missing."
    )
    labelled: list[Path] = Field(
        default_factory=list, description="Other files, with rows that are labelled already."
    )
    coreset: int = Field(100, ge=1, description="Rows to pick.")
    text_column: str | None = Field(None, description="Column of the text, if not found by itself.")
    label_column: str | None = Field(
        None, description="Column of the label; without it one that is named as labels are."
    )
    task: str = Field("text-classification", description="What a row and an answer are.")
    seed: Seed = Field(0, description="Seed of the choice.")
    out: Path = Field(Path("to_label.csv"), description="File to write, CSV.")
    force: bool = Field(False, description="Replace the file if it is there.")


class NewSpec(DataSpec):
    """Write a commented undercut.toml for a labelled file: columns found, and every option.

    Options you give are written as set; all others stand there with their defaults, commented
    out. `undercut run` in that folder then needs nothing else.
    """

    out: Path = Field(Path("undercut.toml"), description="File to write.")
    force: bool = Field(False, description="Replace the file if it is there.")
