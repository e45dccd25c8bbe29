"""Choose the thresholds, write the artefact, measure it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from undercut.core.contracts import Progress
from undercut.core.limits import usable_cores
from undercut.core.specs_cascade import CascadeSpec
from undercut.core.types import Examples, Manifest
from undercut.data.inputs import load_inputs
from undercut.data.load import load_examples
from undercut.data.normal import same_hashes
from undercut.economics.tiers import Goal, choose, cross_fitted
from undercut.models.rules.rule import Rule
from undercut.pipeline.cascade.admission import RULES, admit, refused, write_rules
from undercut.pipeline.cascade.facts import CascadeFacts, RuleFacts
from undercut.pipeline.cascade.found import CHOSEN_ON, TEST, Made, facts_of
from undercut.pipeline.cascade.outside import NAME, Outside, write_outside
from undercut.pipeline.cascade.rows import HeldOut
from undercut.pipeline.cascade.stream import cache_facts
from undercut.pipeline.cascade.tiers import Clock, Tier, sample_of
from undercut.pipeline.fitting import write_stack
from undercut.pipeline.gather import MODEL
from undercut.pipeline.pricing import price_date, rates_of
from undercut.pipeline.run import Listener
from undercut.predict.measure import measure
from undercut.predict.predictor import load
from undercut.store import artefacts
from undercut.store.files import whole_folder

ARCHITECTURE = "cascade"
SECONDS = 0.8
"""How long each model is timed, seconds."""


@dataclass(frozen=True)
class Job:
    """What a cascade is made of.

    Attributes:
        folders, names: the models, cheapest first.
        like: the first one's manifest, for task and labels.
        held: rows to choose on.
        table: the expert's rules.
        bought: the outside API's answers to the rows, if it is the last tier.
    """

    spec: CascadeSpec
    goal: Goal
    task: Any
    folders: Sequence[Path]
    names: Sequence[str]
    like: Manifest
    held: HeldOut
    table: Sequence[Rule]
    bought: Outside | None


def make(job: Job, name: str, out: Path, place: Path, listener: Listener) -> CascadeFacts:
    """Choose, write and measure; ``place`` is a folder for what is thrown away."""
    spec, goal, task, held, like = job.spec, job.goal, job.task, job.held, job.like
    threads = spec.threads or usable_cores()
    test = _test(spec, task, like)
    if test is not None and job.bought:
        held.notes.append("Test rows are not scored: the API would have to be paid for them too.")
        test = None
    rules = _let_in(job, place / RULES)
    tiers = _opened(job, threads, place, any(r.let_in for r in rules))
    texts = _shuffled((test or held.rows).inputs, spec.seed)
    own = [t for t in tiers if not t.outside]
    clock = Clock(texts, threads, rates_of(spec), price_date(None), own[-1].predictor)
    said = partial(_said, listener, len(tiers))
    for i, tier in enumerate(own):
        said(i, f"{tier.name} on the rows")
        tier.said[CHOSEN_ON] = tier.chooser.score(held.rows.inputs).log_probs
        if test is not None:
            tier.said[TEST] = tier.predictor.score(test.inputs).log_probs
    said(len(tiers), "each alone, in turns")
    timed = clock.time([t.predictor for t in own], SECONDS)
    for tier, (rate, usd) in zip(own, timed, strict=True):
        tier.texts_per_second, tier.usd = rate, usd
    sample = sample_of(tiers, CHOSEN_ON, task.encode(held.rows, like.labels))
    point = choose(sample, goal)
    thresholds = dict(zip([t.name for t in tiers], point.thresholds, strict=False))
    said(len(tiers) + 1, "the cascade, end to end")
    plain = place / "plain"
    _write(plain, name, tiers, thresholds, {}, like, held.rows)
    made = Made(
        goal=goal,
        task=task,
        held=held,
        test=test,
        test_split=", ".join(p.name for p in spec.test),
        tiers=tiers,
        sample=sample,
        point=point,
        fair=cross_fitted(sample, goal, spec.seed),
        clock=clock,
        folder=_timed(place, plain, name, tiers, thresholds, job),
    )
    facts = facts_of(made, name, rules)
    sizes = {"exact": spec.cache_exact, "near": spec.cache_near}
    served, cache = plain, None
    if any(sizes.values()):
        served = place / "cached"
        _write(served, name, tiers, thresholds, sizes, like, held.rows)
        if spec.stream is not None and job.bought is None:
            stream = load_inputs(spec.stream, spec.text_column)
            cache = cache_facts(served, plain, stream, threads)
    measured = measure(made.folder, texts, threads)
    manifest = artefacts.amend(
        served, measured=measured, metrics={"accuracy": facts.test_accuracy or facts.accuracy}
    )
    out.mkdir(parents=True, exist_ok=True)
    with whole_folder(out / MODEL) as temporary:
        shutil.copytree(served, temporary, dirs_exist_ok=True)
    return facts.model_copy(
        update={
            "artefact": str(out / MODEL),
            "hash": artefacts.hash_of(manifest),
            "cache": cache,
        }
    )


def _said(listener: Listener, tiers: int, done: int, note: str) -> None:
    listener.tick(Progress("cascade", done, tiers + 2, note))


def _test(spec: CascadeSpec, task: Any, like: Manifest) -> Examples | None:
    if not spec.test:
        return None
    rows, _ = load_examples(spec.test, task, spec.text_column, spec.label_column, held_out=True)
    task.encode(rows, like.labels)
    return rows


def _let_in(job: Job, folder: Path) -> list[RuleFacts]:
    """Measure the rules, and write those let in; say what became of the others.

    Raises:
        UndercutError: none is let in where they would be half of the cascade.
    """
    if not job.table:
        return []
    found = admit(job.table, job.held.rows, job.spec.rule_precision)
    kept = sum(r.let_in for r in found)
    if not kept and len(job.folders) < 2 and not job.bought:
        raise refused(found, job.spec.rule_precision)
    if kept < len(found):
        job.held.notes.append(
            f"{len(found) - kept:,} of {len(found):,} rules were not let in; the report says why."
        )
    if kept:
        write_rules(folder, job.table, found, job.like)
    return found


def _opened(job: Job, threads: int, place: Path, with_rules: bool) -> list[Tier]:
    """Open every tier: the rules first, the outside API last."""
    tiers = []
    if with_rules:
        opened = load(place / RULES, threads=threads)
        tiers.append(Tier(RULES, place / RULES, opened, opened, fixed=True))
    for name, folder, chooser in zip(job.names, job.folders, job.held.folders, strict=True):
        opened = load(folder, threads=threads)
        other = opened if chooser == folder else load(chooser, threads=threads)
        tiers.append(Tier(name, folder, opened, other))
    if job.bought is not None:
        write_outside(place / NAME, job.bought.config, job.like)
        opened = load(place / NAME, threads=threads)
        last = Tier(NAME, place / NAME, opened, opened, outside=True, usd=job.bought.usd)
        last.said[CHOSEN_ON] = job.bought.log_probs
        tiers.append(last)
    return tiers


def _timed(
    place: Path,
    plain: Path,
    name: str,
    tiers: Sequence[Tier],
    thresholds: dict[str, float],
    job: Job,
) -> Path:
    """Return what is timed: the cascade, or the part of it that is ours."""
    if not tiers[-1].outside:
        return plain
    own = tiers[:-1]
    if len(own) == 1:
        return own[0].folder
    limits = {t.name: thresholds[t.name] for t in own[:-1]}
    _write(place / "own", name, own, limits, {}, job.like, job.held.rows)
    return place / "own"


def _shuffled(inputs: Sequence[Any], seed: int) -> list[Any]:
    order = np.random.default_rng(seed).permutation(len(inputs))
    return [inputs[i] for i in order.tolist()]


def _write(
    folder: Path,
    name: str,
    tiers: Sequence[Tier],
    thresholds: dict[str, float],
    cache: dict[str, int],
    like: Manifest,
    chosen_on: Examples,
) -> Manifest:
    config: dict[str, Any] = {"thresholds": thresholds}
    if cache:
        config["cache"] = cache
    parts = {t.name: t.folder for t in tiers}
    like = like.model_copy(update={"method": ""})
    hashes = same_hashes(chosen_on.inputs)
    return write_stack(folder, name, parts, config, like, ARCHITECTURE, hashes)
