"""The verb ``loadtest``: find the server, the texts and the knee; keep them in the workspace."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from undercut.core.contracts import Progress
from undercut.core.errors import MissingExtra, Problem, UndercutError, fail
from undercut.core.specs_economics import LoadtestSpec
from undercut.data.inputs import load_inputs
from undercut.pipeline.rival.sample import stored_dataset
from undercut.pipeline.run import Listener, Silent, read_facts
from undercut.pipeline.saturation import LoadPoint, LoadTest, keep, knee
from undercut.pipeline.workspace import open_workspace
from undercut.serving.loadtest.sane import check
from undercut.serving.loadtest.search import search
from undercut.serving.loadtest.step import hold
from undercut.serving.loadtest.wire import Wires

MOST_TEXTS = 5000
BUSY = "all {n} connections were busy at times, and requests waited for one (--connections)"


def loadtest(spec: LoadtestSpec, listener: Listener | None = None) -> LoadTest:
    """Step the rate against a server until its p95 passes the promise, and keep the curve.

    Raises:
        UndercutError: wrong options, no httpx, no server, a refused key, or no texts.
    """
    listener = listener or Silent()
    check(spec)
    try:
        import httpx
    except ImportError:
        raise MissingExtra(
            "extra-missing",
            Problem("httpx, which sends the requests", "none",
                    fix='Run: pip install "undercut[serve]"'),
        ) from None  # fmt: skip
    _check(spec)
    texts = _texts(spec)
    model, version = asyncio.run(_reach(httpx, spec))
    with open_workspace(spec.workspace, listener.announce) as workspace:
        listener.announce("loadtest")
        moment = datetime.now(UTC)
        subject = f"loadtest:{spec.name or spec.run or 'server'}:{moment:%Y%m%d-%H%M%S}"
        with workspace.book.measure(subject) as attempt:
            found = asyncio.run(_measure(spec, texts, moment, listener.tick, model, version))
        sent = sum(p.sent for p in found.points)
        workspace.book.record(subject, "request", sent, attempt=attempt, note=found.url)
        keep(workspace.root, found)
    return found


def _texts(spec: LoadtestSpec) -> list[str]:
    """Return the texts to send: of the files, else the run's held-out rows."""
    if spec.data:
        texts = [t for path in spec.data for t in load_inputs(path, spec.text_column)]
    elif Path(spec.workspace).is_dir():
        data = stored_dataset(spec.workspace, read_facts(spec.workspace, spec.run))
        texts = [x for x in (data.test or data.valid).inputs if isinstance(x, str)]
    else:
        texts = []
    texts = [t for t in texts if t.strip()][:MOST_TEXTS]
    if not texts:
        raise fail(
            "loadtest-texts", expected="texts to send", found="none",
            fix="Give a file with texts: --data FILE, or the run that is served: --run NAME.",
        )  # fmt: skip
    return texts


def _check(spec: LoadtestSpec) -> None:
    """Refuse what no server could answer, before anything is opened."""
    problems = []
    if not spec.url.startswith(("http://", "https://")):
        problems.append(Problem("an address such as http://127.0.0.1:8000", spec.url, "--url"))
    if spec.start_per_second > spec.most_per_second:
        most = f"at most --most-per-second, {spec.most_per_second:g}"
        problems.append(Problem(most, f"{spec.start_per_second:g}", "--start-per-second"))
    if problems:
        raise UndercutError("loadtest-options", problems)


async def _reach(httpx: Any, spec: LoadtestSpec) -> tuple[str, str]:
    """Return the name and the hash of the model the server answers with."""
    key = os.environ.get(spec.key_env, "")
    async with httpx.AsyncClient(
        base_url=spec.url,
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=spec.timeout_seconds,
    ) as client:
        return await _served(httpx, client, spec)


async def _measure(
    spec: LoadtestSpec,
    texts: list[str],
    moment: datetime,
    tick: Callable[[Progress], None],
    model: str,
    version: str,
) -> LoadTest:
    key = os.environ.get(spec.key_env, "")
    draw = random.Random(spec.seed)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    address = f"{spec.url.rstrip('/')}/v1/predict"
    sender = Wires(address, headers, spec.timeout_seconds, spec.connections)

    async def held(rate: float) -> LoadPoint:
        tick(Progress(f"{rate:,.0f} requests a second", 0, 1))
        return await hold(sender.ask, texts, rate, spec.step_seconds, draw)

    try:
        for text in texts[:20]:  # the first requests open connections and wake the model
            await sender.ask(text)
        points, note = await search(
            held, spec.start_per_second, spec.factor, spec.most_per_second, spec.refine,
            spec.slo_ms,
        )  # fmt: skip
    finally:
        sender.close()
    if sender.waited:
        note = "; ".join(filter(None, [note, BUSY.format(n=spec.connections)]))
    good, bad = knee(points, spec.slo_ms)
    return LoadTest(
        name=spec.name or spec.run or model,
        url=spec.url,
        model=model,
        version=version,
        at=moment.isoformat(timespec="seconds"),
        slo_ms=spec.slo_ms,
        step_seconds=spec.step_seconds,
        seed=spec.seed,
        cores=spec.cores,
        points=points,
        knee_per_second=good,
        breaks_per_second=bad,
        note=note,
    )


async def _served(httpx: Any, client: Any, spec: LoadtestSpec) -> tuple[str, str]:
    """Return the name and the hash of the model that the server answers with."""
    try:
        answer = await client.get("/v1/models")
    except httpx.HTTPError as e:
        raise fail(
            "server-unreachable", expected="a server that answers",
            found=str(e).rstrip(".") or type(e).__name__, where=spec.url,
            fix="Start one: undercut serve MODEL",
        ) from None  # fmt: skip
    except httpx.InvalidURL as e:
        raise fail(
            "server-unreachable", expected="an address such as http://127.0.0.1:8000",
            found=str(e), where="--url",
        ) from None  # fmt: skip
    if answer.status_code in (401, 403):
        raise fail(
            "key-refused", expected="a key the server knows",
            found=f"{'one it refuses' if client.headers.get('authorization') else 'none'}",
            where=spec.key_env, fix=f"Set it: export {spec.key_env}=uc_...",
        )  # fmt: skip
    try:
        first = answer.json()["models"][0]
        return str(first["name"]), str(first["version"])
    except (ValueError, KeyError, IndexError, TypeError):
        raise fail(
            "server-unreachable", expected="a server of undercut",
            found=f"status {answer.status_code} to /v1/models", where=spec.url,
        ) from None  # fmt: skip
