"""The commands that look at a labelled file, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_data import CheckSpec, CoresetSpec, NewSpec, RelabelSpec

FILES = Positional("train", "Labelled file or files.", many=True, files=True)


def _check() -> Callable[..., None]:
    def call(spec: CheckSpec, terminal: Any) -> Any:
        from undercut.cli.checked import CheckResult
        from undercut.pipeline.checking.check import check

        return CheckResult(check(spec, terminal))

    return make("check", CheckSpec, call, (FILES,))


def _relabel() -> Callable[..., None]:
    def call(spec: RelabelSpec, terminal: Any) -> Any:
        from undercut.cli.relabel import relabel

        return relabel(spec, terminal)

    return make("relabel", RelabelSpec, call, (FILES,))


def _coreset() -> Callable[..., None]:
    def call(spec: CoresetSpec, terminal: Any) -> Any:
        from undercut.cli.coreset import CoresetResult
        from undercut.pipeline.coreset.labelling import coreset

        return CoresetResult(coreset(spec, terminal))

    files = Positional("data", "File or files with the texts; labels may be missing.", many=True)
    return make("coreset", CoresetSpec, call, (files,))


def _new() -> Callable[..., None]:
    def call(spec: NewSpec, terminal: Any) -> Any:
        from undercut.cli.diagnosis import NewResult
        from undercut.pipeline.scaffold import new

        return NewResult(new(spec, terminal))

    return make("new", NewSpec, call, (FILES,))


BUILDERS = {
    "check": _check,
    "relabel": _relabel,
    "coreset": _coreset,
    "new": _new,
}
