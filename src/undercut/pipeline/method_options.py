"""A method's own options, checked as a whole before anything is fitted."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from undercut.core import plugins
from undercut.core.errors import Problem, UndercutError, did_you_mean, fail

Tables = dict[str, dict[str, Any]]


def check_options(tables: Tables, task: str) -> None:
    """Check every table of options, whether its method will be fitted or not.

    Args:
        tables: method -> option -> value.
        task: registered task; a method that does not do it has no options for it.

    Raises:
        UndercutError: unknown methods, unknown options, or wrong values; all at once.
    """
    problems: list[Problem] = []
    for method, values in tables.items():
        if method not in plugins.names("method"):
            near = did_you_mean(method, plugins.names("method"))
            problems.append(Problem("a method", f"'{method}'", f"options.{method}", near))
        elif task in plugins.get("method", method).ways:
            problems += _problems(method, values, plugins.attr(plugins.way(method, task).options))
    if problems:
        raise UndercutError("method-options", problems)


def check_workers(workers: int, method: str) -> None:
    """Check that a method whose training is to be shared can share it; the ladder takes any.

    Raises:
        UndercutError: it cannot (``method-flags``).
    """
    if workers == 1 or method == "auto" or plugins.get("method", method).workers:
        return
    can = [name for name in plugins.names("method") if plugins.get("method", name).workers]
    raise fail(
        "method-flags",
        expected=f"a method whose training several processes share: {', '.join(can)}",
        found=f"--method {method}",
        where=f"--workers {workers}",
        fix="Leave --workers out; --threads says how many cores to use.",
    )


def _problems(method: str, values: dict[str, Any], model: Any) -> list[Problem]:
    try:
        model.model_validate(values)
    except ValidationError as e:
        found = []
        for error in e.errors(include_url=False):
            name = ".".join(str(part) for part in error["loc"])
            where = f"{method}.{name}" if name else method
            if error["type"] == "extra_forbidden":
                near = did_you_mean(name, model.model_fields)
                found.append(Problem(f"an option of {method}", f"'{name}'", where, near))
                continue
            message = error["msg"].removeprefix("Value error, ")
            wanted = (message[0].lower() + message[1:]).removeprefix("input should be ")
            given = repr(error["input"]) if name else _short(values)
            found.append(Problem(wanted, given[:100], where))
        return found
    return []


def _short(values: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in values.items())
