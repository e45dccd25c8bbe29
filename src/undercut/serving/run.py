"""The ``serve`` verb: load an artefact, listen, answer until told to stop."""

from __future__ import annotations

import importlib.util
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from undercut.core.errors import MissingExtra, Problem, UndercutError, did_you_mean
from undercut.ledger.book import Book
from undercut.ledger.place import keep_in
from undercut.serving.batcher import Predicts
from undercut.serving.exposure import accepted_hosts, check_exposure, listen, url_of
from undercut.serving.feedback import open_feedback
from undercut.serving.keys import ORDINARY, KeyStore, keys_of
from undercut.serving.meter import open_meter, subject_of
from undercut.serving.opening import check_plans, open_store
from undercut.serving.options import ServeOptions
from undercut.serving.plans import read_plans
from undercut.serving.schemas import ModelInfo
from undercut.serving.till import Till
from undercut.serving.tls import check_tls
from undercut.store.files import content_hash

WARM_UP = "warm up"
RUN_MODEL = "model"
"""What the artefact's folder is called inside a run's."""


def serve(
    artefact: Path | str | Sequence[Path | str],
    options: ServeOptions | None = None,
    **changes: Any,
) -> None:
    """Serve artefacts over HTTP until interrupted.

    Of several, each answers the requests that name it in ``model``; the first answers the others.
    Adapted models of one base share its weights.

    Args:
        artefact: artefact folder, or several.
        options: where and how.
        changes: fields of :class:`ServeOptions`, such as ``port=8001``, over ``options``.

    Raises:
        UndercutError: unknown or wrong options, not an artefact, port in use, an address other
            than loopback without keys or TLS, a wrong certificate, or a store in use by another
            server.
        MissingExtra: the packages of ``undercut[serve]`` are absent.
    """
    chosen = resolve(options, changes)
    require_packages()
    check_exposure(chosen)
    check_tls(chosen)
    folders = [artefact] if isinstance(artefact, (str, Path)) else list(artefact)
    for folder in folders:
        check_artefact(Path(folder), chosen)
    with listen(chosen) as sock:
        several = len(folders) > 1
        (predictor, info), *more = [open_model(Path(f), chosen, several) for f in folders]
        serve_predictor(predictor, info, chosen, sock, more)


def check_artefact(folder: Path, options: ServeOptions) -> None:
    """Check signature and licences before anything of an artefact is opened.

    Raises:
        UndercutError: it is not signed with the required key, or plans are to sell what a licence
            forbids to sell.
    """
    if options.require_signature is not None:
        from undercut.store.signature import verify

        verify(folder, options.require_signature)
    if options.plans is not None:
        from undercut.pipeline.selling.licences import licences_of, refuse_selling

        found = licences_of(folder)
        if not options.licences_acknowledged:
            refuse_selling(found)
        for one in found.unknown:
            print(
                f"The licence of the {one.of} ({one.name}) is unknown: {one.note}. See: "
                f"undercut licences {folder}",
                file=sys.stderr,
            )


def open_model(folder: Path, options: ServeOptions, several: bool) -> tuple[Predicts, ModelInfo]:
    """Open an artefact, with what is told about it.

    Args:
        folder: artefact folder.
        options: runtime and cores.
        several: whether others are served beside it: then it is called as its folder or run is.
    """
    from undercut.predict.predictor import backends_for, load

    keep_in(options.workspace)
    predictor = load(folder, options.backend, options.threads)
    manifest = predictor.manifest
    able = backends_for(manifest)
    place = folder.resolve()
    called = place.parent.name if place.name == RUN_MODEL else place.name
    return predictor, ModelInfo(
        name=called if several else manifest.name,
        version=predictor.hash,
        task=manifest.task,
        labels=manifest.labels,
        architecture=manifest.architecture,
        backend=options.backend or (able[0] if able else ""),
        created_at=manifest.created_at,
    )


def resolve(options: ServeOptions | None, changes: dict[str, Any]) -> ServeOptions:
    """Return ``options`` with ``changes``.

    Raises:
        UndercutError: unknown fields or wrong values; all are listed.
    """
    given = options.model_dump() if options else {}
    try:
        return ServeOptions.model_validate(given | changes)
    except ValidationError as e:
        problems = []
        for error in e.errors(include_url=False):
            where = ".".join(str(part) for part in error["loc"])
            if error["type"] == "extra_forbidden":
                fix = did_you_mean(where, ServeOptions.model_fields)
                problems.append(Problem("a known option", f"'{where}'", fix=fix))
            else:
                problems.append(Problem(error["msg"].lower(), repr(error["input"])[:100], where))
        raise UndercutError("serve-options", problems) from None


def require_packages() -> None:
    """Check that the packages of the ``serve`` extra are installed.

    Raises:
        MissingExtra: with the pip command.
    """
    absent = [name for name in ("fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    if absent:
        raise MissingExtra(
            "extra-missing",
            Problem(
                "the packages of serving to be installed",
                f"no {', '.join(absent)}",
                fix='Run: pip install "undercut[serve]"',
            ),
        )


def serve_predictor(
    predictor: Predicts,
    model_info: ModelInfo,
    options: ServeOptions,
    sock: socket.socket,
    more: Sequence[tuple[Predicts, ModelInfo]] = (),
) -> None:
    """Serve any predictor, and more of them, on a listening socket until SIGINT or SIGTERM.

    A stop is graceful: no new connections, running requests are answered, usage is written. The
    ledger gets what was answered, and the process's CPU-seconds as one attempt a start.

    Raises:
        UndercutError: the model cannot answer, or a store cannot be opened.
    """
    import uvicorn

    from undercut.serving.http import build_app
    from undercut.serving.timeouts import HastyProtocol

    for each in (predictor, *(p for p, _ in more)):
        each.predict([WARM_UP])  # a model that cannot answer fails here, not at the first caller
    plans = read_plans(options.plans)
    database = open_store(options)
    feedback = open_feedback(database, options.feedback_days, options.redact)
    book = Book(options.ledger_file)
    meter = open_meter(database, options.state / "journal", book, sync=options.journal_sync)
    meter.chores.append(feedback.expire)
    keys = till = None
    if options.keys:
        keys = keys_of(database, options.pepper_file, plans)
        check_plans(keys, plans)
        till = Till(database, plans, meter.server)
    app = build_app(
        predictor,
        keys=keys,
        till=till,
        meter=meter,
        feedback=feedback,
        limits=options.limits,
        model_info=model_info,
        more=more,
        hosts=accepted_hosts(options),
    )
    config = uvicorn.Config(
        app,
        http=HastyProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=int(options.limits.deadline_seconds) + 5,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
    )
    _log_to_stderr(options.access_log)
    versions = [model_info.version, *(i.version for _, i in more)]
    subject = subject_of(versions[0] if not more else content_hash(versions))
    with book.measure(subject), _sigterm_interrupts():
        try:
            if keys is not None:
                _show_new_keys(keys, options.new_key)
            greeting = _greeting(
                [model_info, *(i for _, i in more)], url_of(options, sock), keyed=keys is not None
            )
            print(greeting, file=sys.stderr, flush=True)
            uvicorn.Server(config).run(sockets=[sock])
        except KeyboardInterrupt:  # how a stop ends: uvicorn raises the signal again
            pass
        finally:
            meter.close()
            if till is not None:
                till.close()


def _show_new_keys(keys: KeyStore, asked: str | None) -> None:
    """Make the first key, or the one asked for, and print it: the only time it is seen."""
    known = keys.list()
    if not known and not asked:
        asked = "first"
    if asked:
        secret, key = keys.create(asked, ORDINARY)
        print(f"API key '{key.name}', shown this once; keep it:", file=sys.stderr)
        print(f"  export UNDERCUT_API_KEY={secret}", file=sys.stderr)
    elif not any(key.revoked_at is None for key in known):
        print("Every API key is revoked, so every request gets 401.", file=sys.stderr)
        print("Start again with --new-key NAME to make one.", file=sys.stderr)


def _greeting(models: list[ModelInfo], url: str, *, keyed: bool) -> str:
    key = ' -H "authorization: Bearer $UNDERCUT_API_KEY"' if keyed else ""
    one = "" if len(models) == 1 else f', "model": "{models[-1].name}"'
    return (
        f"Serving {', '.join(m.name for m in models)} at {url} (Ctrl+C stops it). Try: "
        f"curl {url}/v1/predict{key} -H 'content-type: application/json' "
        f"""-d '{{"inputs": "where is my parcel"{one}}}'"""
    )


def _log_to_stderr(access_log: bool) -> None:
    if access_log:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger = logging.getLogger("undercut.serving.access")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Make SIGTERM what Ctrl+C is: before uvicorn takes signals, and when it raises them again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
