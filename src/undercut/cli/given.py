"""What a command is given: its flags over ``undercut.toml``, checked by the verb's spec."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from collections.abc import Collection, Sequence
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from undercut import core
from undercut.core import plugins, specs
from undercut.core.errors import Problem, UndercutError, did_you_mean, fail

TOML = Path("undercut.toml")


def known_keys() -> dict[str, type[specs.Spec]]:
    """Return every option name of every verb, with a spec that has it."""
    from undercut.serving.options import ServeOptions

    kinds: list[Any] = [ServeOptions, *all_specs().values()]
    return {name: kind for kind in kinds for name in kind.model_fields}


def all_specs() -> dict[str, type[specs.Spec]]:
    """Return every spec by its name: those of ``core/specs.py`` and of each ``specs_<room>.py``."""
    found: dict[str, type[specs.Spec]] = {}
    for info in pkgutil.iter_modules(core.__path__):
        if info.name.startswith("specs"):
            for name, value in vars(import_module(f"undercut.core.{info.name}")).items():
                if isinstance(value, type) and issubclass(value, specs.Spec):
                    found[name] = value
    return found


def read_toml(path: Path, spec: type[specs.Spec]) -> dict[str, Any]:
    """Return the file's options that ``spec`` has; paths are relative to the file.

    Raises:
        UndercutError: not TOML, or an option that no verb has.
    """
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise fail(
            "toml-unreadable", expected="a TOML file", found=str(e), where=str(path)
        ) from None
    known = known_keys()
    unknown = [k for k in table if _field(k) not in known]
    if unknown:
        raise UndercutError(
            "toml-option",
            [
                Problem("an option of some command", f"'{k}'", str(path), did_you_mean(k, known))
                for k in unknown
            ],
        )
    return {_field(k): v for k, v in table.items() if _field(k) in spec.model_fields}


def _field(key: str) -> str:
    """Return the field an option in the file fills: ``-`` is ``_``, and ``global`` ``global_``."""
    name = key.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


def build_spec(
    kind: type[specs.Spec],
    flags: dict[str, Any],
    path: Path = TOML,
    positional: Collection[str] = (),
) -> Any:
    """Return the validated spec: defaults < file < flags.

    ``positional`` names the fields that stand on the command line without a flag.

    Raises:
        UndercutError: every mistake at once, each with the flag or file it came from.
    """
    table = read_toml(path, kind)
    table = {k: [v] if isinstance(v, str) and _is_list(kind, k) else v for k, v in table.items()}
    if "options" in flags:
        own: dict[str, Any] = flags["options"]
        written = table.get("options", {})
        both = {m: {**written.get(m, {}), **own.get(m, {})} for m in {*written, *own}}
        flags = {**flags, "options": both}
    try:
        return kind.model_validate({**table, **flags})
    except ValidationError as e:
        problems = []
        for error in e.errors():
            name = str(error["loc"][0]) if error["loc"] else ""
            flag = f"--{name.strip('_').replace('_', '-')}"
            where = flag if name in flags or name not in table else f"{path}: {name}"
            if error["type"] == "missing":
                wanted = name.upper() if name in positional else flag
                problems.append(Problem(f"{wanted} on the command line", "none", ""))
                continue
            message = error["msg"][0].lower() + error["msg"][1:]
            problems.append(
                Problem(message.removeprefix("input should be "), repr(error["input"]), where)
            )
        raise UndercutError("option-value", problems) from None


def check_flags(own: dict[str, dict[str, Any]], method: str) -> None:
    """Check that flags of a method's own options go with the method that will be fitted.

    Tables of other methods may stand in the file; a flag that does nothing is a mistake.

    Args:
        own: method -> its options given as flags.
        method: as chosen; ``auto`` climbs the ladder.

    Raises:
        UndercutError: every such flag.
    """
    used = {method, "linear"}  # the linear model may be stacked with any
    if method == "auto":
        used = {m for m in plugins.names("method") if plugins.get("method", m).rung is not None}
    problems = []
    for other, options in own.items():
        for name in options if other not in used else ():
            flag, known = f"--{other}.{name.replace('_', '-')}", _fields(method)
            mend = f"Say --method {other}, or leave it out."
            if method != "auto" and name in known:
                mend = f"Did you mean '--{method}.{name.replace('_', '-')}'? Or {mend.lower()}"
            found = f"--method {method}"
            problems.append(Problem(f"--method {other} beside it", found, flag, mend))
    if problems:
        raise UndercutError("method-flags", problems)


def _fields(method: str) -> set[str]:
    """Return the names of a method's own options; none for ``auto``."""
    if method not in plugins.names("method"):
        return set()
    ways = plugins.get("method", method).ways.values()
    return {name for way in ways for name in plugins.attr(way.options).model_fields}


def _is_list(kind: type[specs.Spec], name: str) -> bool:
    return isinstance(kind.model_fields[name].default_factory, type) and (
        kind.model_fields[name].default_factory is list
    )


def refuse_strays(files: Sequence[str], flags: dict[str, Any], kind: type[specs.Spec]) -> None:
    """Refuse a second value of a list option that was taken for a file: ``--only a b``.

    Raises:
        UndercutError: code ``option-several``; every such value.
    """
    lists = [n for n in flags if n in kind.model_fields and _is_list(kind, n)]
    names = [n for n in lists if kind.model_fields[n].annotation == list[str]]
    bare = [f for f in files if re.fullmatch(r"[\w+-]+", f) and not Path(f).exists()]
    if not names or not bare:
        return
    flag = f"--{names[0].replace('_', '-')}"
    both = f"{flag} {flags[names[0]][-1]} {flag} {bare[0]}"
    raise UndercutError(
        "option-several",
        [
            Problem("a file", f"'{b}', which is none", "", f"As another value: {both}.")
            for b in bare
        ],
    )
