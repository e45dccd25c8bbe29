"""What is searched: the ranges that the methods' option models declare, less what the user set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_origin

from undercut.core import plugins


@dataclass(frozen=True)
class Range:
    """The values an option may take in a search.

    Attributes:
        name: the option.
        choices: the values, when they are few; else those from ``low`` to ``high``.
        log: drawn on a logarithmic scale.
        whole: whole numbers.
        several: the option is a tuple of values to choose from: the search gives it one.
    """

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    several: bool = False

    def draw(self, trial: Any, name: str) -> Any:
        """Let an Optuna trial choose a value, under a name; return it as the option takes it."""
        if self.choices:
            value = trial.suggest_categorical(name, list(self.choices))
        elif self.whole:
            value = trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        else:
            value = trial.suggest_float(name, self.low, self.high, log=self.log)
        return [value] if self.several else value


def ranges(method: str, task: str, fixed: Mapping[str, object]) -> list[Range]:
    """Return what may be searched of a method's options for a task, less those in ``fixed``."""
    model = plugins.attr(plugins.way(method, task).options)
    found = []
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra
        declared = extra.get("tune") if isinstance(extra, dict) else None
        if declared is None or name in fixed:
            continue
        several = get_origin(info.annotation) is tuple
        if "choices" in declared:
            found.append(Range(name, tuple(declared["choices"]), several=several))
            continue
        low, high = declared["low"], declared["high"]
        whole = isinstance(low, int) and isinstance(high, int)
        log = bool(declared.get("log", False))
        found.append(Range(name, (), low, high, log, whole, several))
    return found


def draw(trial: Any, method: str, task: str, fixed: Mapping[str, object]) -> dict[str, Any]:
    """Return a method's options as an Optuna trial draws them; what is fixed stays as it is."""
    drawn = {r.name: r.draw(trial, f"{method}.{r.name}") for r in ranges(method, task, fixed)}
    return {**fixed, **drawn}
