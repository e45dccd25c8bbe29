"""``undercut completion``: the script that completes commands and options in a shell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.console import Console

from undercut.core.errors import fail
from undercut.core.specs_setup import CompletionSpec
from undercut.store.files import write_text

SHELLS = ("bash", "zsh", "fish")
BASH_FILES = "COMPREPLY=( $(compgen -f"
BASH_NAMES = "local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=( $(compgen -f"
"""What bash needs to offer ``my data.csv`` as one name, quoted, and a folder with its slash."""

ZSH_TAIL = """
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _cyclopts_undercut "$@"
else
  compdef _cyclopts_undercut undercut
fi
"""
"""The script works under any file name in ``fpath``, and sourced."""


class Completion:
    """A script, or where it was put."""

    def __init__(self, shell: str, script: str, path: str) -> None:
        self.shell, self.script, self.path = shell, script, path

    def to_json(self) -> dict[str, Any]:
        """Return shell, script and path."""
        return vars(self)

    def show(self, console: Console) -> None:
        """Print the script as it is, or where it lies."""
        if self.path:
            console.print(f"Written: {self.path}\nOpen a new {self.shell} to use it.")
        else:
            console.file.write(self.script)


def completion(spec: CompletionSpec) -> Completion:
    """Return the completion script of a shell, written to its place with ``install``.

    Raises:
        UndercutError: no shell was named and the one in use is none of the three.
    """
    shell = spec.shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise fail(
            "option-value",
            expected=f"one of {', '.join(SHELLS)}",
            found=f"'{shell}'" if shell else "no shell in the variable SHELL",
            fix="Name it: undercut completion bash",
        )
    from undercut.cli.app import build

    app = build()
    if spec.install:
        path = app.install_completion(shell=shell)  # type: ignore[arg-type]
        write_text(path, mended(shell, path.read_text(encoding="utf-8")))
        return Completion(shell, "", str(path))
    script = app.generate_completion(prog_name="undercut", shell=shell)  # type: ignore[arg-type]
    return Completion(shell, mended(shell, script), "")


def mended(shell: str, script: str) -> str:
    """Return the generated script with what it lacks for file names and other ways to load it."""
    script = script.replace(BASH_FILES, BASH_NAMES)
    tail = ZSH_TAIL if shell == "zsh" else ""
    return script.rstrip("\n") + "\n" + tail
