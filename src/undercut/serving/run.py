"""The ``serve`` verb: load an artefact, listen, answer until told to stop."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from undercut.core.errors import MissingExtra, Problem, UndercutError, did_you_mean
from undercut.serving.answering import answer
from undercut.serving.back import Back
from undercut.serving.batcher import Predicts
from undercut.serving.exposure import check_exposure, listen
from undercut.serving.keeper import WARM_UP, Keeper
from undercut.serving.model_opening import open_model
from undercut.serving.options import ServeOptions
from undercut.serving.releasing.shop import names_of, open_shop
from undercut.serving.schemas import ModelInfo
from undercut.serving.shelf import Shelf
from undercut.serving.tls import check_tls


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
            answer(back, chosen, sock, shelf, releases)


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
        answer(back, options, sock, shelf, None)


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
