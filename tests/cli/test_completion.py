"""Completion scripts: made for three shells, and in bash sourced and asked."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys

import pytest
from rich.console import Console

from undercut.cli.app import COMMANDS
from undercut.cli.completion import completion
from undercut.core.specs import CompletionSpec


def undercut(*arguments, **options):
    command = [sys.executable, "-m", "undercut", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install for bash into a home of its own; return what was said and the script."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "HOME": str(home), "SHELL": "/bin/bash"}
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        environment.pop(name, None)
    done = undercut("completion", "--install", check=True, env=environment)
    written = [p for p in home.rglob("*") if p.is_file() and "_undercut()" in p.read_text()]
    return done.stdout, written


def complete(script, *words):
    """Return what bash offers after these words."""
    quoted = " ".join(f"'{w}'" for w in words)
    code = (
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); "
        "complete -p undercut >/dev/null || exit 3; _undercut; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    bash = ["bash", "--noprofile", "--norc", "-c", code]
    return subprocess.run(bash, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_bash_completes_commands_and_options(installed):
    bash_script = installed[1][0]
    assert set(complete(bash_script, "undercut", "")) >= set(COMMANDS)
    assert complete(bash_script, "undercut", "expl") == ["explain"]
    assert complete(bash_script, "undercut", "explain", "--ag") == ["--against"]
    assert "--methd" not in complete(bash_script, "undercut", "run", "--me")
    assert complete(bash_script, "undercut", "run", "--me") == ["--method"]


def test_install_says_where_it_wrote(installed):
    said, written = installed
    assert len(written) == 1
    assert str(written[0]) in said.replace("\n", "")


@pytest.mark.parametrize(("shell", "start"), [("zsh", "#compdef undercut"), ("fish", "#")])
def test_the_other_shells_get_a_script(shell, start, monkeypatch):
    # cyclopts would read pydantic's source for docstrings of fields: 2 seconds, and there are none.
    place = "cyclopts.argument._collection.extract_docstring_help"
    monkeypatch.setattr(place, lambda _: {}, raising=False)
    made = completion(CompletionSpec(shell=shell))
    assert made.to_json()["shell"] == shell and not made.path
    assert made.script.startswith(start)
    assert all(name in made.script for name in COMMANDS)
    console = Console(file=io.StringIO())
    made.show(console)
    assert console.file.getvalue() == made.script


def test_an_unknown_shell_is_one_clear_error(monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = undercut("completion")
    assert done.returncode == 2 and "tcsh" in done.stderr and "Traceback" not in done.stderr
