"""Read a scenario: every mistake at once, each with its place in the file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.economics.scenario.whole import Scenario

NEW = "undercut market --new writes one."


def read_scenario(path: Path | str) -> Scenario:
    """Return the scenario of a file; paths in it are relative to it.

    Raises:
        UndercutError: no file, not TOML, or mistakes; all are listed.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        found = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise fail(
            "scenario-unreadable", expected="a scenario (TOML)", found=found, where=str(path),
            fix=NEW,
        ) from None  # fmt: skip
    return parse_scenario(table, str(path)).model_copy(update={"folder": str(path.parent)})


def parse_scenario(table: dict[str, Any], where: str = "scenario") -> Scenario:
    """Return the scenario of a table.

    Raises:
        UndercutError: mistakes; all are listed.
    """
    try:
        return Scenario.model_validate(table)
    except ValidationError as e:
        raise UndercutError(
            "scenario-invalid", [_problem(error, where) for error in e.errors()]
        ) from None


def _problem(error: Any, where: str) -> Problem:
    loc = [part for part in error["loc"] if part != "function-after"]
    place = f"{where}: {_place(loc)}" if loc else where
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known(loc[:-1])
        return Problem("a key of that table", f"'{loc[-1]}'", place, did_you_mean(loc[-1], known))
    if kind == "missing":
        return Problem(_lacking(loc), "none", place)
    if kind == "number":
        return Problem(context["expected"], str(context["found"]), place)
    message = error["msg"][0].lower() + error["msg"][1:]
    return Problem(message.removeprefix("input should be "), repr(error["input"])[:80], place)


def _lacking(loc: list[Any]) -> str:
    if len(loc) > 1:
        return "a name" if loc[-1] == "name" else "a number"
    return {"date": "the day of prices and rates, such as 2026-11-21",
            "rival": "at least one [[rival]] table"}.get(str(loc[0]), "that table")  # fmt: skip


def _place(loc: list[Any]) -> str:
    """Return ``rival 2, accuracy`` for ``("rival", 1, "accuracy")``."""
    words: list[str] = []
    for part in loc:
        if isinstance(part, int) and words:
            words[-1] = f"{words[-1]} {part + 1}"
        else:
            words.append(str(part))
    return f"[{words[0]}] {', '.join(words[1:])}" if len(words) > 1 else words[0]


def _known(loc: list[Any]) -> list[str]:
    """Return the keys of the table at a place."""
    model: type[BaseModel] | None = Scenario
    for part in loc:
        if isinstance(part, int) or model is None:
            continue
        field = model.model_fields.get(str(part))
        model = _model(field.annotation) if field is not None else None
    return list(model.model_fields) if model is not None else []


def _model(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    for part in get_args(kind):
        if (found := _model(part)) is not None:
            return found
    return None
