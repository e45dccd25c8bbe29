"""Which rival models a request is priced against: the rows of ``candidates.toml``."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from undercut.core.errors import Problem, UndercutError
from undercut.core.types import Record
from undercut.economics.price_book import (
    as_date,
    date_problem,
    key_problems,
    read_tables,
    text_problem,
)

CANDIDATES = Path(__file__).with_name("candidates.toml")


class Candidate(Record):
    """A model to price.

    ``tokens`` is ``o200k`` or ``own``; ``retires`` is the day it stops answering, if announced.
    """

    provider: str
    model: str
    tokens: str = "own"
    reasoning: bool = False
    retires: date | None = None
    source: str = ""


def read_candidates(path: Path | str = CANDIDATES) -> list[Candidate]:
    """Read a list of ``[[candidate]]`` models.

    Raises:
        UndercutError: the file cannot be read, or rows have mistakes; all are listed.
    """
    problems: list[Problem] = []
    good: list[Candidate] = []
    for i, row in enumerate(read_tables(path, "candidate"), 1):
        where = f"{path}: candidate {i}"
        found = [text_problem(row, key, where) for key in ("provider", "model", "source")]
        if row.get("tokens", "own") not in ("own", "o200k"):
            found.append(Problem("tokens own or o200k", repr(row["tokens"]), where))
        if not isinstance(row.get("reasoning", False), bool):
            found.append(Problem("reasoning true or false", repr(row["reasoning"]), where))
        if "retires" in row:
            found.append(date_problem(row, "retires", where))
        bad = [p for p in found if p] + key_problems(row, Candidate.model_fields, where)
        problems += bad
        if not bad:
            retires = as_date(row["retires"]) if "retires" in row else None
            good.append(Candidate(**{**row, "retires": retires}))
    if problems:
        raise UndercutError("prices-invalid", problems)
    return good
