"""The verb: draw, estimate, agree, ask, bill, compare, keep."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field

from undercut.core import plugins
from undercut.core.errors import fail
from undercut.core.specs_rival import RivalSpec
from undercut.core.types import Examples, Record
from undercut.economics.api_price import ApiPrice, find_price
from undercut.economics.records import Unpriced
from undercut.economics.tokens import label_tokens
from undercut.models.api import address
from undercut.models.api.client import RivalClient, require_http
from undercut.pipeline.facts import RivalFacts
from undercut.pipeline.gather import MODEL
from undercut.pipeline.report.keys import measured_sentence
from undercut.pipeline.report.page import write_report
from undercut.pipeline.rival.ask import ask_rows
from undercut.pipeline.rival.budget import Cap, check_cap
from undercut.pipeline.rival.compare import compare
from undercut.pipeline.rival.measured import with_rival
from undercut.pipeline.rival.plan import Work, plan
from undercut.pipeline.rival.prompt import build
from undercut.pipeline.rival.sample import draw, draw_examples, stored_dataset
from undercut.pipeline.run import FACTS, Listener, Silent, read_facts
from undercut.pipeline.workspace import Workspace, open_workspace
from undercut.predict.predictor import load
from undercut.store.files import write_json

Confirm = Callable[[str], bool]


class Compared(Record):
    """The result of ``rival``: what was measured, with our figures for the same job beside it."""

    rival: RivalFacts
    own_p50_ms: float | None = Field(description="one text at a time, in process, milliseconds")
    own_p95_ms: float | None
    own_usd_per_1k: float = Field(description="USD per 1,000 requests, machine fully used")
    own_usd_per_1k_at_30: float
    sentence: str
    asked_now: int = Field(description="rows asked by this call; the others were kept")
    report: str


def rival(
    spec: RivalSpec, listener: Listener | None = None, confirm: Confirm | None = None
) -> Compared:
    """Ask an OpenAI-compatible API rows that a run's model has not seen, and compare both.

    Args:
        spec: what to ask, where, and how much it may cost.
        listener: told about progress.
        confirm: asked with the estimate before anything is sent, unless ``spec.yes``.

    Raises:
        UndercutError: no run, key, price or room below the cap; not agreed to; an API that turns
            requests away. Answers paid for are kept, and the same call goes on.
    """
    listener = listener or Silent()
    require_http()
    where = address.check(spec.base_url, spec.key_env)
    price = price_of(spec, where.url)
    with open_workspace(spec.workspace, listener.announce) as workspace:
        facts = read_facts(spec.workspace, spec.run)
        if not plugins.get("task", facts.task).rival:
            able = [n for n in plugins.names("task") if plugins.get("task", n).rival]
            raise fail(
                "rival-task",
                expected=f"a run of {', '.join(able)}",
                found=facts.task,
                where=facts.name,
                fix="undercut price compares it with APIs by their price lists.",
            )
        folder = spec.workspace / "runs" / (facts.name or facts.data.name)
        promoted = next(v for v in facts.variants if v.promoted)
        task = plugins.attr(plugins.get("task", facts.task).load)()
        data = stored_dataset(spec.workspace, facts)
        sample = draw(spec, task, facts, data, promoted, folder / MODEL)
        prompt = build(
            task, data.labels, draw_examples(task, data, sample, spec.examples, spec.seed)
        )
        work = plan(
            spec,
            price,
            where.url,
            sample,
            prompt,
            workspace,
            answer_tokens(task, data.valid if len(data.valid) else data.train),
        )
        agree(spec, work, listener, confirm)
        notes = ask(spec, work, where, workspace, listener)
        answered = work.answered()
        if not len(answered.rows):
            raise fail("rival-rows", expected="an answer to compare", found="none")
        listener.announce("compare")
        with workspace.book.measure(f"step:rival-compare:{work.journal.key}"):
            found = compare(
                answered,
                task,
                load(sample.model),
                price,
                base_url=where.url,
                prompt=prompt.name,
                split=sample.split,
                drawn=len(sample.rows),
                concurrency=spec.concurrency,
                notes=[*sample.notes, *notes],
            )
            updated = with_rival(facts, found)
            write_json(folder / FACTS, updated.model_dump(mode="json"))
            write_report(updated, folder, say=listener.say)
    measured = promoted.measured
    return Compared(
        rival=found,
        own_p50_ms=measured.p50_ms if measured else None,
        own_p95_ms=measured.p95_ms if measured else None,
        own_usd_per_1k=updated.price.usd_per_1k,
        own_usd_per_1k_at_30=updated.price.usd_per_1k_at_30,
        sentence=measured_sentence(updated, found),
        asked_now=work.asked_now,
        report=str(folder / Path(facts.report).name),
    )


def answer_tokens(task: Any, rows: Examples) -> float:
    """Return the mean tokens of the answers that rows would need."""
    pairs = zip(rows.inputs, rows.targets, strict=True)
    counts = Counter(task.rival_answer(value, target) for value, target in pairs)
    return label_tokens(counts, counts)


def price_of(spec: RivalSpec, url: str) -> ApiPrice:
    """Return the price of the model.

    Raises:
        UndercutError: there is none, so that no cap could be held.
    """
    given = (spec.usd_per_million_input, spec.usd_per_million_output)
    found = find_price(url, spec.model, spec.provider, given)
    if isinstance(found, Unpriced):
        raise fail(
            "rival-unpriced",
            expected=f"a price for '{spec.model}', so that the cap can be held",
            found=f"none: {found.reason}",
            where="--model",
            fix="Give --usd-per-million-input and --usd-per-million-output (0 for a server of "
            "your own), or --provider and the exact id of the price list.",
        )
    return found


def agree(spec: RivalSpec, work: Work, listener: Listener, confirm: Confirm | None) -> None:
    """Say what it will take, hold it against the cap, and ask.

    Raises:
        UndercutError: over the cap, not agreed to, or nobody to ask.
    """
    left, kept = work.left, len(work.answered().rows)
    for note in work.sample.notes:
        listener.say(f"note: {note}")
    if not left.requests:
        listener.say(f"All {kept:,} rows were answered before; nothing is sent.")
        return
    listener.say(
        f"{left.requests:,} rows of {work.sample.split} for {work.price.model} "
        f"({work.prompt.name}), {kept:,} answered before: about {left.input_tokens:,} tokens in, "
        f"{left.output_tokens:,} out, {left.usd:.4f} USD (price {work.price.source}; {left.basis})."
    )
    check_cap(work.spent, left, Decimal(str(spec.max_usd)))
    question = (
        f"Send {left.requests:,} requests for about {left.usd:.4f} USD "
        f"(never more than {spec.max_usd:g} with what is spent)?"
    )
    if spec.yes:
        return
    if confirm is None:
        raise fail(
            "confirm-none",
            expected="yes=True in the spec, or a confirm callback",
            found="neither",
            fix=f"It would have asked: {question}",
        )
    if not confirm(question):
        raise fail("rival-declined", expected="your yes", found="a no; nothing was sent")


def ask(
    spec: RivalSpec,
    work: Work,
    where: address.Address,
    workspace: Workspace,
    listener: Listener,
) -> list[str]:
    """Ask what is left; return notes on how it went."""
    if not work.rows:
        return []
    listener.announce("ask the rival")
    stop = threading.Event()
    cap = Cap(Decimal(str(spec.max_usd)), work.spent)
    client = RivalClient(
        where,
        work.body,
        timeout_seconds=spec.timeout_seconds,
        retries=spec.retries,
        concurrency=spec.concurrency,
        stop=stop,
    )
    with client, workspace.book.measure(f"step:rival-ask:{work.journal.key}"):
        outcome = ask_rows(
            work.rows,
            work.prompt,
            client,
            work.price,
            cap,
            work.journal,
            work.bill,
            concurrency=spec.concurrency,
            ratio=work.ratio,
            most_output=spec.max_output_tokens,
            stop=stop,
            tick=listener.tick,
        )
    work.asked_now = outcome.answered
    notes = list(client.notes)
    if outcome.capped:
        notes.append(
            f"The cap of {spec.max_usd:g} USD was reached after {cap.spent:.4f} USD: "
            f"{outcome.capped:,} rows were not asked."
        )
    if outcome.failed:
        notes.append(
            f"{len(outcome.failed):,} rows got no answer and are left out: {outcome.failed[0]}"
        )
    return notes
