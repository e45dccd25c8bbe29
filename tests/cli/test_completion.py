"""Completion scripts: sourced in the three shells, and asked; a shell that is absent is skipped."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys

import pytest
from rich.console import Console

from undercut.cli.app import COMMANDS
from undercut.cli.completion import SHELLS, completion
from undercut.core.specs_setup import CompletionSpec


def quick(patch):
    """Keep cyclopts from reading pydantic's source for docstrings of fields: there are none."""
    place = "cyclopts.argument._collection.extract_docstring_help"
    patch.setattr(place, lambda _: {}, raising=False)


def undercut(*arguments, **options):
    command = [sys.executable, "-m", "undercut", *arguments]
    return subprocess.run(command, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the files to be found, and the three scripts as they are printed."""
    place = tmp_path_factory.mktemp("shells")
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        for shell in SHELLS:
            made = completion(CompletionSpec(shell=shell))
            (place / f"undercut.{shell}").write_text(made.script)
    (place / "fpath").mkdir()
    (place / "fpath" / "_undercut").write_text((place / "undercut.zsh").read_text())
    for name in ("training.csv", "meine daten.csv", "评论.csv"):
        (place / name).touch()
    return place


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


def in_bash(folder, line):
    """Return what bash offers at the end of a line."""
    words = line.split(" ")
    quoted = " ".join(f"'{w}'" for w in words)
    code = (
        f"source undercut.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        "complete -p undercut >/dev/null || exit 3; _undercut; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    bash = ["bash", "--noprofile", "--norc", "-c", code]
    done = subprocess.run(bash, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.splitlines()


def in_fish(folder, line):
    """Return what fish offers at the end of a line, without the descriptions."""
    code = f"source undercut.fish; complete -C '{line}'"
    fish = ["fish", "--no-config", "-c", code]
    done = subprocess.run(fish, capture_output=True, text=True, check=True, cwd=folder)
    return [offer.split("\t")[0] for offer in done.stdout.splitlines()]


def in_zsh(folder, line, load):
    """Type a line and Tab into an interactive zsh; return what stands in its line then."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="dumb", ZDOTDIR=str(folder), LC_ALL="C.UTF-8")
        os.execvp("zsh", ["zsh", "-f", "-i"])

    def until(pattern):
        read = b""
        while not re.search(pattern, read):
            assert select.select([terminal], [], [], 20)[0], read
            read += os.read(terminal, 65536)
        return re.search(pattern, read)

    try:
        typed = (
            f"{load}; show() {{ print -r -- ''; print -r -- \"LINE[$BUFFER]\" }}; "
            "zle -N show; bindkey '^Xp' show; print REA''DY\n"
        )
        os.write(terminal, typed.encode())
        until(rb"READY[\s\S]*2004h")
        os.write(terminal, line.encode() + b"\t\x18p")
        return until(rb"LINE\[(.*?)\]\r?\n").group(1).decode()
    finally:
        os.close(terminal)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_bash_completes_commands_options_and_files(folder):
    assert set(in_bash(folder, "undercut ")) >= set(COMMANDS)
    assert in_bash(folder, "undercut expl") == ["explain"]
    assert in_bash(folder, "undercut explain --ag") == ["--against"]
    assert in_bash(folder, "undercut run --me") == ["--method"]
    assert in_bash(folder, "undercut run train") == ["training.csv"]
    assert in_bash(folder, "undercut run training.csv mei") == ["meine daten.csv"]
    assert in_bash(folder, "undercut check --test 评") == ["评论.csv"]


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish")
def test_fish_completes_commands_options_and_files(folder):
    assert "train" in in_fish(folder, "undercut tr")
    assert in_fish(folder, "undercut run --me") == ["--method"]
    assert in_fish(folder, "undercut run traini") == ["training.csv"]
    assert in_fish(folder, "undercut run --train traini") == ["training.csv"]
    assert in_fish(folder, "undercut check 评") == ["评论.csv"]


AUTOLOADED = "fpath=($PWD/fpath $fpath); autoload -Uz compinit; compinit -u -D"
SOURCED = "autoload -Uz compinit; compinit -u -D; source ./undercut.zsh"


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh")
@pytest.mark.parametrize("load", [AUTOLOADED, SOURCED], ids=["autoloaded", "sourced"])
@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("undercut tr", "undercut train "),
        ("undercut run --meth", "undercut run --method "),
        ("undercut run traini", "undercut run training.csv "),
        ("undercut evaluate model mei", "undercut evaluate model meine\\ daten.csv "),
    ],
)
def test_zsh_completes_commands_options_and_files(folder, typed, becomes, load):
    assert in_zsh(folder, typed, load) == becomes


def test_install_says_where_it_wrote(installed, folder):
    said, written = installed
    assert len(written) == 1
    assert str(written[0]) in said.replace("\n", "")
    assert written[0].read_text() == (folder / "undercut.bash").read_text()


@pytest.mark.parametrize(("shell", "start"), [("zsh", "#compdef undercut"), ("fish", "#")])
def test_the_other_shells_get_a_script(shell, start, monkeypatch):
    quick(monkeypatch)
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
