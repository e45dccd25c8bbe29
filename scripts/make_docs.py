"""Write docs/reference/*.md from the code: commands, configuration, plug-ins, ledger, errors.

Run by ``make docs``; a test fails when a page is not what this script would write.
"""

from __future__ import annotations

import ast
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
RAISING = {
    "fail": 0,
    "UndercutError": 0,
    "IntegrityError": 0,
    "MissingExtra": 0,
    "Unanswered": 0,
    "UnpricedError": 0,
    "ApiError": 1,
}
"""What raises an error, and which argument is its code."""
GENERATED = "<!-- Written by scripts/make_docs.py from the code; edit the code instead. -->\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _table(columns: list[str], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def _type(field: Any) -> str:
    return _name(field.annotation)


def _name(kind: Any) -> str:
    if kind is type(None):
        return "nothing"
    arguments = getattr(kind, "__args__", ())
    if hasattr(kind, "__metadata__"):
        return _name(kind.__origin__)
    if origin := getattr(kind, "__origin__", None):
        if origin is Literal:
            return " or ".join(repr(a) for a in arguments)
        if origin in (Union, UnionType):
            return " or ".join(_name(a) for a in arguments if a is not type(None))
        return f"{origin.__name__} of {' and '.join(_name(a) for a in arguments)}"
    if isinstance(kind, UnionType):
        return " or ".join(_name(a) for a in arguments if a is not type(None))
    return str(getattr(kind, "__name__", kind))


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.default_factory() if field.default_factory else field.default
    return "" if value in (None, "", [], {}) else f"`{value}`"


def _options(model: Any) -> str:
    rows = [
        [f"`{name.rstrip('_')}`", _type(f), _default(f), f.description or ""]
        for name, f in model.model_fields.items()
    ]
    return _table(["option", "type", "default", "what"], rows)


def commands() -> str:
    """Return the page of commands: one table of options each, made from the specs."""
    from undercut.cli import verbs
    from undercut.cli.app import COMMANDS
    from undercut.serving.options import ServeOptions

    parts = [
        GENERATED,
        "# Commands\n",
        "Every option is also a key of `undercut.toml` (with `-` or `_`), and a field of the spec "
        "that the Python verb takes. On the command line an option is written `--valid-share 0.2`. "
        "Every command takes `--json` (one JSON document on standard output) and `--quiet`. Exit "
        "status 0: done; 2: something you can mend, said on standard error; 130: stopped by you.\n",
    ]
    for name, text in COMMANDS.items():
        model = ServeOptions if name == "serve" else getattr(verbs, name).spec
        parts += [f"## `undercut {name}`\n", f"{text}\n", _options(model) + "\n"]
    return "\n".join(parts)


def plugins_page() -> str:
    """Return the registries, and the table of what works with what."""
    from undercut.cli.listing import combinations
    from undercut.core import plugins

    parts = [GENERATED, "# Plug-ins\n"]
    for kind in plugins.KINDS:
        rows = [[f"`{n}`", plugins.get(kind, n).summary] for n in plugins.names(kind)]
        parts += [f"## {kind.capitalize()}s\n", _table([kind, "what it is"], rows) + "\n"]
    parts.append("## What works with what\n")
    columns = ["task", "method", "architecture", "format", "backend", "extras"]
    for task in plugins.names("task"):
        rows = []
        for row in combinations(task):
            method, backend = plugins.get("method", row[1]), plugins.get("backend", row[4])
            extras = sorted({e for e in (method.extra, backend.extra) if e})
            rows.append([*row[:5], ", ".join(extras) or "none"])
        parts.append(_table(columns, rows) + "\n")
    for name in plugins.names("method"):
        ways = plugins.get("method", name).ways
        for path in dict.fromkeys(way.options for way in ways.values()):
            tasks = " and ".join(task for task, way in ways.items() if way.options == path)
            parts += [f"## Options of `{name}`, {tasks}\n"]
            parts += [f"In `undercut.toml`: `[options.{name}]`.\n"]
            parts.append(_options(plugins.attr(path)) + "\n")
    return "\n".join(parts)


def ledger_page() -> str:
    """Return the units and the built-in rates."""
    from undercut.ledger.price import Rates, units

    rows = [[f"`{r.unit}`", f"{r.usd:f}", r.since, r.source] for r in Rates().rows]
    return "\n".join(
        [
            GENERATED,
            "# Ledger\n",
            "## Units\n",
            _table(["unit", "what"], [[f"`{u}`", about["meaning"]] for u, about in units().items()])
            + "\n",
            "## Built-in rates\n",
            "A rate is never overwritten: a change is a new dated row. Add your own with "
            "`--rates FILE.toml`.\n",
            _table(["unit", "USD", "from", "source"], rows) + "\n",
        ]
    )


def error_codes() -> dict[str, set[str]]:
    """Return every error code written in the source, with the files that raise it."""
    found: dict[str, set[str]] = {}
    source = ROOT / "src" / "undercut"
    for path in sorted(source.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name in RAISING and len(call.args) > RAISING[name]:
                code = call.args[RAISING[name]]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    where = path.relative_to(source).as_posix()
                    found.setdefault(code.value, set()).add(where)
    return found


def errors_page() -> str:
    """Return the error codes, what each means, and where it is raised."""
    from undercut.core.codes import meanings

    found = error_codes()
    rows = [
        [
            f'<a id="{code}"></a>`{code}`',
            meanings().get(code, ""),
            ", ".join(f"`{p}`" for p in sorted(found[code])),
        ]
        for code in sorted(found)
    ]
    text = (
        "The short code ends the message on standard error, and stands in the field `code` of an "
        "HTTP error; it does not change between versions. `undercut help CODE` prints the same.\n"
    )
    return "\n".join(
        [GENERATED, "# Error codes\n", text, _table(["code", "meaning", "raised in"], rows) + "\n"]
    )


PAGES = {
    "commands.md": commands,
    "plugins.md": plugins_page,
    "ledger.md": ledger_page,
    "errors.md": errors_page,
}


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
        print(REFERENCE / name)


if __name__ == "__main__":
    main()
