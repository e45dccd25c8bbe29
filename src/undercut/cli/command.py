"""Make a command from a verb's spec: its options, the file ``undercut.toml``, and ``--json``."""

from __future__ import annotations

import inspect
import json as jsonlib
import pkgutil
import re
import sys
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from keyword import iskeyword
from operator import or_
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from cyclopts import Group, Parameter
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from undercut import core
from undercut.core import plugins, specs
from undercut.core.errors import Problem, UndercutError, did_you_mean, fail
from undercut.ledger.place import keep_in

TOML = Path("undercut.toml")
GROUPS = {
    "DataSpec": "Data",
    "PlaceSpec": "Place",
    "FitSpec": "Fitting",
    "GateSpec": "Gate",
    "RatesSpec": "Prices",
    "MarketSpec": "Market",
    "ApiSpec": "API",
    "AskSpec": "API",
    "StoreSpec": "Store",
    "ScenarioSpec": "Scenario",
}
OUTPUT, LAST = 98, 99
"""Sort keys of groups that stand below the others: a method's own options are many."""


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _group(cls: type[BaseModel], hidden: set[str]) -> Any:
    """Return a model of one spec class's own fields: types only, the spec itself validates."""
    own: dict[str, Any] = {}
    for name in inspect.get_annotations(cls):
        if name in hidden or name == "model_config" or name not in cls.model_fields:
            continue
        info = cls.model_fields[name]
        own[name] = _flag(info)
    return create_model(f"{cls.__name__}Options", __base__=_Options, **own) if own else None


def _flag(info: FieldInfo) -> tuple[Any, Any]:
    """Return the type and the default of a field as a flag."""
    default = None if info.is_required() or info.default_factory else info.default
    shown = default if default not in ("", None) else None
    kind = _bare(info.annotation)
    return kind if shown is not None else kind | None, Field(shown, description=info.description)


def _method_groups() -> dict[str, Any]:
    """Return a model of each method's own options, those of all its tasks together."""
    found = {}
    for method in plugins.names("method"):
        own: dict[str, Any] = {}
        for path in dict.fromkeys(w.options for w in plugins.get("method", method).ways.values()):
            for name, info in plugins.attr(path).model_fields.items():
                kind, flag = _flag(info)
                own[name] = (kind if own.get(name, (kind,))[0] == kind else Any, flag)
        if own:
            found[method] = create_model(f"{method.title()}Flags", __base__=_Options, **own)
    return found


def _bare(kind: Any) -> Any:
    """Return a type without its bounds: cyclopts would tell of them in pydantic's words."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _bare(inside[0])
    if origin in (Union, UnionType):
        return reduce(or_, map(_bare, inside))
    return kind


@dataclass(frozen=True)
class Positional:
    """A positional argument that fills a spec field.

    Attributes:
        field: the spec's field.
        help: one line for the help.
        many: it takes all that follow.
        files: the shell completes it with file names.
        unless: a flag beside which the argument does not exist: what stands there is the next one.
    """

    field: str
    help: str
    many: bool = False
    files: bool = False
    unless: str = ""


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


def _refuse_strays(files: Sequence[str], flags: dict[str, Any], kind: type[specs.Spec]) -> None:
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


def _as_typed(_: Any, tokens: Sequence[Any]) -> str:
    """Return an argument as it was typed: a path would lose a slash that a text has."""
    return str(tokens[0].value)


def make(
    name: str,
    spec: type[specs.Spec],
    call: Callable[[Any, Any], Any],
    positionals: tuple[Positional, ...] = (),
) -> Callable[..., None]:
    """Return a function cyclopts can register.

    Args:
        name: command name.
        spec: the verb's spec.
        call: ``(spec, terminal) -> result``; the result has ``to_json()`` and ``show(console)``.
        positionals: positional arguments and the fields they fill.
    """
    p = inspect.Parameter
    hidden = {q.field for q in positionals if not q.many} | {"options"}
    parameters = []
    for q in positionals:
        kind: Any = Path if q.files else str
        extra = Annotated[kind, Parameter(help=q.help)]
        if q.many:
            parameters.append(p(q.field, p.VAR_POSITIONAL, annotation=extra))
        else:
            optional = Annotated[kind | None, Parameter(help=q.help, converter=_as_typed)]
            parameters.append(p(q.field, p.POSITIONAL_ONLY, default=None, annotation=optional))
    panels: dict[str, Group] = {}  # the verb's own options first, then those it shares
    for cls in spec.__mro__:
        if not (isinstance(cls, type) and issubclass(cls, specs.Spec) and cls is not specs.Spec):
            continue
        if (model := _group(cls, hidden)) is not None:
            key = cls.__name__.lower()
            title = GROUPS.get(cls.__name__, "Options")
            panel = panels.setdefault(title, Group(title, sort_key=len(panels)))
            options: Any = model | None
            note = Annotated[options, Parameter(name="*", group=panel)]
            parameters.append(p(f"_{key}", p.KEYWORD_ONLY, default=None, annotation=note))
    methods = _method_groups() if "options" in spec.model_fields else {}
    for method, model in methods.items():
        own_kind: Any = model | None
        panel = Group(f"Method {method}", sort_key=LAST, show=method != "dummy")
        own = Annotated[own_kind, Parameter(name=f"--{method}", group=panel)]
        parameters.append(p(f"method_{method}", p.KEYWORD_ONLY, default=None, annotation=own))
    output = Group("Output", sort_key=OUTPUT)
    switch = Annotated[
        bool, Parameter(help="One JSON document on standard output.", negative="", group=output)
    ]
    hush = Annotated[bool, Parameter(help="No progress.", negative="", group=output)]
    parameters += [
        p("json", p.KEYWORD_ONLY, default=False, annotation=switch),
        p("quiet", p.KEYWORD_ONLY, default=False, annotation=hush),
    ]

    def command(*given: Any, json: bool = False, quiet: bool = False, **chosen: Any) -> None:
        flags: dict[str, Any] = {}
        own = {m: chosen.pop(f"method_{m}", None) for m in methods}
        own = {m: o.model_dump(exclude_unset=True) for m, o in own.items() if o is not None}
        if own:
            flags["options"] = own
        for model in chosen.values():
            if model is not None:
                flags.update(model.model_dump(exclude_unset=True))
        rest = [g if g is None else str(g) for g in given]
        for q in positionals:
            if q.unless in flags:
                continue
            if q.many and q.files:
                _refuse_strays([r for r in rest if r is not None], flags, spec)
            if q.many:
                rest = [r for r in rest if r is not None]
                if rest:
                    flags[q.field] = [*rest, *flags.get(q.field, [])]
            else:
                value = rest.pop(0) if rest else None
                if value is not None:
                    flags[q.field] = value
        from undercut.cli.terminal import Terminal

        terminal = Terminal(quiet=quiet, json=json)
        with terminal:
            given_first = [q.field for q in positionals]
            built = build_spec(spec, flags, positional=given_first)
            if own:
                check_flags(own, built.method)
            if isinstance(built, specs.PlaceSpec):  # what a model spends goes to its ledger
                keep_in(built.workspace)
            result = call(built, terminal)
        if json:
            sys.stdout.write(jsonlib.dumps(result.to_json(), ensure_ascii=False, indent=1) + "\n")
        else:
            result.show(terminal.out)
        if code := getattr(result, "exit_code", 0):
            raise SystemExit(code)

    command.__name__ = name
    command.spec = spec  # type: ignore[attr-defined]
    command.__doc__ = _flowing(inspect.getdoc(spec) or "")
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {q.name: q.annotation for q in parameters}
    return command


def _flowing(text: str) -> str:
    """Return a docstring with each paragraph on one line, for the terminal to break."""
    return "\n\n".join(" ".join(p.split("\n")) for p in text.split("\n\n"))
