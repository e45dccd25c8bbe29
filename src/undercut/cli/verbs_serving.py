"""The commands about served models, callers and bills, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_release import GateVerbSpec, ReleaseSpec
from undercut.core.specs_serving import FeedbackSpec, InvoiceSpec, KeysSpec, UsageSpec


def _serve() -> Callable[..., None]:
    from undercut.cli.serve import command

    return command()


def _keys() -> Callable[..., None]:
    def call(spec: KeysSpec, terminal: Any) -> Any:
        from undercut.cli.keys import KeysResult
        from undercut.serving.keys_verb import keys

        return KeysResult(keys(spec))

    action = Positional("action", "list (the default), create, rotate, revoke, limit, or audit.")
    key = Positional("key", "Name of the key to create; else id or name of the one meant.")
    return make("keys", KeysSpec, call, (action, key))


def _usage() -> Callable[..., None]:
    def call(spec: UsageSpec, terminal: Any) -> Any:
        from undercut.cli.billing import UsageResult
        from undercut.serving.usage_verb import usage

        return UsageResult(usage(spec))

    return make("usage", UsageSpec, call)


def _invoice() -> Callable[..., None]:
    def call(spec: InvoiceSpec, terminal: Any) -> Any:
        from undercut.cli.billing import InvoiceResult
        from undercut.serving.invoice_verb import invoice

        return InvoiceResult(invoice(spec))

    return make("invoice", InvoiceSpec, call)


def _feedback() -> Callable[..., None]:
    def call(spec: FeedbackSpec, terminal: Any) -> Any:
        from undercut.cli.billing import FeedbackResult
        from undercut.serving.feedback_verb import feedback

        return FeedbackResult(feedback(spec))

    action = Positional("action", "list (the default), export, or delete.")
    return make("feedback", FeedbackSpec, call, (action,))


def _release() -> Callable[..., None]:
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
    def call(spec: GateVerbSpec, terminal: Any) -> Any:
        from undercut.cli.released import GateVerbResult
        from undercut.serving.gate_verb import gate

        return GateVerbResult(gate(spec, terminal))

    candidate = Positional("candidate", "New artefact folder, or the name of a run.", files=True)
    return make("gate", GateVerbSpec, call, (candidate,))


BUILDERS = {
    "serve": _serve,
    "keys": _keys,
    "usage": _usage,
    "invoice": _invoice,
    "feedback": _feedback,
    "release": _release,
    "gate": _gate,
}
