"""The verbs about this installation and this command line; see :mod:`undercut.core.specs`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from undercut.core.specs import PlaceSpec, Spec


class DoctorSpec(PlaceSpec):
    """Look at this machine and this installation; say what is missing and the command for it.

    Exit status 0 unless something is broken. Nothing is changed and nothing is sent.
    """

    deep: bool = Field(
        False, description="Import the installed extras too, to see that they work (seconds)."
    )


class CompletionSpec(Spec):
    """Print a completion script, or put it where the shell finds it.

    For this session only: eval "$(undercut completion bash)"
    """

    shell: Literal["bash", "zsh", "fish"] | None = Field(
        None, description="bash, zsh or fish; the one in use by default."
    )
    install: bool = Field(
        False, description="Write it to the shell's own folder, and load it at every start."
    )


class HelpSpec(Spec):
    """Say what an error code means and how to mend it, or how a command is used."""

    topic: str | None = Field(None, description="An error code, or the name of a command.")
