"""The ``serve`` verb: load an artefact, listen, answer until told to stop."""

from __future__ import annotations

import importlib.util
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from undercut.core.errors import MissingExtra, Problem, UndercutError, did_you_mean
from undercut.ledger.book import Book
from undercut.serving.batcher import Predicts
from undercut.serving.database import open_database
from undercut.serving.exposure import accepted_hosts, check_exposure, listen, url_of
from undercut.serving.feedback import FeedbackStore
from undercut.serving.keys import SCOPES, KeyStore, open_keys
from undercut.serving.meter import open_meter, subject_of
from undercut.serving.options import ServeOptions
from undercut.serving.schemas import ModelInfo

WARM_UP = "warm up"


def serve(artefact: Path | str, options: ServeOptions | None = None, **changes: Any) -> None:
    """Serve an artefact over HTTP until interrupted.

    Args:
        artefact: artefact folder.
        options: where and how.
        changes: fields of :class:`ServeOptions`, such as ``port=8001``, over ``options``.

    Raises:
        UndercutError: unknown or wrong options, not an artefact, port in use, an address other
            than loopback without keys, or a store in use by another server.
        MissingExtra: the packages of ``undercut[serve]`` are absent.
    """
    from undercut.predict.predictor import backends_for, load

    chosen = resolve(options, changes)
    require_packages()
    check_exposure(chosen)
    with listen(chosen) as sock:
        predictor = load(artefact, chosen.backend, chosen.threads)
        manifest = predictor.manifest
        able = backends_for(manifest)
        info = ModelInfo(
            name=manifest.name,
            version=predictor.hash,
            task=manifest.task,
            labels=manifest.labels,
            architecture=manifest.architecture,
            backend=chosen.backend or (able[0] if able else ""),
            created_at=manifest.created_at,
        )
        serve_predictor(predictor, info, chosen, sock)


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
) -> None:
    """Serve any predictor on a listening socket until SIGINT or SIGTERM.

    A stop is graceful: no new connections, running requests are answered, usage is written. The
    ledger gets what was answered, and the process's CPU-seconds as one attempt a start.

    Raises:
        UndercutError: the model cannot answer, or a store cannot be opened.
    """
    import uvicorn

    from undercut.serving.http import build_app
    from undercut.serving.timeouts import HastyProtocol

    predictor.predict([WARM_UP])  # a model that cannot answer fails here, not at the first caller
    database = open_database(options.state / "serving.sqlite")
    book = Book(options.ledger_file)
    meter = open_meter(database, options.state / "journal", book, sync=options.journal_sync)
    keys = open_keys(options.keys_file) if options.keys else None
    app = build_app(
        predictor,
        keys=keys,
        meter=meter,
        feedback=FeedbackStore(database),
        limits=options.limits,
        model_info=model_info,
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
    )
    _log_to_stderr(options.access_log)
    with book.measure(subject_of(model_info.version)), _sigterm_interrupts():
        try:
            if keys is not None:
                _show_new_keys(keys, options.new_key)
            greeting = _greeting(model_info, url_of(options, sock), keyed=keys is not None)
            print(greeting, file=sys.stderr, flush=True)
            uvicorn.Server(config).run(sockets=[sock])
        except KeyboardInterrupt:  # how a stop ends: uvicorn raises the signal again
            pass
        finally:
            meter.close()


def _show_new_keys(keys: KeyStore, asked: str | None) -> None:
    """Make the first key, or the one asked for, and print it: the only time it is seen."""
    known = keys.list()
    if not known and not asked:
        asked = "first"
    if asked:
        secret, key = keys.create(asked, SCOPES)
        print(f"API key '{key.name}', shown this once; keep it:", file=sys.stderr)
        print(f"  export UNDERCUT_API_KEY={secret}", file=sys.stderr)
    elif not any(key.revoked_at is None for key in known):
        print("Every API key is revoked, so every request gets 401.", file=sys.stderr)
        print("Start again with --new-key NAME to make one.", file=sys.stderr)


def _greeting(model: ModelInfo, url: str, *, keyed: bool) -> str:
    key = ' -H "authorization: Bearer $UNDERCUT_API_KEY"' if keyed else ""
    return (
        f"Serving {model.name} at {url} (Ctrl+C stops it). Try: "
        f"curl {url}/v1/predict{key} -H 'content-type: application/json' "
        """-d '{"inputs": "where is my parcel"}'"""
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
