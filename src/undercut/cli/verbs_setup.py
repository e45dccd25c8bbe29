"""The commands about this installation and this command line, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_setup import CompletionSpec, DoctorSpec, HelpSpec


def _doctor() -> Callable[..., None]:
    def call(spec: DoctorSpec, terminal: Any) -> Any:
        from undercut.cli.diagnosis import DoctorResult
        from undercut.pipeline.doctor.doctor import doctor

        return DoctorResult(doctor(spec, terminal))

    return make("doctor", DoctorSpec, call)


def _completion() -> Callable[..., None]:
    def call(spec: CompletionSpec, terminal: Any) -> Any:
        from undercut.cli.completion import completion

        return completion(spec)

    shell = Positional("shell", "bash, zsh or fish; the one in use by default.")
    return make("completion", CompletionSpec, call, (shell,))


def _help() -> Callable[..., None]:
    def call(spec: HelpSpec, terminal: Any) -> Any:
        from undercut.cli.help import help_on

        return help_on(spec)

    topic = Positional("topic", "An error code, or the name of a command.")
    return make("help", HelpSpec, call, (topic,))


BUILDERS = {
    "doctor": _doctor,
    "completion": _completion,
    "help": _help,
}
