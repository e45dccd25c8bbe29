"""An outside API as the last tier: its answers to some rows are bought, journalled and billed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.errors import fail
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.specs_rival import AskSpec, RivalSpec
from undercut.core.types import Examples, Manifest
from undercut.models.api import address
from undercut.models.api.client import require_http
from undercut.models.api.messages import sendable
from undercut.models.api.scorer import log_probs
from undercut.pipeline.cascade.rows import HeldOut
from undercut.pipeline.rival.plan import plan
from undercut.pipeline.rival.prompt import build
from undercut.pipeline.rival.run import agree, answer_tokens, ask, price_of
from undercut.pipeline.rival.sample import Sample, stratified
from undercut.pipeline.run import Listener
from undercut.pipeline.workspace import Workspace
from undercut.store import artefacts, learned
from undercut.tasks.text_classification.reply import read_label

MILLION = 1_000_000
NAME = "api"


@dataclass(frozen=True)
class Outside:
    """What the API answered.

    Attributes:
        rows: the rows that were answered; thresholds are chosen on these.
        log_probs: of its answers, uniform where there was no label, ``(n, K)``.
        usd: mean bill of a request, USD.
        config: of the artefact that asks it while serving.
    """

    rows: Examples
    log_probs: np.ndarray
    usd: float
    config: dict[str, Any]


def ask_outside(
    spec: CascadeSpec,
    task: Any,
    like: Manifest,
    held: HeldOut,
    workspace: Workspace,
    listener: Listener,
    confirm: Callable[[str], bool] | None,
) -> Outside:
    """Buy the API's answers to some of the rows; those bought before are not bought again.

    Raises:
        UndercutError: no address, model, key or price; too dear; not agreed to; nothing answered.
    """
    require_http()
    if spec.base_url is None or spec.model is None:
        raise fail(
            "cascade-api",
            expected="--base-url and --model beside --api",
            found="neither" if spec.base_url is spec.model else "one of them",
        )
    labels = like.labels
    given = {name: getattr(spec, name) for name in AskSpec.model_fields}
    asking = RivalSpec(
        **given,
        base_url=spec.base_url,
        model=spec.model,
        rows=spec.rows,
        max_usd=spec.max_usd,
        yes=spec.yes,
        workspace=spec.workspace,
        seed=spec.seed,
    )
    where = address.check(spec.base_url, spec.key_env)
    price = price_of(asking, where.url)
    strata = [task.stratum(t) for t in held.rows.targets]
    rows = stratified(held.rows, strata, spec.rows, spec.seed)
    prompt = build(task, labels)
    sample = Sample(rows, held.split, Path(), [], [sendable(task.text(v)) for v in rows.inputs])
    tokens = answer_tokens(task, held.rows)
    work = plan(asking, price, where.url, sample, prompt, workspace, tokens)
    agree(asking, work, listener, confirm)
    held.notes.extend(ask(asking, work, where, workspace, listener))
    answered = work.answered()
    if not len(answered.rows):
        raise fail("rival-rows", expected="an answer to choose on", found="none")
    said = [None if a.refused else read_label(a.text, labels) for a in answered.answers]
    right = sum(a == t for a, t in zip(said, answered.rows.targets, strict=True))
    spoke = sum(a is not None for a in said)
    precision = (right + 1) / (spoke + 2)
    now = datetime.now(UTC)
    usd = [
        price.usd(a.input_tokens, a.output_tokens, a.cached_tokens, datetime.fromisoformat(a.at))
        for a in answered.answers
    ]
    body = {k: v for k, v in work.body.items() if k != "model"}
    config = {
        "base_url": where.url,
        "model": work.body["model"],
        "key_env": spec.key_env,
        "instruction": prompt.instruction,
        "shots": [],
        "body": body,
        "usd_per_million_input": f"{price.usd(MILLION, 0, 0, now):f}",
        "usd_per_million_output": f"{price.usd(0, MILLION, 0, now):f}",
        "price": price.source,
        "max_usd": f"{Decimal(str(spec.serve_max_usd)):f}",
        "timeout_seconds": spec.timeout_seconds,
        "retries": spec.retries,
        "concurrency": spec.concurrency,
        "precision": precision,
    }
    return Outside(
        answered.rows,
        log_probs(said, labels, precision),
        float(sum(usd, Decimal(0)) / len(usd)),
        config,
    )


def write_outside(folder: Path, config: dict[str, Any], like: Manifest) -> Manifest:
    """Write the artefact that asks the API; the key is in no file."""
    manifest = Manifest(
        name=config["model"],
        task=like.task,
        architecture="api",
        format="api",
        labels=like.labels,
        config=config,
    )
    nothing = np.zeros(0, np.uint64)  # the rows it was judged on are the cascade's
    return artefacts.write(folder, manifest, lambda out: learned.write(out, nothing))
