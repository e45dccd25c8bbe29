"""``undercut completion``: the script that completes commands and options in a shell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.console import Console

from undercut.core.errors import fail
from undercut.core.specs import CompletionSpec

SHELLS = ("bash", "zsh", "fish")


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
        return Completion(shell, "", str(app.install_completion(shell=shell)))  # type: ignore[arg-type]
    script = app.generate_completion(prog_name="undercut", shell=shell)  # type: ignore[arg-type]
    return Completion(shell, script.rstrip("\n") + "\n", "")
