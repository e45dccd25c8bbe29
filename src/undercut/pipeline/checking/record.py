"""What ``check`` found, as a record."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Record
from undercut.data.checks import Finding


class Sample(Record):
    """A check that looked at some of the rows only."""

    check: str = Field(description="near copies, label errors or lengths")
    rows: int = Field(description="rows looked at")
    of: int = Field(description="rows there are")
    how: str = Field(description="how they were chosen, such as 'a random 50,000 of ... seed 0'")


class Suspect(Record):
    """A row whose label is probably wrong."""

    row: str = Field(description="file:line")
    text: str = Field(description="personal data masked, cut to 200 characters")
    given: str
    likely: str = Field(description="the label the models find likeliest")
    confidence: float = Field(description="probability of the likely label, out of fold")
    given_probability: float = Field(description="probability of the given label, out of fold")


class LabelErrors(Record):
    """The search for label errors, and its likeliest finds."""

    rows: int = Field(description="rows looked at")
    folds: int
    accuracy: float = Field(description="share of rows on which the out-of-fold label is the given")
    estimated: int = Field(description="labels doubted among the rows looked at; an upper guess")
    suspects: list[Suspect] = Field(description="least believed first, at most 20")


class Pair(Record):
    """Two rows that are nearly the same."""

    rows: tuple[str, str]
    texts: tuple[str, str] = Field(description="masked and cut")
    labels: tuple[str, str]
    similarity: float = Field(description="Jaccard similarity of character windows")


class ClassCount(Record):
    """One label and its rows."""

    label: str
    rows: int
    share: float
    test_rows: int


class Lengths(Record):
    """How long texts are for the base model."""

    counted_by: str = Field(description="the tokenizer, or 'an estimate' when none is installed")
    rows: int = Field(description="rows counted")
    limit: int = Field(description="tokens the model reads of one text")
    cut: int = Field(description="texts that are longer")
    median: int = Field(description="tokens of the middle text")
    longest: int
    unknown_share: float | None = Field(description="share of tokens the model does not know")
    worst: list[tuple[str, int]] = Field(description="file:line and tokens, longest first, 10")


class Fixed(Record):
    """A mended copy of one file."""

    file: str
    copy_file: str
    log: str
    rows_before: int
    rows_after: int
    changes: dict[str, int] = Field(description="how many changes of each kind")


class Checked(Record):
    """What files hold and what is wrong with them."""

    rows: int
    test_rows: int = 0
    labels: list[str]
    notes: list[str]
    samples: list[Sample] = Field(
        default_factory=list, description="checks that looked at some rows only; empty: at all"
    )
    findings: list[Finding]
    errors: int
    classes: list[ClassCount] = Field(default_factory=list, description="largest first")
    scripts: dict[str, int] = Field(default_factory=dict, description="rows by script")
    lengths: Lengths | None = None
    label_errors: LabelErrors | None = None
    near_pairs: list[Pair] = Field(default_factory=list, description="the 20 most alike")
    fixed: list[Fixed] = Field(default_factory=list)
    page: str = ""
