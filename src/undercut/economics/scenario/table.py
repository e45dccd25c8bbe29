"""A table of a scenario: its keys and the rules across them, every mistake told at once.

Pydantic checks a model's rules only once every key is right, and stops at the first rule that
raises. Here a rule names the keys it reads and is asked whenever those are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from undercut.core.types import Record

Mistakes = PydanticCustomError | Iterable[PydanticCustomError] | None


def rule(*reads: str) -> Callable[[Callable[[Any], Mistakes]], Callable[[Any], Mistakes]]:
    """Mark a method as a rule across the keys it reads; it returns mistakes, or ``None``.

    It is given the table, or what is right of it: only the keys named may be read.
    """

    def mark(method: Callable[[Any], Mistakes]) -> Callable[[Any], Mistakes]:
        method.reads = frozenset(reads)  # type: ignore[attr-defined]
        return method

    return mark


class Table(Record):
    """Base of the tables."""

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, given: Any, handler: Callable[[Any], Any]) -> Any:
        made, found = None, []
        try:
            made = handler(given)
        except ValidationError as e:
            found = e.errors()
            if not isinstance(given, dict):
                raise
        bad = {str(error["loc"][0]) for error in found if error["loc"]}
        seen = made if made is not None else _right(cls, given, bad)
        broken = [m for r in _rules(cls) if not r.reads & bad for m in _listed(r(seen))]  # type: ignore[attr-defined]
        if not found and not broken:
            return made
        lines = [_line(error) for error in found]
        lines += [InitErrorDetails(type=m, loc=(), input=None) for m in broken]
        raise ValidationError.from_exception_data(cls.__name__, lines)


def _listed(mistakes: Mistakes) -> list[PydanticCustomError]:
    if mistakes is None:
        return []
    return [mistakes] if isinstance(mistakes, PydanticCustomError) else list(mistakes)


@cache
def _rules(model: type[Table]) -> list[Callable[[Any], Mistakes]]:
    methods = [m for c in reversed(model.__mro__) for m in vars(c).values()]
    return [m for m in methods if hasattr(m, "reads")]


def _right(model: type[Table], given: dict[str, Any], bad: set[str]) -> SimpleNamespace:
    """Return the keys of a table that are right, read one by one."""
    found: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if name in bad:
            continue
        if name in given:
            found[name] = _reader(model, name).validate_python(given[name])
        else:
            found[name] = info.get_default(call_default_factory=True)
    return SimpleNamespace(**found)


@cache
def _reader(model: type[Table], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = info.annotation
    for fact in info.metadata:
        annotation = Annotated[annotation, fact]
    return TypeAdapter(annotation)


def _line(error: Any) -> InitErrorDetails:
    """Return an error as it came, to be raised again beside others."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("number", "value_error", "assertion_error"):
        if kind != "number":
            context = {"expected": str(context.get("error", error["msg"])), "found": "this"}
        return InitErrorDetails(
            type=PydanticCustomError("number", "{expected}", context),
            loc=error["loc"], input=error["input"],
        )  # fmt: skip
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"], ctx=context)
