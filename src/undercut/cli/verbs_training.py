"""The commands that fit models, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_training import RunSpec, TrainSpec, TuneSpec

FILES = Positional("train", "Labelled file or files.", many=True, files=True)


def _run() -> Callable[..., None]:
    def call(spec: RunSpec, terminal: Any) -> Any:
        from undercut.cli.results import RunResult
        from undercut.pipeline.run import run

        return RunResult(run(spec, terminal))

    return make("run", RunSpec, call, (FILES,))


def _tune() -> Callable[..., None]:
    def call(spec: TuneSpec, terminal: Any) -> Any:
        from undercut.cli.tuned import TuneResult
        from undercut.pipeline.tuning.tune import tune

        return TuneResult(tune(spec, terminal))

    return make("tune", TuneSpec, call, (FILES,))


def _train() -> Callable[..., None]:
    def call(spec: TrainSpec, terminal: Any) -> Any:
        from undercut.cli.results import TrainResult
        from undercut.pipeline.verbs import train

        return TrainResult(train(spec, terminal))

    return make("train", TrainSpec, call, (FILES,))


BUILDERS = {
    "run": _run,
    "tune": _tune,
    "train": _train,
}
