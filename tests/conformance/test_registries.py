"""Plug-ins are what their folder says, light to look at, and every combination answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from undercut.cli.listing import combinations
from undercut.core import plugins
from undercut.core.errors import MissingExtra, UndercutError
from undercut.core.registry import Way

EVERY = [(kind, name) for kind in plugins.KINDS for name in plugins.names(kind)]


def named(record):
    """Return every ``module:attr`` string in a record."""
    found = []
    for value in vars(record).values():
        for v in value.values() if isinstance(value, dict) else [value]:
            found += named(v) if isinstance(v, Way) else []
            found += [v] if isinstance(v, str) and v.count(":") == 1 else []
    return found


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_is_called_what_its_folder_is_called(kind, name):
    info = plugins.get(kind, name)
    assert info.name == name
    assert info.summary


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_string_it_names_can_be_loaded(kind, name):
    paths = named(plugins.get(kind, name))
    assert paths
    for path in paths:
        assert callable(plugins.attr(path)), path


def test_looking_at_the_registries_loads_nothing_heavy():
    code = (
        "import json, sys; from undercut.core import plugins\n"
        "for k in plugins.KINDS:\n"
        "    for n in plugins.names(k): plugins.get(k, n)\n"
        "heavy = ['torch', 'transformers', 'onnxruntime', 'sklearn', 'fastapi', 'numpy']\n"
        "print(json.dumps([m for m in heavy if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_an_unknown_name_is_one_clear_error():
    with pytest.raises(UndercutError, match="Did you mean 'linear'"):
        plugins.get("method", "liner")


def test_a_missing_package_names_the_pip_command(monkeypatch):
    monkeypatch.setattr(plugins, "missing", lambda info, task="": ["torch"])
    with pytest.raises(MissingExtra, match=r'pip install "undercut\[train\]"'):
        plugins.require(plugins.get("method", "probe"))


@pytest.mark.parametrize("task", plugins.names("task"))
def test_every_cell_of_the_table_works_or_says_what_to_install(task):
    rows = combinations(task)
    assert {row[1] for row in rows} == {
        n for n in plugins.names("method") if task in plugins.get("method", n).ways
    }
    for row in rows:
        assert row[-1] == "works" or row[-1].startswith("pip install"), row
