"""The commands, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.cli.verbs_economics import BUILDERS as ECONOMICS
from undercut.core import specs, specs_serving

FILES = Positional("train", "Labelled file or files.", many=True, files=True)
ARTEFACT = Positional("artefact", "Artefact folder, or the name of a run.", files=True)
DATA = Positional("data", "Labelled file or files.", many=True, files=True)
RUN = Positional("run", "Name of a run; the newest by default.")


def _run() -> Callable[..., None]:
    def call(spec: specs.RunSpec, terminal: Any) -> Any:
        from undercut.cli.results import RunResult
        from undercut.pipeline.run import run

        return RunResult(run(spec, terminal))

    return make("run", specs.RunSpec, call, (FILES,))


def _check() -> Callable[..., None]:
    def call(spec: specs.CheckSpec, terminal: Any) -> Any:
        from undercut.cli.checked import CheckResult
        from undercut.pipeline.checking.check import check

        return CheckResult(check(spec, terminal))

    return make("check", specs.CheckSpec, call, (FILES,))


def _relabel() -> Callable[..., None]:
    def call(spec: specs.RelabelSpec, terminal: Any) -> Any:
        from undercut.cli.relabel import relabel

        return relabel(spec, terminal)

    return make("relabel", specs.RelabelSpec, call, (FILES,))


def _coreset() -> Callable[..., None]:
    def call(spec: specs.CoresetSpec, terminal: Any) -> Any:
        from undercut.cli.coreset import CoresetResult
        from undercut.pipeline.coreset.labelling import coreset

        return CoresetResult(coreset(spec, terminal))

    files = Positional("data", "File or files with the texts; labels may be missing.", many=True)
    return make("coreset", specs.CoresetSpec, call, (files,))


def _tune() -> Callable[..., None]:
    def call(spec: specs.TuneSpec, terminal: Any) -> Any:
        from undercut.cli.tuned import TuneResult
        from undercut.pipeline.tuning.tune import tune

        return TuneResult(tune(spec, terminal))

    return make("tune", specs.TuneSpec, call, (FILES,))


def _train() -> Callable[..., None]:
    def call(spec: specs.TrainSpec, terminal: Any) -> Any:
        from undercut.cli.results import TrainResult
        from undercut.pipeline.verbs import train

        return TrainResult(train(spec, terminal))

    return make("train", specs.TrainSpec, call, (FILES,))


def _evaluate() -> Callable[..., None]:
    def call(spec: specs.EvaluateSpec, terminal: Any) -> Any:
        from undercut.cli.results import EvaluateResult
        from undercut.pipeline.verbs import evaluate

        return EvaluateResult(evaluate(spec, terminal))

    return make("evaluate", specs.EvaluateSpec, call, (ARTEFACT, DATA))


def _compress() -> Callable[..., None]:
    def call(spec: specs.CompressSpec, terminal: Any) -> Any:
        from undercut.cli.compressed import CompressResult
        from undercut.pipeline.compressing.verb import compress

        return CompressResult(compress(spec, terminal))

    return make("compress", specs.CompressSpec, call, (ARTEFACT, DATA))


def _cascade() -> Callable[..., None]:
    from undercut.core.specs_cascade import CascadeSpec

    def call(spec: CascadeSpec, terminal: Any) -> Any:
        from undercut.cli.cascaded import CascadeResult
        from undercut.pipeline.cascade.build import cascade

        return CascadeResult(cascade(spec, terminal, terminal.ask))

    models = Positional(
        "artefacts", "Models, cheapest first: artefacts or runs.", many=True, files=True
    )
    return make("cascade", CascadeSpec, call, (models,))


def _price() -> Callable[..., None]:
    def call(spec: specs.PriceSpec, terminal: Any) -> Any:
        from undercut.cli.results import PriceResult
        from undercut.pipeline.verbs import price, scenario_of

        if (scenario := scenario_of(spec)) is not None:
            from undercut.cli.economics import ScenarioResult
            from undercut.pipeline.scenario.answer import price_scenario

            return ScenarioResult(price_scenario(scenario, terminal))
        return PriceResult(price(spec, terminal))

    return make("price", specs.PriceSpec, call, (RUN,))


def _rival() -> Callable[..., None]:
    def call(spec: specs.RivalSpec, terminal: Any) -> Any:
        from undercut.cli.rival import RivalResult
        from undercut.pipeline.rival.run import rival

        return RivalResult(rival(spec, terminal, terminal.ask))

    return make("rival", specs.RivalSpec, call, (RUN,))


def _report() -> Callable[..., None]:
    def call(spec: specs.ReportSpec, terminal: Any) -> Any:
        from undercut.cli.results import ReportResult
        from undercut.pipeline.verbs import report

        return ReportResult(report(spec, terminal))

    return make("report", specs.ReportSpec, call, (RUN,))


def _export() -> Callable[..., None]:
    def call(spec: specs.ExportSpec, terminal: Any) -> Any:
        from undercut.cli.results import ExportResult
        from undercut.pipeline.exporters.export import export

        return ExportResult(export(spec, terminal))

    return make("export", specs.ExportSpec, call, (RUN,))


def _predict() -> Callable[..., None]:
    def call(spec: specs.PredictSpec, terminal: Any) -> Any:
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
    return make("predict", specs.PredictSpec, call, (model, texts))


def _explain() -> Callable[..., None]:
    def call(spec: specs.ExplainSpec, terminal: Any) -> Any:
        from undercut.cli.explained import ExplainResult
        from undercut.pipeline.explaining import explain

        return ExplainResult(explain(spec, terminal))

    texts = Positional("inputs", "Texts to explain.", many=True)
    return make("explain", specs.ExplainSpec, call, (ARTEFACT, texts))


def _list() -> Callable[..., None]:
    def call(spec: specs.ListSpec, terminal: Any) -> Any:
        from undercut.cli.listing import listing

        return listing(spec)

    return make(
        "list",
        specs.ListSpec,
        call,
        (Positional("what", "runs (the default), plugins, or rates."),),
    )


def _ledger() -> Callable[..., None]:
    def call(spec: specs.LedgerSpec, terminal: Any) -> Any:
        from undercut.cli.ledger import ledger

        return ledger(spec)

    action = Positional("action", "show (the default), or add.")
    unit = Positional("unit", "Unit to add: label, person_hour, api_usd, ...")
    quantity = Positional("quantity", "How many of the unit.")
    return make("ledger", specs.LedgerSpec, call, (action, unit, quantity))


def _doctor() -> Callable[..., None]:
    def call(spec: specs.DoctorSpec, terminal: Any) -> Any:
        from undercut.cli.diagnosis import DoctorResult
        from undercut.pipeline.doctor.doctor import doctor

        return DoctorResult(doctor(spec, terminal))

    return make("doctor", specs.DoctorSpec, call)


def _new() -> Callable[..., None]:
    def call(spec: specs.NewSpec, terminal: Any) -> Any:
        from undercut.cli.diagnosis import NewResult
        from undercut.pipeline.scaffold import new

        return NewResult(new(spec, terminal))

    return make("new", specs.NewSpec, call, (FILES,))


def _completion() -> Callable[..., None]:
    def call(spec: specs.CompletionSpec, terminal: Any) -> Any:
        from undercut.cli.completion import completion

        return completion(spec)

    shell = Positional("shell", "bash, zsh or fish; the one in use by default.")
    return make("completion", specs.CompletionSpec, call, (shell,))


def _help() -> Callable[..., None]:
    def call(spec: specs.HelpSpec, terminal: Any) -> Any:
        from undercut.cli.help import help_on

        return help_on(spec)

    topic = Positional("topic", "An error code, or the name of a command.")
    return make("help", specs.HelpSpec, call, (topic,))


def _keys() -> Callable[..., None]:
    def call(spec: specs_serving.KeysSpec, terminal: Any) -> Any:
        from undercut.cli.keys import KeysResult
        from undercut.serving.keys_verb import keys

        return KeysResult(keys(spec))

    action = Positional("action", "list (the default), create, rotate, revoke, limit, or audit.")
    key = Positional("key", "Name of the key to create; else id or name of the one meant.")
    return make("keys", specs_serving.KeysSpec, call, (action, key))


def _usage() -> Callable[..., None]:
    def call(spec: specs_serving.UsageSpec, terminal: Any) -> Any:
        from undercut.cli.billing import UsageResult
        from undercut.serving.usage_verb import usage

        return UsageResult(usage(spec))

    return make("usage", specs_serving.UsageSpec, call)


def _invoice() -> Callable[..., None]:
    def call(spec: specs_serving.InvoiceSpec, terminal: Any) -> Any:
        from undercut.cli.billing import InvoiceResult
        from undercut.serving.invoice_verb import invoice

        return InvoiceResult(invoice(spec))

    return make("invoice", specs_serving.InvoiceSpec, call)


def _feedback() -> Callable[..., None]:
    def call(spec: specs_serving.FeedbackSpec, terminal: Any) -> Any:
        from undercut.cli.billing import FeedbackResult
        from undercut.serving.feedback_verb import feedback

        return FeedbackResult(feedback(spec))

    action = Positional("action", "list (the default), export, or delete.")
    return make("feedback", specs_serving.FeedbackSpec, call, (action,))


def _release() -> Callable[..., None]:
    from undercut.core.specs_release import ReleaseSpec

    def call(spec: ReleaseSpec, terminal: Any) -> Any:
        from undercut.cli.released import ReleaseResult
        from undercut.serving.run import require_packages

        require_packages()
        from undercut.serving.release_verb import release

        return ReleaseResult(release(spec))

    action = Positional(
        "action", "show (the default), shadow, canary, promote, rollback, or stop a trial."
    )
    name = Positional("name", "Name of the served model; the only one by default.")
    artefact = Positional("artefact", "Candidate: a folder on the server, or a run there.")
    return make("release", ReleaseSpec, call, (action, name, artefact))


def _gate() -> Callable[..., None]:
    from undercut.core.specs_release import GateVerbSpec

    def call(spec: GateVerbSpec, terminal: Any) -> Any:
        from undercut.cli.released import GateVerbResult
        from undercut.serving.gate_verb import gate

        return GateVerbResult(gate(spec, terminal))

    candidate = Positional("candidate", "New artefact folder, or the name of a run.", files=True)
    return make("gate", GateVerbSpec, call, (candidate,))


def _sign() -> Callable[..., None]:
    from undercut.core.specs_selling import SignSpec

    def call(spec: SignSpec, terminal: Any) -> Any:
        from undercut.cli.selling import SignResult
        from undercut.pipeline.selling.sign import sign

        return SignResult(sign(spec))

    return make("sign", SignSpec, call, (ARTEFACT,))


def _licences() -> Callable[..., None]:
    from undercut.core.specs_selling import LicencesSpec

    def call(spec: LicencesSpec, terminal: Any) -> Any:
        from undercut.cli.selling import LicencesResult
        from undercut.pipeline.selling.licences import licences

        return LicencesResult(licences(spec))

    return make("licences", LicencesSpec, call, (ARTEFACT,))


def _serve() -> Callable[..., None]:
    from undercut.cli.serve import command

    return command()


_BUILDERS = {
    "run": _run,
    "check": _check,
    "relabel": _relabel,
    "coreset": _coreset,
    "tune": _tune,
    "train": _train,
    "evaluate": _evaluate,
    "compress": _compress,
    "cascade": _cascade,
    "price": _price,
    "rival": _rival,
    "report": _report,
    "export": _export,
    "predict": _predict,
    "explain": _explain,
    "doctor": _doctor,
    "new": _new,
    "completion": _completion,
    "help": _help,
    "list": _list,
    "ledger": _ledger,
    "serve": _serve,
    "keys": _keys,
    "usage": _usage,
    "invoice": _invoice,
    "sign": _sign,
    "licences": _licences,
    "feedback": _feedback,
    "release": _release,
    "gate": _gate,
    **ECONOMICS,
}


def __getattr__(name: str) -> Callable[..., None]:
    if name in _BUILDERS:
        return _BUILDERS[name]()
    raise AttributeError(name)
