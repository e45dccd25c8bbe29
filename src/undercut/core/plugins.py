"""Registries: a folder below ``undercut/<kind>/`` is a plug-in; entry points add more.

A plug-in package exposes ``PLUGIN``, one of the ``*Info`` records of
:mod:`undercut.core.registry`. Nothing heavy is imported until :func:`attr` is called.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from undercut.core.errors import MissingExtra, Problem, did_you_mean, fail
from undercut.core.registry import Way

KINDS = {
    "task": "tasks",
    "model": "models",
    "method": "methods",
    "backend": "backends",
    "compressor": "compression",
}


@cache
def _found(kind: str) -> dict[str, str]:
    room = KINDS[kind]
    root = Path(__file__).resolve().parent.parent / room
    found = {}
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if folder.is_dir() and (folder / "__init__.py").is_file():
            found[folder.name.replace("_", "-")] = f"undercut.{room}.{folder.name}:PLUGIN"
    for point in entry_points(group=f"undercut.{room}"):
        found.setdefault(point.name, point.value)
    return found


def names(kind: str) -> list[str]:
    """Return the registered names of a kind: task, model, method, backend or compressor."""
    return list(_found(kind))


@cache
def get(kind: str, name: str) -> Any:
    """Return the plug-in's light record.

    Raises:
        UndercutError: no plug-in of that name; the nearest name is suggested.
    """
    found = _found(kind)
    if name not in found:
        raise fail(
            "plugin-unknown",
            expected=f"a registered {kind}",
            found=f"'{name}'",
            fix=did_you_mean(name, found),
        )
    return attr(found[name])


def attr(path: str) -> Any:
    """Load ``"module:attr"``."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def way(method: str, task: str) -> Way:
    """Return how a method does a task.

    Raises:
        UndercutError: no such method, or it does not do this task.
    """
    info = get("method", method)
    if task not in info.ways:
        able = [n for n in names("method") if task in get("method", n).ways]
        raise fail(
            "method-task",
            expected=f"a method for {task}: {', '.join(able)}",
            found=f"'{method}', which is for {', '.join(info.ways)}",
            fix="Choose another with --method, or leave it out.",
        )
    found: Way = info.ways[task]
    return found


def missing(info: Any, task: str = "") -> list[str]:
    """Return the import names that ``info`` requires, for a task, that are not installed."""
    wanted = [*info.requires, *(info.ways[task].requires if task else ())]
    return [m for m in wanted if importlib.util.find_spec(m) is None]


def require(info: Any, task: str = "") -> None:
    """Check that what a plug-in needs, for a task, is installed.

    Raises:
        MissingExtra: with the exact pip command.
    """
    absent = missing(info, task)
    if absent:
        raise MissingExtra(
            "extra-missing",
            Problem(
                f"the packages of '{info.name}' to be installed",
                f"no {', '.join(absent)}",
                fix=f'Run: pip install "undercut[{info.extra}]"',
            ),
        )
