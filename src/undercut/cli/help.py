"""``undercut help``: what an error code means, or how a command is used."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from undercut.core.codes import PAGE, meanings
from undercut.core.errors import did_you_mean, fail
from undercut.core.specs_setup import HelpSpec


class Help:
    """A code with its meaning, or a command to be helped with."""

    def __init__(self, topic: str, meaning: str) -> None:
        self.topic, self.meaning = topic, meaning

    def to_json(self) -> dict[str, Any]:
        """Return code, meaning and page; for a command its one line."""
        page = f"{PAGE}#{self.topic}" if self.topic in meanings() else ""
        return {"topic": self.topic, "meaning": self.meaning, "page": page}

    def show(self, console: Console) -> None:
        """Print the meaning, or the command's own help."""
        if self.topic in meanings():
            console.print(f"{self.topic}\n  {self.meaning}\n  All codes: {PAGE}")
            return
        from undercut.cli.app import build

        build(self.topic).help_print([self.topic] if self.topic else [], console=console)


def help_on(spec: HelpSpec) -> Help:
    """Return help on a code or a command.

    Raises:
        UndercutError: neither.
    """
    from undercut.cli.app import COMMANDS

    topic = spec.topic or ""
    known = {**meanings(), **COMMANDS, "": "All commands."}
    if topic not in known:
        raise fail(
            "help-topic",
            expected="an error code or a command",
            found=f"'{topic}'",
            fix=did_you_mean(topic, {**meanings(), **COMMANDS})
            if len(topic) > 2
            else "undercut help lists the commands.",
        )
    return Help(topic, known[topic])
