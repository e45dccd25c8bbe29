"""The commands over one artefact, or several of them, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.specs_models import CompressSpec, EvaluateSpec, ExplainSpec, PredictSpec

ARTEFACT = Positional("artefact", "Artefact folder, or the name of a run.", files=True)
DATA = Positional("data", "Labelled file or files.", many=True, files=True)


def _evaluate() -> Callable[..., None]:
    def call(spec: EvaluateSpec, terminal: Any) -> Any:
        from undercut.cli.results import EvaluateResult
        from undercut.pipeline.verbs import evaluate

        return EvaluateResult(evaluate(spec, terminal))

    return make("evaluate", EvaluateSpec, call, (ARTEFACT, DATA))


def _compress() -> Callable[..., None]:
    def call(spec: CompressSpec, terminal: Any) -> Any:
        from undercut.cli.compressed import CompressResult
        from undercut.pipeline.compressing.verb import compress

        return CompressResult(compress(spec, terminal))

    return make("compress", CompressSpec, call, (ARTEFACT, DATA))


def _cascade() -> Callable[..., None]:
    def call(spec: CascadeSpec, terminal: Any) -> Any:
        from undercut.cli.cascaded import CascadeResult
        from undercut.pipeline.cascade.build import cascade

        return CascadeResult(cascade(spec, terminal, terminal.ask))

    models = Positional(
        "artefacts", "Models, cheapest first: artefacts or runs.", many=True, files=True
    )
    return make("cascade", CascadeSpec, call, (models,))


def _predict() -> Callable[..., None]:
    def call(spec: PredictSpec, terminal: Any) -> Any:
        from undercut.cli.results import PredictResult

        if spec.url is None:  # without the packages of serving
            from undercut.pipeline.predicting import predict_file
        else:
            from undercut.serving.predict_verb import predict_file

        return PredictResult(predict_file(spec, terminal))

    model = Positional(
        "artefact", "Artefact folder, or the name of a run.", files=True, unless="url"
    )
    texts = Positional("inputs", "Texts to answer.", many=True)
    return make("predict", PredictSpec, call, (model, texts))


def _explain() -> Callable[..., None]:
    def call(spec: ExplainSpec, terminal: Any) -> Any:
        from undercut.cli.explained import ExplainResult
        from undercut.pipeline.explaining import explain

        return ExplainResult(explain(spec, terminal))

    texts = Positional("inputs", "Texts to explain.", many=True)
    return make("explain", ExplainSpec, call, (ARTEFACT, texts))


BUILDERS = {
    "evaluate": _evaluate,
    "compress": _compress,
    "cascade": _cascade,
    "predict": _predict,
    "explain": _explain,
}
