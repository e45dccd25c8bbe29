"""Completion scripts: made for three shells, and in bash sourced and asked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from undercut.cli.app import COMMANDS


def undercut(*arguments, **options):
    command = [sys.executable, "-m", "undercut", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory):
    done = undercut("completion", "bash", check=True)
    path = tmp_path_factory.mktemp("completion") / "undercut.bash"
    path.write_text(done.stdout)
    return path


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
def test_bash_completes_commands_and_options(bash_script):
    assert set(complete(bash_script, "undercut", "")) >= set(COMMANDS)
    assert complete(bash_script, "undercut", "exp") == ["explain"]
    assert complete(bash_script, "undercut", "explain", "--ag") == ["--against"]
    assert "--methd" not in complete(bash_script, "undercut", "run", "--me")
    assert complete(bash_script, "undercut", "run", "--me") == ["--method"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_get_a_script(shell):
    done = json.loads(undercut("completion", shell, "--json", check=True).stdout)
    assert done["shell"] == shell
    assert all(name in done["script"] for name in COMMANDS)


def test_install_writes_into_the_shells_own_folder(tmp_path):
    home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/bash"}
    import os

    environment = {**os.environ, **home}
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        environment.pop(name, None)
    done = undercut("completion", "--install", check=True, env=environment)
    written = [p for p in tmp_path.rglob("*") if p.is_file() and "_undercut" in p.read_text()]
    assert written and str(written[0]) in done.stdout


def test_an_unknown_shell_is_one_clear_error(monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = undercut("completion")
    assert done.returncode == 2 and "tcsh" in done.stderr and "Traceback" not in done.stderr
