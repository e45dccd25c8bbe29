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
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from undercut.core.errors import MissingExtra, Problem, UndercutError, did_you_mean
from undercut.ledger.book import Book
from undercut.ledger.place import keep_in
from undercut.serving.batcher import Predicts
from undercut.serving.exposure import accepted_hosts, check_exposure, listen, url_of
from undercut.serving.feedback import open_feedback
from undercut.serving.keeper import WARM_UP, Keeper
from undercut.serving.keys import ORDINARY, KeyStore, keys_of
from undercut.serving.meter import open_meter, subject_of
from undercut.serving.opening import check_plans, open_store
from undercut.serving.options import ServeOptions
from undercut.serving.plans import read_plans
from undercut.serving.releasing.acts import Releases
from undercut.serving.releasing.shop import names_of, open_shop
from undercut.serving.schemas import ModelInfo
from undercut.serving.shelf import Shelf
from undercut.serving.till import Till
from undercut.serving.tls import check_tls
from undercut.store.files import content_hash


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
    with listen(chosen) as sock:
        wanted = names_of([Path(f) for f in folders])
        with Back(chosen) as back:
            keeper = Keeper(partial(open_model, options=chosen), chosen.limits, chosen.memory_mb)
            shelf, releases = open_shop(wanted, back.database, back.feedback, keeper, chosen)
            _answer(back, chosen, sock, shelf, releases)


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


def open_model(
    folder: Path, name: str | None = None, *, options: ServeOptions
) -> tuple[Predicts, ModelInfo]:
    """Open an artefact, with what is told about it; its signature and licences are checked first.

    Args:
        folder: artefact folder.
        name: what it is served as; its own name when ``None``.
        options: runtime and cores.
    """
    from undercut.predict.predictor import backends_for, load

    check_artefact(folder, options)
    keep_in(options.workspace)
    predictor = load(folder, options.backend, options.threads)
    manifest = predictor.manifest
    able = backends_for(manifest)
    return predictor, ModelInfo(
        name=name or manifest.name,
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
    for each in (predictor, *(p for p, _ in more)):
        each.predict([WARM_UP])  # a model that cannot answer fails here, not at the first caller
    shelf = Shelf([(predictor, model_info), *more], options.limits)
    with Back(options) as back:
        _answer(back, options, sock, shelf, None)


class Back:
    """What lies behind a server: its store, meter, keys and budgets; a context that closes them.

    Args:
        options: where they lie.

    Raises:
        UndercutError: a store cannot be opened, or another server uses it.
    """

    def __init__(self, options: ServeOptions) -> None:
        plans = read_plans(options.plans)
        self.database = open_store(options)
        self.feedback = open_feedback(self.database, options.feedback_days, options.redact)
        self.book = Book(options.ledger_file)
        journal = options.state / "journal"
        self.meter = open_meter(self.database, journal, self.book, sync=options.journal_sync)
        self.meter.chores.append(self.feedback.expire)
        self.keys: KeyStore | None = None
        self.till: Till | None = None
        if options.keys:
            self.keys = keys_of(self.database, options.pepper_file, plans)
            check_plans(self.keys, plans)
            self.till = Till(self.database, plans, self.meter.server)

    def __enter__(self) -> Back:
        return self

    def __exit__(self, *_: object) -> None:
        self.meter.close()
        if self.till is not None:
            self.till.close()


def _answer(
    back: Back,
    options: ServeOptions,
    sock: socket.socket,
    shelf: Shelf,
    releases: Releases | None,
) -> None:
    """Answer on a listening socket until a signal."""
    import uvicorn

    from undercut.serving.http import build_app
    from undercut.serving.timeouts import HastyProtocol

    app = build_app(
        keys=back.keys,
        till=back.till,
        meter=back.meter,
        feedback=back.feedback,
        limits=options.limits,
        shelf=shelf,
        trials=releases.trials if releases else None,
        releases=releases,
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
    versions = [info.version for info in shelf.infos]
    subject = subject_of(versions[0] if len(versions) == 1 else content_hash(versions))
    with back.book.measure(subject), _sigterm_interrupts():
        try:
            if back.keys is not None:
                _show_new_keys(back.keys, options.new_key)
            url = url_of(options, sock)
            greeting = _greeting(shelf.infos, url, keyed=back.keys is not None)
            print(greeting, file=sys.stderr, flush=True)
            uvicorn.Server(config).run(sockets=[sock])
        except KeyboardInterrupt:  # how a stop ends: uvicorn raises the signal again
            pass
        finally:
            if releases is not None:
                releases.follower.close()
            back.__exit__()


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
